/** @file Tensors of the Python processors (scripts/golden/sample.py): ours differ by less than one level of 255. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Pixels } from '../../src/core/pixels.ts'
import { preprocess } from '../../src/image/preprocess.ts'
import type { Preprocessing } from '../../src/model/preprocessing.ts'
import { kerasPreprocessing, namedPreprocessing, ultralyticsPreprocessing } from '../../src/model/preprocessing/named.ts'
import { parsePreprocessing } from '../../src/model/preprocessing/sources.ts'

interface Case {
  name: string
  source: 'processor' | 'timm' | 'open_clip' | 'torchvision' | 'letterbox' | 'keras'
  given: unknown
  photo: string
  shape: [channels: number, height: number, width: number]
  /** A value is `low[channel] + byte · step[channel]`. */
  low: number[]
  step: number[]
  at: number
}

const folder = new URL('../fixtures/processors/', import.meta.url)
const truth = JSON.parse(readFileSync(new URL('cases.json', folder), 'utf8')) as {
  photos: { name: string; width: number; height: number; channels: Pixels['channels']; at: number }[]
  cases: Case[]
}
const bytes = new Uint8Array(readFileSync(new URL('cases.bin', folder)))
const photos = new Map(
  truth.photos.map(({ name, width, height, channels, at }): [string, Pixels] => [
    name,
    { width, height, channels, data: bytes.subarray(at, at + width * height * channels) },
  ]),
)

function preprocessingOf({ source, given }: Case): Preprocessing {
  if (source === 'torchvision') return namedPreprocessing('torchvision', given as { height: number; width: number })
  if (source === 'letterbox') return ultralyticsPreprocessing(given as { imgsz: number[] })
  if (source === 'keras') return kerasPreprocessing((given as { mode: 'caffe' }).mode)
  return parsePreprocessing(given)
}

test('at least 40 of all kinds', () => {
  expect(truth.cases.length).toBeGreaterThanOrEqual(40)
  expect(new Set(truth.cases.map(({ source }) => source)).size).toBe(6)
  expect(new Set(truth.cases.map(({ photo }) => photo)).size).toBe(7)
})

test.each(truth.cases.map((one, i) => [`${i} ${one.name} ${one.photo}`, one] as const))('%s', (_, one) => {
  const spec = preprocessingOf(one)
  const [channels, height, width] = one.shape
  const free = { type: 'float32', layout: 'nchw', height: undefined, width: undefined, channels: 3 } as const
  const { tensor } = preprocess(photos.get(one.photo) as Pixels, spec, free)
  expect(tensor.dims).toEqual([1, channels, height, width])
  const values = tensor.data as Float32Array
  const plane = height * width
  let worst = 0
  for (let i = 0; i < values.length; i++) {
    const c = Math.floor(i / plane)
    const right = (one.low[c] as number) + (bytes[one.at + i] as number) * (one.step[c] as number)
    const level = Math.abs(spec.scale / (spec.std[c] ?? spec.std[0] ?? 1))
    // stored values are half a step off at most
    worst = Math.max(worst, (Math.abs((values[i] as number) - right) - 0.5 * (one.step[c] as number)) / level)
  }
  expect(worst).toBeLessThan(1.001)
})
