/** @file The ends of lists. */
import { expect, test } from 'vitest'
import { extremes } from './numbers.ts'

test('NaN is none of the values, and no values have no ends', () => {
  expect(extremes(Float32Array.of(2, Number.NaN, -3, 1))).toEqual([-3, 2])
  expect(extremes([])).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
  // as many as no argument list takes
  expect(extremes(new Float32Array(1e6).fill(4))).toEqual([4, 4])
})
