import { expect, test } from 'vitest'
import type { RunContext } from '../run/run-context.ts'
import { draws } from './saliency/gradient-shap.ts'
import { gaussian } from './noise.ts'

const size = 20_000
// from −1 to 3: a range of 4
const data = Float32Array.from({ length: size }, (_, i) => -1 + (4 * i) / (size - 1))
const context = (seed: number): RunContext => ({ image: { data, channels: 1, height: 100, width: 200 }, seed }) as RunContext

const spread = (values: Float32Array): { mean: number; deviation: number } => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) }
}

test('noise has mean 0, and a part of the range of the image as standard deviation', () => {
  const { mean, deviation } = spread(gaussian(context(1), 0.15)(3))
  // three standard errors
  expect(Math.abs(mean)).toBeLessThan((3 * 0.6) / Math.sqrt(size))
  expect(Math.abs(deviation - 0.6)).toBeLessThan((3 * 0.6) / Math.sqrt(2 * size))
})

test('noise depends on seed and sample, and on nothing else', () => {
  const noise = gaussian(context(1), 0.15)
  expect(noise(3)).toEqual(gaussian(context(1), 0.15)(3))
  expect(noise(3)).not.toEqual(noise(4))
  expect(noise(3)).not.toEqual(gaussian(context(2), 0.15)(3))
})

test('draws of gradient SHAP: one place in each part of the way, at random in there, and baselines around the given one', () => {
  const draw = draws(context(1), new Float32Array(size).fill(5), 8, 0.1)
  const offsets = Array.from({ length: 8 }, (_, i) => 8 * draw(i).at - i)
  for (const offset of offsets) {
    expect(offset).toBeGreaterThanOrEqual(0)
    expect(offset).toBeLessThan(1)
  }
  expect(Math.max(...offsets) - Math.min(...offsets)).toBeGreaterThan(0.3)
  const { mean, deviation } = spread(draw(2).baseline)
  expect(Math.abs(mean - 5)).toBeLessThan((3 * 0.4) / Math.sqrt(size))
  expect(Math.abs(deviation - 0.4)).toBeLessThan((3 * 0.4) / Math.sqrt(2 * size))
})
