/** @file Tests of tensor.ts: half-precision conversions against their definition, casts at the ends of their ranges. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GradcamError } from './errors.ts'
import { castFloat32, float32, halfBits, halfValue, sizeOf, toFloat32 } from './tensor.ts'

const patterns = Array.from({ length: 65536 }, (_, bits) => bits)
const finite = patterns.filter((bits) => bits < 0x7c00).map(halfValue) // ascending, from 0 to 65504

/** The bits of the half nearest to a number ≥ 0, found by search: overflow from 65520 on, ties to the even pattern. */
function nearestHalf(value: number): number {
  if (value >= 65520) return 0x7c00
  let low = 0
  let high = finite.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((finite[middle] ?? 0) <= value) low = middle
    else high = middle - 1
  }
  const below = value - (finite[low] ?? 0)
  const above = (finite[low + 1] ?? 65536) - value
  return below < above || (below === above && low % 2 === 0) ? low : low + 1
}

describe('half precision', () => {
  test('every one of the 65536 patterns survives, but for the payload of a NaN', () => {
    const lost = patterns.filter((bits) => {
      const value = halfValue(bits)
      const back = halfBits(value)
      return Number.isNaN(value) ? !Number.isNaN(halfValue(back)) : back !== bits
    })
    expect(lost).toEqual([])
    expect(patterns.filter((bits) => Number.isNaN(halfValue(bits))).length).toBe(2 * 1023)
  })

  test.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0],
    [-(2 ** -25), 0x8000],
    [1e300, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
  ])('%f is %i', (value, bits) => {
    expect(halfBits(value)).toBe(bits)
  })

  test('rounds to the nearest, ties to even', () => {
    const between = fc
      .tuple(fc.nat(finite.length - 2), fc.constantFrom(0.25, 0.5, 0.75))
      .map(([i, part]) => (finite[i] ?? 0) + part * ((finite[i + 1] ?? 0) - (finite[i] ?? 0)))
    const values = fc.oneof(between, fc.double({ min: 0, max: 70000, noNaN: true }), fc.double({ min: 0, max: 1e-4, noNaN: true }))
    fc.assert(
      fc.property(values, (value) => halfBits(value) === nearestHalf(value)),
      { numRuns: 2000 },
    )
  })

  test('rounds once: a hair above a tie goes up, although it is the tie in single precision', () => {
    expect(halfBits(1 + 2 ** -11)).toBe(0x3c00)
    expect(halfBits(1 + 2 ** -11 + 2 ** -40)).toBe(0x3c01)
    expect(halfBits(1 + 3 * 2 ** -11 - 2 ** -40)).toBe(0x3c01)
  })
})

describe('toFloat32', () => {
  test('keeps float32 data as it is and widens the rest', () => {
    const data = Float32Array.of(1.5, -2)
    expect(toFloat32(float32(data, [2]))).toBe(data)
    expect(toFloat32({ type: 'bfloat16', dims: [2], data: Uint16Array.of(0x3f80, 0xc0a0) })).toEqual(Float32Array.of(1, -5))
    expect(toFloat32({ type: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc500) })).toEqual(Float32Array.of(1, -5))
    expect(toFloat32({ type: 'int64', dims: [2], data: BigInt64Array.of(7n, -9n) })).toEqual(Float32Array.of(7, -9))
    expect(toFloat32({ type: 'bool', dims: [2], data: Uint8Array.of(0, 1) })).toEqual(Float32Array.of(0, 1))
  })
})

describe('castFloat32', () => {
  const values = Float32Array.of(-1e20, -129.4, -0.4, 0.6, 254.6, 1e20, Number.NaN)
  test.each([
    ['uint8', [0, 0, 0, 1, 255, 255, 0]],
    ['int8', [-128, -128, 0, 1, 127, 127, 0]],
    ['int32', [-(2 ** 31), -129, 0, 1, 255, 2 ** 31 - 1, 0]],
    ['int64', [-(2 ** 63), -129, 0, 1, 255, 2 ** 63 - 1024, 0]],
  ] as const)('%s rounds and clamps', (type, expected) => {
    expect(Array.from(castFloat32(values, type, [7]).data as ArrayLike<number | bigint>, Number)).toEqual(expected)
  })

  test('refuses types that no image fits', () => {
    expect(() => castFloat32(values, 'string', [7])).toThrow(GradcamError)
  })
})

test('float32 checks its shape', () => {
  expect(sizeOf([])).toBe(1)
  expect(float32([1, 2, 3, 4], [2, 2]).data).toEqual(Float32Array.of(1, 2, 3, 4))
  expect(() => float32([1, 2, 3], [2, 2])).toThrow('3 values do not fill a tensor of shape [2, 2]')
})
