/** @file How far tensors are apart, by hand. */
import { expect, test } from 'vitest'
import { float32, halfBits, type Tensor } from '../core/tensor.ts'
import { apart } from './apart.ts'

const floats = (...values: number[]): Tensor => float32(values, [values.length])
const halves = (...values: number[]): Tensor => ({ type: 'float16', dims: [values.length], data: Uint16Array.from(values, halfBits) })
const integers = (...values: number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })

test.each<[string, Tensor | undefined, Tensor, number]>([
  ['the same', floats(3, -4), floats(3, -4), 0],
  // differences 0 and 1, size √(9 + 16)
  ['a fifth of the size', floats(3, -3), floats(3, -4), 0.2],
  ['of half precision, too', halves(3, -3), halves(3, -4), 0.2],
  ['nothing on both sides', floats(0, 0), floats(0, 0), 0],
  ['something where nothing is expected', floats(0, 1e-9), floats(0, 0), Number.POSITIVE_INFINITY],
  ['no number on both sides', floats(Number.NaN, 1), floats(Number.NaN, 1), 0],
  ['no number on one side', floats(Number.NaN, 1), floats(2, 1), Number.POSITIVE_INFINITY],
  ['another infinity', floats(Number.NEGATIVE_INFINITY), floats(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY],
  ['another shape', floats(1), floats(1, 1), Number.POSITIVE_INFINITY],
  ['another type', integers(1), floats(1), Number.POSITIVE_INFINITY],
  ['not there', undefined, floats(1), Number.POSITIVE_INFINITY],
  ['one of four integers', integers(1, 2, 3, 5), integers(1, 2, 3, 4), 0.25],
])('%s', (_, actual, expected, distance) => expect(apart(actual, expected)).toBeCloseTo(distance, 6))
