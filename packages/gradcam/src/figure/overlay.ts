/** @file A saliency map in colour over the photo it explains. */
import { badOption } from '../core/errors.ts'
import { type Colormap, colormap as colormapOf } from './colormap.ts'
import { toRgb } from '../image/convert.ts'
import type { Grid, Pixels, Region } from '../core/pixels.ts'
import { eachRow } from '../image/sampling.ts'

export interface OverlaySettings {
  /** A name of `colormapNames` (default jet) or a table of 256 × 3 bytes. */
  colormap?: string | Colormap | undefined
  /** How much of the colour covers the photo, 0 … 1; default 0.5, as in `imagesc(map, 'AlphaData', 0.5)`. */
  alpha?: number | undefined
  /** The part of the photo that the map covers, in photo pixels; default all of it. */
  region?: Region | undefined
  /** Map values that get the first and the last colour; default [0, 1]. */
  range?: readonly [number, number] | undefined
  /** Whether the middle of the range covers nothing, and only the ends all of `alpha`: for signed maps, where the middle is zero. */
  clearMiddle?: boolean | undefined
}

const levels = 256

/** How much of the photo each level covers. */
function covers(alpha: number, clearMiddle: boolean): Float64Array {
  // rises to all of alpha at two thirds of the way to an end: small values stay visible
  const share = (level: number): number => (clearMiddle ? Math.min(1, 1.5 * Math.abs((2 * level) / (levels - 1) - 1)) : 1)
  return Float64Array.from({ length: levels }, (_, level) => alpha * share(level))
}

function check(alpha: number, [lowest, highest]: readonly [number, number]): void {
  if (!(alpha >= 0 && alpha <= 1)) throw badOption(`alpha is ${alpha}`, 'alpha goes from 0 (the photo alone) to 1 (the map alone)')
  if (!(Number.isFinite(lowest) && Number.isFinite(highest) && lowest < highest))
    throw badOption(`the colour range is ${lowest} to ${highest}`, 'give two finite numbers, the smaller one first')
}

/**
 * Lays a map over a photo: interpolated bilinearly between cell centres, coloured, and blended. Outside the region, and
 * where the map is NaN, the photo stays as it is.
 *
 * @returns RGB pixels of the photo's size
 * @throws {GradcamError} `bad-option` for an unknown colour map or an alpha outside 0 … 1; `bad-tensor` for a map or photo
 *   whose data do not fill it
 * @example overlay(photo, map, { colormap: 'turbo', alpha: 0.4 })
 */
export function overlay(photo: Pixels, map: Grid, settings: OverlaySettings = {}): Pixels {
  const { alpha = 0.5, region = { x: 0, y: 0, width: photo.width, height: photo.height }, range = [0, 1] } = settings
  check(alpha, range)
  const table = typeof settings.colormap === 'object' ? settings.colormap : colormapOf(settings.colormap ?? 'jet')
  const { width, height, data } = toRgb(photo)
  const out = Uint8Array.from(data)
  const cover = covers(alpha, settings.clearMiddle ?? false)
  const colour = Float64Array.from(table, (part, i) => part * (cover[Math.floor(i / 3)] as number) + 0.5) // + 0.5: storing truncates
  const rest = cover.map((part) => 1 - part)
  const [lowest, highest] = range
  const scale = levels / (highest - lowest)
  eachRow(map, { width, height }, region, (values, x, y) => {
    let o = (y * width + x) * 3
    for (let i = 0; i < values.length; i++, o += 3) {
      const value = ((values[i] as number) - lowest) * scale
      if (value !== value) continue // NaN
      const level = value <= 0 ? 0 : value >= levels - 1 ? levels - 1 : value | 0
      const [c, left] = [level * 3, rest[level] as number]
      out[o] = (out[o] as number) * left + (colour[c] as number)
      out[o + 1] = (out[o + 1] as number) * left + (colour[c + 1] as number)
      out[o + 2] = (out[o + 2] as number) * left + (colour[c + 2] as number)
    }
  })
  return { width, height, channels: 3, data: out }
}
