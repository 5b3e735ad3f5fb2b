import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { SmoothFilter } from '../model/preprocessing.ts'
import { toGrey } from './convert.ts'
import { filterWeights } from './filter.ts'
import type { Pixels } from '../core/pixels.ts'
import { resize } from './resize.ts'

interface Truth {
  inputs: { width: number; height: number; channels: 1 | 3 | 4; at: number }[]
  cases: { input: number; width: number; height: number; filter: SmoothFilter; window?: [number, number, number, number]; at: number }[]
  grey: { input: number; at: number }
}
const folder = new URL('../../test/fixtures/pillow/', import.meta.url)
const truth = JSON.parse(readFileSync(new URL('cases.json', folder), 'utf8')) as Truth
const bytes = new Uint8Array(readFileSync(new URL('cases.bin', folder)))
const inputs = truth.inputs.map(
  ({ width, height, channels, at }): Pixels => ({ width, height, channels, data: bytes.subarray(at, at + width * height * channels) }),
)

for (const filter of ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const) {
  test(`${filter} equals Pillow, every byte`, () => {
    const cases = truth.cases.filter((one) => one.filter === filter)
    expect(cases.length).toBeGreaterThan(10)
    for (const { input, width, height, window, at } of cases) {
      const source = inputs[input] as Pixels
      const part = window && { x: window[0], y: window[1], width: window[2], height: window[3] }
      const result = resize(source, width, height, filter, part)
      const name = `${source.width}x${source.height}x${source.channels} to ${width}x${height}`
      expect({ name, data: Array.from(result.data) }).toEqual({ name, data: Array.from(bytes.subarray(at, at + result.data.length)) })
    }
  })
}

test('luminance equals Pillow', () => {
  const source = inputs[truth.grey.input] as Pixels
  const { data } = toGrey(source)
  expect(Array.from(data)).toEqual(Array.from(bytes.subarray(truth.grey.at, truth.grey.at + data.length)))
})

test('weights sum to one and stay inside the input', () => {
  for (const [from, to] of [
    [1, 9],
    [9, 1],
    [1000, 7],
    [7, 1000],
  ] as const) {
    const { first, count, span, weights } = filterWeights(from, to, 'lanczos')
    for (let i = 0; i < to; i++) {
      const start = first[i] as number
      expect(start).toBeGreaterThanOrEqual(0)
      expect(start + (count[i] as number)).toBeLessThanOrEqual(from)
      const sum = weights.subarray(i * span, i * span + (count[i] as number)).reduce((a, b) => a + b, 0)
      expect(sum).toBeCloseTo(1, 12)
    }
  }
})

test('the same size is a copy; a size of nothing is refused', () => {
  const source = inputs[0] as Pixels
  const same = resize(source, source.width, source.height, 'lanczos')
  expect(same.data).toEqual(source.data)
  expect(same.data).not.toBe(source.data)
  expect(() => resize(source, 0, 5, 'box')).toThrow('cannot resize to 0×5')
  expect(() => resize(source, 2, Number.NaN, 'box')).toThrow('cannot resize')
})
