/** @file How far a map moved, as a part of its range. */
import { expect, test } from 'vitest'
import { changeOf } from './convergence.ts'

test('root mean square over the range of the later map', () => {
  // differences 3 and 4, mean square 12.5, range 10
  expect(changeOf([0, 0], [3, 4])).toBeCloseTo(Math.sqrt(12.5) / 1, 12)
  expect(changeOf([7, 4], [10, 0])).toBeCloseTo(Math.sqrt(12.5) / 10, 12)
  expect(changeOf([1, 2], [1, 2])).toBe(0)
})

test('a map without range has not converged', () => {
  expect(changeOf([0, 0], [0, 0])).toBe(Number.POSITIVE_INFINITY)
  expect(changeOf([Number.NaN, 0], [Number.NaN, 0])).toBe(Number.POSITIVE_INFINITY)
})
