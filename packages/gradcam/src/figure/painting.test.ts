import { expect, test } from 'vitest'
import { usualPost } from '../method/post.ts'
import { checkPaintOptions, coloursOf, paint, type PaintOptions, type Shown } from './painting.ts'
import type { Pixels, Size } from '../core/pixels.ts'
import { boxOf } from '../image/component.ts'

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
const painted = (all: readonly Shown[], options: PaintOptions, bound?: Size): Pixels[] =>
  paint(all, coloursOf(all, options), options, bound)
const at = ({ width, data }: Pixels, x: number, y: number): [number, number, number] =>
  Array.from(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)) as [number, number, number]

test('signed maps: red for, blue against, and the photo at zero', () => {
  const [figure] = painted([shown([-1, 0, 1], { activation: 'none', normalize: 'max' })], {}) as [Pixels]
  const [r0, , b0] = at(figure, 10, 150)
  const [r1, , b1] = at(figure, 290, 150)
  expect(b0).toBeGreaterThan(r0 + 40)
  expect(r1).toBeGreaterThan(b1 + 40)
  for (const value of at(figure, 150, 150)) expect(Math.abs(value - 128)).toBeLessThanOrEqual(2)
})

test('colour under a signed map is the map’s: the photo is grey', () => {
  const red = { ...photo, data: Uint8Array.from(photo.data, (_, i) => (i % 3 === 0 ? 200 : 40)) }
  const [figure] = painted([shown([-1, 0, 1], { activation: 'none', normalize: 'max' }, red)], {}) as [Pixels]
  const [r, g, b] = at(figure, 150, 150)
  expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThanOrEqual(2)
})

test('without a photo zero is the white of the colour map', () => {
  const [figure] = painted([shown([-1, 0, 1], { activation: 'none', normalize: 'max' }, 'none')], {}) as [Pixels]
  for (const value of at(figure, figure.width / 2, 10)) expect(value).toBeGreaterThan(235)
})

test('a contour is drawn where the map has the part of its maximum', () => {
  const plain = painted([shown([0, 0.5])], { alpha: 0 })[0] as Pixels
  const lined = painted([shown([0, 0.5])], { alpha: 0, contours: [0.5] })[0] as Pixels
  // centres at 75 and 225: half the maximum in the middle
  // a pixel and a half wide, on the border of two pixels
  expect(Math.min(...at(lined, 150, 20), ...at(lined, 149, 20))).toBeGreaterThan(190)
  for (const x of [100, 200]) expect(at(lined, x, 20)).toEqual(at(plain, x, 20))
  const whiteAlong = (level: number): number => {
    const signed = shown([-2, 0, 1], { activation: 'none', normalize: 'none' })
    const figure = painted([signed], { alpha: 0, contours: [level] })[0] as Pixels
    const x = level < 0 ? 100 : 200
    return Array.from({ length: 300 }, (_, y) => Math.min(...at(figure, x, y)) > 150 || Math.min(...at(figure, x - 1, y)) > 150).filter(
      Boolean,
    ).length
  }
  // lines below zero are dashed: about half of them is drawn, from top to bottom of the map
  expect(whiteAlong(0.5)).toBeGreaterThan(290)
  expect(whiteAlong(-0.5)).toBeGreaterThan(100)
  expect(whiteAlong(-0.5)).toBeLessThan(200)
})

test('the box frames the part that it names', () => {
  const why = shown([0, 1, 0])
  const box = boxOf(why)
  expect(box).toEqual({ x: 100, y: 0, width: 100, height: 300 })
  const framed = painted([why], { alpha: 0, box: true })[0] as Pixels
  expect(at(framed, 150, 150)).toEqual([128, 128, 128])
  expect(at(framed, 98, 150)).toEqual([128, 128, 128])
  // light and dark by turns along a side, light at its corners
  const side = Array.from({ length: 300 }, (_, y) => Math.max(at(framed, 101, y)[0], at(framed, 102, y)[0]))
  expect(Math.min(...side.slice(4, 10), ...side.slice(290, 296))).toBeGreaterThan(190)
  const changes = side.slice(4, 296).filter((value, i, all) => i > 0 && value > 128 !== (all[i - 1] as number) > 128).length
  expect(changes).toBeGreaterThanOrEqual(8)
})

test('large photos are made smaller where a size is given, the map with them', () => {
  const [figure] = painted([shown([0, 1])], { alpha: 1, colormap: 'grey' }, { width: 150, height: 1000 }) as [Pixels]
  // tiny ones are enlarged for their letters, but not beyond the size
  expect(figure.width).toBe(150)
  expect((painted([shown([0, 1], {}, { width: 10, height: 10, channels: 1, data: new Uint8Array(100) })], {})[0] as Pixels).width).toBe(290)
  const wide = { width: 2000, height: 500, channels: 3 as const, data: new Uint8Array(3_000_000).fill(9) }
  const [small] = painted([shown([0, 1], {}, wide)], { alpha: 1, colormap: 'grey' }, { width: 1000, height: 1000 }) as [Pixels]
  expect([small.width, small.height]).toEqual([1000, 250])
  expect([at(small, 249, 9)[0], at(small, 750, 9)[0]]).toEqual([0, 255])
})

test.each([
  [{ alpha: 2 }, 'alpha'],
  [{ colormap: 'jett' }, 'unknown colormap'],
  [{ colorScale: 'share' as 'shared' }, 'unknown `colorScale`'],
  [{ contours: [Number.NaN] }, 'contour'],
  [{ contours: [1.01] }, 'contour'],
  [{ contours: new Array<number>(17).fill(0.5) }, '17 contours'],
  [{ maxSize: 63 }, '`maxSize` is 63'],
  [{ maxSize: 100.5 }, '`maxSize` is 100.5'],
])('%j is refused', (options, message) => {
  expect(() => checkPaintOptions(options)).toThrow(message)
})

test('what a detector was asked about has a thin frame, cut off at the border of the photo', () => {
  const why = { ...shown([0, 1, 0]), marked: [{ x: 100, y: -50, width: 100, height: 200 }] }
  const framed = painted([why], { alpha: 0 })[0] as Pixels
  expect(at(framed, 150, 75)).toEqual([128, 128, 128])
  expect(Math.min(...at(framed, 101, 75))).toBeGreaterThan(190)
  expect(at(framed, 98, 75)).toEqual([128, 128, 128])
  // shown at half the size it lies where it lay
  const small = painted([why], { alpha: 0 }, { width: 150, height: 150 })[0] as Pixels
  const k = small.width / 300
  expect(Math.min(...at(small, Math.round(101 * k), Math.round(75 * k)))).toBeGreaterThan(190)
  expect(at(small, Math.round(150 * k), Math.round(75 * k))).toEqual([128, 128, 128])
})

test('a detector’s frame and the map’s box are told apart: one is even all along, and the legend names both', () => {
  const why = { ...shown([0, 1, 0]), marked: [{ x: 20, y: 20, width: 250, height: 250 }] }
  const figure = painted([why], { alpha: 0 })[0] as Pixels
  const side = Array.from({ length: 240 }, (_, i) => at(figure, 21, 25 + i)[0])
  expect(Math.min(...side)).toBeGreaterThan(190)
  expect(coloursOf([why], { box: true }).legends[0]?.caption).toContain('dashed frame')
  for (const [each, options] of [
    [why, {}],
    [shown([0, 1, 0]), { box: true }],
  ] as const)
    expect(coloursOf([each], options).legends[0]?.caption).toBe('')
})

test('unsigned and signed maps beside each other: each over the photo as its kind wants it', () => {
  const red = { ...photo, data: Uint8Array.from(photo.data, (_, i) => (i % 3 === 0 ? 200 : 40)) }
  const both = [shown([0, 0.5, 1], {}, red), shown([-1, 0, 1], { activation: 'none', normalize: 'max' }, red)]
  const apart = both.flatMap((each) => painted([each], {}))
  painted(both, {}).forEach(({ data }, i) => expect(Buffer.compare(Buffer.from(data), Buffer.from(apart[i]!.data))).toBe(0))
})
