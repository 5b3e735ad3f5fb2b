import { expect, test } from 'vitest'
import { largestComponent, maskOf, onPhoto, thresholdOf } from './component.ts'
import type { Grid } from '../core/pixels.ts'

/** Rows of digits, tenths of one. */
const map = (...rows: string[]): Grid => ({
  width: rows[0]?.length ?? 0,
  height: rows.length,
  data: Float32Array.from(rows.join(''), (digit) => Number(digit) / 10),
})

test('the largest part wins, not the highest; corners do not join', () => {
  expect(largestComponent(map('90000', '00220', '00200'))).toEqual({ x: 2, y: 1, width: 2, height: 2 })
  expect(largestComponent(map('9000', '0900', '0099'))).toEqual({ x: 2, y: 2, width: 2, height: 1 })
  // two of one size: the upper one
  expect(largestComponent(map('0990', '0000', '9900'))).toEqual({ x: 1, y: 0, width: 2, height: 1 })
})

test('a part begins over the share of the maximum', () => {
  expect(largestComponent(map('9100'))).toEqual({ x: 0, y: 0, width: 1, height: 1 })
  expect(largestComponent(map('9200'))).toEqual({ x: 0, y: 0, width: 2, height: 1 })
  expect(largestComponent(map('4800'), 0.5)).toEqual({ x: 1, y: 0, width: 1, height: 1 })
  expect(thresholdOf(map('4800'), 0.5)).toBeCloseTo(0.4, 6)
  expect(() => largestComponent(map('9'), 1.5)).toThrow('threshold')
})

test('a spiral is one part', () => {
  const box = largestComponent(map('999999', '000009', '999909', '900909', '909909', '900009', '999999'))
  expect(box).toEqual({ x: 0, y: 0, width: 6, height: 7 })
})

test('nothing where nothing is positive', () => {
  for (const data of [
    [0, 0],
    [-1, -2],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 1],
  ]) {
    expect(largestComponent({ width: 2, height: 1, data: Float32Array.from(data) })).toBeUndefined()
  }
})

test('cells lie on the part of the photo that the map covers, cut at its border', () => {
  const cells = { x: 1, y: 0, width: 1, height: 2 }
  const photo = { width: 100, height: 50 }
  expect(onPhoto(cells, { width: 2, height: 2 }, { photo, region: { x: 25, y: 0, width: 50, height: 50 } })).toEqual({
    ...{ x: 50, y: 0, width: 25, height: 50 },
  })
  expect(onPhoto(cells, { width: 2, height: 2 }, { photo, region: { x: 0, y: -25, width: 160, height: 100 } })).toEqual({
    ...{ x: 80, y: 0, width: 20, height: 50 },
  })
  expect(onPhoto(cells, { width: 2, height: 2 }, { photo, region: { x: 0, y: 0, width: 200, height: 50 } })).toBeUndefined()
})

test('a mask is white where the map lies over the threshold, as large as the photo, black outside the region', () => {
  const region = { x: 2, y: 0, width: 4, height: 2 }
  const { channels, data } = maskOf(map('90'), { photo: { width: 8, height: 2 }, region }, 0.5)
  expect(channels).toBe(1)
  // cells' centres at 3 and 5, half the maximum at 4
  expect(Array.from(data.subarray(0, 8))).toEqual([0, 0, 255, 255, 0, 0, 0, 0])
  expect(data.subarray(8)).toEqual(data.subarray(0, 8))
  expect(maskOf(map('00'), { photo: { width: 8, height: 2 }, region }).data.some((value) => value > 0)).toBe(false)
  expect(() => maskOf(map('90'), { photo: { width: 8, height: 2 }, region }, Number.NaN)).toThrow('threshold')
})
