import { expect, test } from 'vitest'
import { colormap } from './colormap.ts'
import { overlay } from './overlay.ts'
import type { Grid, Pixels } from '../core/pixels.ts'

const photo = (width: number, height: number, value = 100): Pixels => ({
  width,
  height,
  channels: 3,
  data: new Uint8Array(width * height * 3).fill(value),
})
const grid = (width: number, ...data: number[]): Grid => ({ width, height: data.length / width, data: Float32Array.from(data) })
const at = (pixels: Pixels, x: number, y = 0): number[] =>
  Array.from(pixels.data.subarray((y * pixels.width + x) * 3, (y * pixels.width + x) * 3 + 3))

test('half photo, half colour', () => {
  const result = overlay(photo(3, 1), grid(3, 0, 0.5, 1), { colormap: 'grey' })
  expect([at(result, 0), at(result, 1), at(result, 2)]).toEqual([
    [50, 50, 50],
    [114, 114, 114],
    [178, 178, 178],
  ])
  const [r, g, b] = colormap('jet').subarray(765) as unknown as [number, number, number]
  expect(at(overlay(photo(1, 1), grid(1, 1), {}), 0)).toEqual([
    Math.round((100 + r) / 2),
    Math.round((100 + g) / 2),
    Math.round((100 + b) / 2),
  ])
})

test('alpha 0 is the photo, alpha 1 the map; values beyond the range take the end colours', () => {
  expect(overlay(photo(2, 2), grid(1, 1), { alpha: 0 })).toEqual(photo(2, 2))
  const result = overlay(photo(2, 1), grid(2, -5, Number.POSITIVE_INFINITY), { alpha: 1, colormap: 'grey' })
  expect(at(result, 0)).toEqual([0, 0, 0])
  const wide = overlay(photo(2, 1), grid(2, -1, 1), { alpha: 1, colormap: 'grey', range: [-1, 3] })
  expect(at(wide, 1)).toEqual([128, 128, 128])
})

test('the map is interpolated between cell centres and held at the border', () => {
  const result = overlay(photo(8, 1), grid(2, 0, 1), { alpha: 1, colormap: 'grey' })
  // centres of the cells lie at x = 1.5 and 5.5
  const values = [0, 1, 2, 3, 4, 5, 6, 7].map((x) => at(result, x)[0])
  expect(values).toEqual([0, 0, 32, 96, 160, 224, 255, 255])
})

test('outside the region, and where the map is NaN, the photo stays', () => {
  const inside = overlay(photo(6, 4), grid(1, 1), { region: { x: 2, y: 1, width: 3, height: 2 }, alpha: 1, colormap: 'grey' })
  const changed = Array.from({ length: 24 }, (_, i) => at(inside, i % 6, Math.floor(i / 6))[0] !== 100)
  expect(changed.map(Number).join('')).toBe('000000001110001110000000')
  const beyond = overlay(photo(2, 2), grid(1, 1), { region: { x: -5, y: -5, width: 100, height: 100 }, alpha: 1, colormap: 'grey' })
  expect(beyond.data.every((v) => v === 255)).toBe(true)
  const away = overlay(photo(2, 2), grid(1, 1), { region: { x: 50, y: -9, width: 3, height: 3 } })
  expect(away).toEqual(photo(2, 2))
  const holes = overlay(photo(3, 1), grid(3, Number.NaN, 1, 1), { alpha: 1, colormap: 'grey' })
  expect([at(holes, 0)[0], at(holes, 1)[0]]).toEqual([100, 255])
})

test('grey and transparent photos become RGB', () => {
  expect(overlay({ width: 1, height: 1, channels: 1, data: new Uint8Array([7]) }, grid(1, 0), { alpha: 0 }).data).toEqual(
    new Uint8Array([7, 7, 7]),
  )
  expect(overlay({ width: 1, height: 1, channels: 4, data: new Uint8Array([0, 100, 200, 0]) }, grid(1, 0), { alpha: 0 }).data).toEqual(
    new Uint8Array([255, 255, 255]),
  )
})

test('nonsense is refused', () => {
  for (const alpha of [-0.1, 1.1, Number.NaN]) expect(() => overlay(photo(1, 1), grid(1, 1), { alpha })).toThrow('alpha is')
  expect(() => overlay(photo(1, 1), { width: 3, height: 3, data: new Float32Array(8) })).toThrow('8 values do not fill')
  expect(() => overlay(photo(1, 1), grid(1, 1), { region: { x: 0, y: 0, width: 0, height: 1 } })).toThrow('region')
  expect(() => overlay(photo(1, 1), grid(1, 1), { range: [1, 1] })).toThrow('range')
})
