/** @file The same seed gives the same numbers in Node and in a browser, for every method. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { methods } from '../src/method/method.ts'
import { load, type Network } from '../src/node/index.ts'
import { sizeOf, type Tensor } from '../src/tensor.ts'
import { missingBrowser, withPage } from './browser/chromium.ts'
import type { Answer, Job } from './browser/page.ts'
import { servePage } from './browser/serve.ts'
import { randomOf } from '../src/random.ts'

const embedded = fileURLToPath(new URL('../../models/embedded', import.meta.url))

/** Few samples: it is the numbers that are compared, not the pictures. */
const small: Readonly<Record<string, number>> = { samples: 24, steps: 8, channels: 16, masks: 24, features: 16 }

const jobs: Job[] = methods.map(({ name, options = {} }) => {
  const few = Object.entries(options).flatMap(([option, spec]) => {
    const value = small[option]
    return spec.kind === 'number' && value !== undefined && value < spec.default ? [[option, Math.max(value, spec.min)] as const] : []
  })
  return { name, options: { method: name, target: 3, seed: 7, options: Object.fromEntries(few) } }
})

/** A picture of soft blobs: noise of 8×8 cells, each 8 pixels wide. */
const { normal } = randomOf(5)
const cells = Float32Array.from({ length: 3 * 64 }, normal)
const shape = [1, 3, 64, 64]
const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
  const [c, y, x] = [Math.floor(i / 4096), Math.floor(i / 64) % 64, i % 64]
  return cells[c * 64 + (y >> 3) * 8 + (x >> 3)] as number
})
const tensor: Tensor = { type: 'float32', dims: shape, data }

describe(missingBrowser ? `skipped, ${missingBrowser}` : 'Node and the browser agree to 1e-4', () => {
  let inBrowser = new Map<string, Answer>()
  let network: Network
  beforeAll(async () => {
    network = await load(embedded, { labels: [], threads: 1 })
    if (missingBrowser) return
    const served = await servePage({
      '/model.onnx': readFileSync(`${embedded}/onnx/model.onnx`),
      '/tensor.bin': new Uint8Array(data.buffer),
      '/jobs.json': JSON.stringify({ jobs, shape }),
    })
    try {
      const answers = JSON.parse(await withPage(served.url, served.answer)) as Answer[]
      inBrowser = new Map(answers.map((answer) => [answer.name, answer]))
    } finally {
      served.close()
    }
  }, 600_000)
  afterAll(() => network.close())

  test.skipIf(missingBrowser !== undefined).each(jobs)('$name', async ({ name, options }) => {
    const here = await network.explain(tensor, options)
    const there = inBrowser.get(name)
    expect(there?.score).toBeCloseTo(here.score, 4)
    expect(there?.map.length).toBe(here.map.data.length)
    const off = (a: ArrayLike<number>, b: readonly number[]): number =>
      b.reduce((most, value, i) => Math.max(most, Math.abs(value - (a[i] as number))), 0)
    const largest = here.raw.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expect(largest).toBeGreaterThan(0)
    expect(off(here.map.data, there?.map ?? [])).toBeLessThan(1e-4)
    expect(off(here.raw.data, there?.raw ?? [])).toBeLessThan(1e-4 * Math.max(largest, 1))
  })
})
