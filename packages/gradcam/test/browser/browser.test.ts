/** @file The same seed gives the same numbers in Node and in a browser, for every method: within 1e-4 unless told otherwise, nearly to the last bit by the engine of browsers. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { methods } from '../../src/method/method.ts'
import { parsePreprocessing } from '../../src/model/preprocessing/sources.ts'
import { engines, load, type Network, readImage } from '../../src/node/index.ts'
import { preprocess } from '../../src/image/preprocess.ts'
import { randomOf } from '../../src/core/random.ts'
import type { ObjectiveInput } from '../../src/objective/kinds.ts'
import { sizeOf, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { missingBrowser, openPage } from './chromium.ts'
import type { Answer, Job, Page } from './page.ts'
import { servePage } from './serve.ts'
import { buildModel, node } from '../support/build.ts'
import { pearson } from '../support/close.ts'
import { numbers } from '../support/finite-differences.ts'

const embedded = fileURLToPath(new URL('../../../models/embedded', import.meta.url))

/** Few samples: it is the numbers that are compared, not the images. */
const small: Readonly<Record<string, number>> = { samples: 40, steps: 8, channelCount: 16, features: 5 }

const cell = 12
// speaks for something in both images: a map without evidence is empty
const espresso = 967
const side = 8 * cell

/** A detector of 8×8 candidates: four numbers of a box, objectness, two classes. */
const detector = buildModel({
  inputs: { x: ['N', 3, side, side] },
  outputs: { found: ['N', 7, 8, 8] },
  weights: { w: numbers(1, [6, 3, cell, cell], -0.1, 0.1), v: numbers(2, [7, 6, 1, 1], -1, 1) },
  nodes: [
    node('Conv', ['x', 'w'], 'c', { strides: [cell, cell] }),
    node('Relu', ['c'], 'features'),
    node('Conv', ['features', 'v'], 'raw'),
    node('Sigmoid', ['raw'], 'found'),
  ],
})
const channels = (from: number, count: number) => ({ tensor: 'found', axis: 1, from, count })
const box: ObjectiveInput = {
  kind: 'box',
  box: 27,
  decoding: {
    ...{ classes: channels(5, 2), objectness: channels(4, 1) },
    boxes: { ...channels(0, 4), format: 'cxcywh', units: 'normalised', grid: [8, 8] },
  },
}

/** Targets that a classifier does not have. */
const own: Readonly<Record<string, Pick<Job, 'model'> & { target: ObjectiveInput }>> = {
  'd-rise': { model: '/detector.onnx', target: box },
}

const jobsFor = (image: string): Job[] =>
  methods.map(({ name, options = {} }) => {
    const { model, target } = own[name] ?? { model: '/model.onnx', target: espresso }
    const few = Object.entries(options).flatMap(([option, spec]) => {
      const value = small[option]
      if (spec.kind !== 'number' || value === undefined) return []
      // a default of 0 stands for all
      return spec.default === 0 || value < spec.default ? [[option, Math.max(value, spec.min)] as const] : []
    })
    return { name, image, model, options: { method: name, target, seed: 7, options: Object.fromEntries(few) } }
  })

const shape = [1, 3, side, side]

/** Soft blobs: noise of 8×8 cells, each `cell` pixels wide. */
function blobs(): Float32Array {
  const { normal } = randomOf(5)
  const cells = Float32Array.from({ length: 3 * 64 }, normal)
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const [c, y, x] = [Math.floor(i / side ** 2), Math.floor((i / side) % side), i % side]
    return cells[c * 64 + Math.floor(y / cell) * 8 + Math.floor(x / cell)] as number
  })
}

const published = parsePreprocessing(JSON.parse(readFileSync(`${embedded}/preprocessor_config.json`, 'utf8')))
const squeezed = { kind: 'resize', to: { width: side, height: side }, filter: 'bicubic' } as const
const preprocessing = { ...published, steps: [squeezed] }

/** A photo, as the network takes it. */
async function cup(): Promise<Float32Array> {
  const pixels = await readImage(fileURLToPath(new URL('../../../../examples/photos/coffee.png', import.meta.url)))
  return toFloat32(preprocess(pixels, preprocessing, { layout: 'nchw', channels: 3, height: side, width: side, type: 'float32' }).tensor)
}

const images: Readonly<Record<string, Float32Array>> = { '/blobs.bin': blobs(), '/cup.bin': await cup() }
const jobs = Object.keys(images).flatMap(jobsFor)
const keyOf = ({ name, image }: { name: string; image: string }): string => `${name} of ${image}`

/**
 * In about one image of twenty some rectifier switches by the last digit of a convolution, which the native engine and WebAssembly
 * round differently (kinks.test.ts): single pixels of a gradient to the image then differ.
 */
const atKinks: ReadonlySet<string> = new Set(methods.filter(({ gradient }) => gradient === 'image').map(({ name }) => name))

const largestOf = (values: ArrayLike<number>): number => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
const difference = (a: ArrayLike<number>, b: readonly number[]): number => largestOf(b.map((value, i) => value - (a[i] as number)))

let inBrowser = new Map<string, Answer>()
beforeAll(async () => {
  if (missingBrowser) return
  const served = await servePage(new URL('./page.ts', import.meta.url), {
    '/detector.onnx': detector,
    '/model.onnx': readFileSync(`${embedded}/onnx/model.onnx`),
    ...Object.fromEntries(Object.entries(images).map(([path, { buffer }]) => [path, new Uint8Array(buffer)])),
    '/jobs.json': JSON.stringify({ jobs, shape, preprocessing: { '/model.onnx': preprocessing } } satisfies Page),
  })
  const page = await openPage(served.url)
  try {
    const answers = JSON.parse(await Promise.race([served.answer, page.ended])) as Answer[]
    inBrowser = new Map(answers.map((answer) => [keyOf(answer), answer]))
  } finally {
    await page.close()
    served.close()
  }
}, 600_000)

describe.each(engines)(missingBrowser ? `%s: skipped, ${missingBrowser}` : 'the browser and Node with the engine %s', (engine) => {
  let network: Network
  let boxes: Network
  beforeAll(async () => {
    network = await load(embedded, { labels: [], threads: 1, engine, size: side })
    boxes = await load(detector, { threads: 1, engine })
  })
  afterAll(() => Promise.all([network.close(), boxes.close()]))

  test.skipIf(missingBrowser !== undefined).each(jobs)('$name of $image', async ({ name, image, model, options }) => {
    const tensor: Tensor = { type: 'float32', dims: shape, data: images[image] as Float32Array }
    const here = await (model === '/model.onnx' ? network : boxes).explain(tensor, options)
    const there = inBrowser.get(keyOf({ name, image }))
    if (!there) throw new Error(`the browser did not answer for ${name}`)
    expect(there.score).toBeCloseTo(here.score, 4)
    expect(there.map.length).toBe(here.map.data.length)
    const largest = largestOf(here.raw.data)
    expect(largest).toBeGreaterThan(0)
    if (engine === 'native' && atKinks.has(name)) {
      expect(pearson(here.map.data, there.map)).toBeGreaterThan(0.9999)
      return
    }
    const bound = engine === 'wasm' ? 1e-6 : 1e-4
    expect(difference(here.map.data, there.map)).toBeLessThan(bound)
    expect(difference(here.raw.data, there.raw)).toBeLessThan(bound * Math.max(largest, 1))
  })
})
