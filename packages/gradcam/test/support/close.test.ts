/** @file Tests of the comparisons themselves: a harness that passes everything proves nothing. */
import { describe, expect, test } from 'vitest'
import { float32 } from '../../src/core/tensor.ts'
import { expectClose, pearson, relativeError } from './close.ts'

const tolerance = { atol: 0.1, rtol: 0.01 }

describe('expectClose', () => {
  test('passes within atol + rtol·|expected|', () => {
    expectClose([1.05, 101, Number.POSITIVE_INFINITY, Number.NaN], [1, 100, Number.POSITIVE_INFINITY, Number.NaN], tolerance)
  })

  test('counts, places and measures what is off', () => {
    expect(() => expectClose(float32([1, 2, 3, 4, 9, 6], [2, 3]), float32([1, 2.2, 3, 4, 5, 6], [2, 3]), tolerance, 'gradient')).toThrow(
      'gradient: 2 of 6 are off; the worst at [1, 1]: 9, expected 5, 26.7 times the tolerance (atol 0.1, rtol 0.01); relative error 0.667',
    )
  })

  test.each([
    ['a NaN', [Number.NaN], [1]],
    ['an unexpected number', [1], [Number.NaN]],
    ['an infinity', [Number.POSITIVE_INFINITY], [1]],
    ['the other infinity', [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]],
    ['a finite value for an infinity', [1], [Number.POSITIVE_INFINITY]],
    ['missing values', [1], [1, 1]],
    ['no values', [], [1]],
  ])('fails on %s', (_, actual, expected) => {
    expect(() => expectClose(actual, expected, tolerance)).toThrow('values')
  })

  test('fails on another shape, and with no tolerance on any difference', () => {
    expect(() => expectClose(float32([1, 2], [2]), float32([1, 2], [1, 2]), tolerance)).toThrow('shape [2], expected [1, 2]')
    expect(() => expectClose([1], [1 + 1e-12], { atol: 0, rtol: 0 })).toThrow('1 of 1')
    expectClose([0], [-0], { atol: 0, rtol: 0 })
  })
})

test('relativeError', () => {
  expect(relativeError([1, 2], [1, 4])).toBe(0.5)
  expect(relativeError([0], [0])).toBe(0)
  expect(relativeError([1], [0])).toBe(Number.POSITIVE_INFINITY)
  expect(relativeError([Number.NaN, 1], [1, 1])).toBeNaN()
  expect(() => relativeError([], [1])).toThrow('0 values, expected 1')
})

test('pearson', () => {
  expect(pearson([1, 2, 3], [10, 20, 30])).toBeCloseTo(1, 12)
  expect(pearson([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12)
  expect(pearson([1, 1], [1, 2])).toBeNaN()
})
