import { expect, test } from 'vitest'
import { usualPost } from '../method/post.ts'
import { boxOf } from '../image/component.ts'
import { checkPaintOptions, paint, type Shown } from './painting.ts'
import type { Pixels } from '../core/pixels.ts'

const photo: Pixels = { width: 300, height: 300, channels: 3, data: new Uint8Array(300 * 300 * 3).fill(128) }
const shown = (data: readonly number[], settings: Partial<Shown['provenance']['settings']> = {}, given: Pixels | 'none' = photo): Shown => {
  const grid = { width: data.length, height: 1, data: Float32Array.from(data) }
  return {
    ...{ map: grid, raw: grid },
    photo: given === 'none' ? undefined : given,
    region: given === 'none' ? undefined : { x: 0, y: 0, width: given.width, height: given.height },
    provenance: { method: 'grad-cam', settings: { ...usualPost, upsample: 'none', ...settings } },
  }
}
const at = ({ width, data }: Pixels, x: number, y: number): [number, number, number] =>
  Array.from(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)) as [number, number, number]

test('signed maps: red for, blue against, and the photo at zero', () => {
  const [figure] = paint([shown([-1, 0, 1], { activation: 'none', normalize: 'max' })], {}).figures as [Pixels]
  const [r0, , b0] = at(figure, 10, 150)
  const [r1, , b1] = at(figure, 290, 150)
  expect(b0).toBeGreaterThan(r0 + 40)
  expect(r1).toBeGreaterThan(b1 + 40)
  for (const value of at(figure, 150, 150)) expect(Math.abs(value - 128)).toBeLessThanOrEqual(2)
})

test('colour under a signed map is the map’s: the photo is grey', () => {
  const red = { ...photo, data: Uint8Array.from(photo.data, (_, i) => (i % 3 === 0 ? 200 : 40)) }
  const [figure] = paint([shown([-1, 0, 1], { activation: 'none', normalize: 'max' }, red)], {}).figures as [Pixels]
  const [r, g, b] = at(figure, 150, 150)
  expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThanOrEqual(2)
})

test('without a photo zero is the white of the colour map', () => {
  const [figure] = paint([shown([-1, 0, 1], { activation: 'none', normalize: 'max' }, 'none')], {}).figures as [Pixels]
  for (const value of at(figure, figure.width / 2, 10)) expect(value).toBeGreaterThan(235)
})

test('a contour is drawn where the map has the part of its maximum', () => {
  const plain = paint([shown([0, 0.5])], { alpha: 0 }).figures[0] as Pixels
  const lined = paint([shown([0, 0.5])], { alpha: 0, contours: [0.5] }).figures[0] as Pixels
  // centres at 75 and 225: half the maximum in the middle
  // a pixel and a half wide, on the border of two pixels
  expect(Math.min(...at(lined, 150, 20), ...at(lined, 149, 20))).toBeGreaterThan(190)
  for (const x of [100, 200]) expect(at(lined, x, 20)).toEqual(at(plain, x, 20))
  const negative = paint([shown([-2, 0, 1], { activation: 'none', normalize: 'none' })], { alpha: 0, contours: [-0.5] })
    .figures[0] as Pixels
  expect(Math.min(...at(negative, 100, 20), ...at(negative, 99, 20))).toBeGreaterThan(190)
})

test('the box frames the part that it names', () => {
  const why = shown([0, 1, 0])
  const box = boxOf(why)
  expect(box).toEqual({ x: 100, y: 0, width: 100, height: 300 })
  const framed = paint([why], { alpha: 0, box: true }).figures[0] as Pixels
  expect(at(framed, 150, 150)).toEqual([128, 128, 128])
  expect(at(framed, 102, 150)).toEqual([255, 255, 255])
  expect(at(framed, 98, 150)).toEqual([128, 128, 128])
})

test('large photos are made smaller where a size is given, the map with them', () => {
  const [figure] = paint([shown([0, 1])], { alpha: 1, colormap: 'grey' }, { width: 150, height: 1000 }).figures as [Pixels]
  // tiny ones are enlarged for their letters
  expect(figure.width).toBe(300)
  const wide = { width: 2000, height: 500, channels: 3 as const, data: new Uint8Array(3_000_000).fill(9) }
  const [small] = paint([shown([0, 1], {}, wide)], { alpha: 1, colormap: 'grey' }, { width: 1000, height: 1000 }).figures as [Pixels]
  expect([small.width, small.height]).toEqual([1000, 250])
  expect([at(small, 249, 9)[0], at(small, 750, 9)[0]]).toEqual([0, 255])
})

test.each([
  [{ alpha: 2 }, 'alpha'],
  [{ colormap: 'jett' }, 'unknown colormap'],
  [{ scale: 'share' as 'shared' }, 'unknown scale'],
  [{ contours: [Number.NaN] }, 'contour'],
  [{ contours: [1.01] }, 'contour'],
  [{ contours: new Array<number>(17).fill(0.5) }, '17 contours'],
])('%j is refused', (options, message) => {
  expect(() => checkPaintOptions(options)).toThrow(message)
})

test('what a detector was asked about has a thin frame, cut off at the border of the photo', () => {
  const why = { ...shown([0, 1, 0]), marked: [{ x: 100, y: -50, width: 100, height: 200 }] }
  const framed = paint([why], { alpha: 0 }).figures[0] as Pixels
  expect(at(framed, 150, 75)).toEqual([128, 128, 128])
  expect(Math.min(...at(framed, 101, 75))).toBeGreaterThan(190)
  expect(at(framed, 98, 75)).toEqual([128, 128, 128])
  // shown at half the size it lies where it lay
  const small = paint([why], { alpha: 0 }, { width: 150, height: 150 }).figures[0] as Pixels
  const k = small.width / 300
  expect(Math.min(...at(small, Math.round(101 * k), Math.round(75 * k)))).toBeGreaterThan(190)
  expect(at(small, Math.round(150 * k), Math.round(75 * k))).toEqual([128, 128, 128])
})
