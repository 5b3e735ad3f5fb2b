import { expect, test } from 'vitest'
import { randomOf } from './random.ts'

const count = 1_000_000
const drawn = Float64Array.from(randomOf(1, 5).normals(count, 1))
const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

test('normal numbers have the moments of the bell curve', () => {
  // mean 0, variance 1, skewness 0, kurtosis 3, sixth moment 15; bounds are four standard errors
  const moment = (power: number): number => mean(drawn.map((value) => value ** power))
  const error = Math.sqrt(count)
  expect(Math.abs(moment(1))).toBeLessThan(4 / error)
  expect(Math.abs(moment(2) - 1)).toBeLessThan((4 * Math.sqrt(2)) / error)
  expect(Math.abs(moment(3))).toBeLessThan((4 * Math.sqrt(15)) / error)
  expect(Math.abs(moment(4) - 3)).toBeLessThan((4 * Math.sqrt(96)) / error)
  expect(Math.abs(moment(6) - 15)).toBeLessThan((4 * Math.sqrt(10_170)) / error)
})

test.each([
  // P(|x| > bound) = erfc(bound / √2)
  [0.1, 0.920344325445942],
  [0.5, 0.617075077451974],
  [1, 0.317310507862914],
  [2, 0.0455002638963584],
  [3, 0.0026997960632602],
  // where the tail begins, and beyond
  [3.442619855899, 0.000576103],
  [4, 6.33424836662398e-5],
])('as many as there should be are beyond ±%f', (bound, share) => {
  const beyond = drawn.filter((value) => Math.abs(value) > bound).length
  expect(Math.abs(beyond - share * count)).toBeLessThan(4 * Math.sqrt(count * share * (1 - share)))
  // as many on each side
  const right = drawn.filter((value) => value > bound).length
  expect(Math.abs(right - beyond / 2)).toBeLessThan(4 * Math.sqrt(beyond / 4))
})

test('the whole curve: Kolmogorov and Smirnov find no difference', () => {
  const sorted = drawn.slice(0, 100_000).sort()
  // Abramowitz and Stegun 26.2.17, wrong by less than 7.5e-8
  const below = (x: number): number => {
    const t = 1 / (1 + 0.2316419 * Math.abs(x))
    const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    const far = (Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)) * series
    return x > 0 ? 1 - far : far
  }
  const distance = sorted.reduce((most, x, i) => Math.max(most, Math.abs(below(x) - i / sorted.length)), 0)
  // the bound for one in a thousand
  expect(distance).toBeLessThan(1.95 / Math.sqrt(sorted.length))
})

test('neighbours, streams and seeds have nothing in common', () => {
  const bound = 4 / Math.sqrt(count)
  for (const lag of [1, 2, 3, 128])
    expect(Math.abs(mean(drawn.slice(lag).map((value, i) => value * (drawn[i] as number))))).toBeLessThan(bound)
  for (const [seed, stream] of [
    [1, 6],
    [2, 5],
  ] as const) {
    const other = randomOf(seed, stream).normals(count, 1)
    expect(Math.abs(mean(drawn.map((value, i) => value * (other[i] as number))))).toBeLessThan(bound)
  }
})

test('many in one go are the same as in several', () => {
  const [whole, parts] = [randomOf(9, 2), randomOf(9, 2)]
  expect(whole.normals(5000, 0.5)).toEqual(Float32Array.from([...parts.normals(1, 0.5), ...parts.normals(4999, 0.5)]))
  expect(whole.uniform()).toBe(parts.uniform())
})
