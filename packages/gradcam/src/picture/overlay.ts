/** @file A saliency map in colour over the photo it explains. */
import { GradcamError } from '../errors.ts'
import { type Colormap, colormap as colormapOf } from './colormap.ts'
import { toRgb } from './convert.ts'
import type { Grid, Pixels, Region } from './pixels.ts'

export interface OverlaySettings {
  /** A name of `colormapNames` (default jet) or a table of 256 × 3 bytes. */
  colormap?: string | Colormap | undefined
  /** How much of the colour covers the photo, 0 … 1; default 0.5, as in `imagesc(map, 'AlphaData', 0.5)`. */
  alpha?: number | undefined
  /** The part of the photo that the map covers, in photo pixels; default all of it. */
  region?: Region | undefined
  /** Map values that get the first and the last colour; default [0, 1]. */
  range?: readonly [number, number] | undefined
}

interface Samples {
  /** First photo pixel covered, and how many. */
  from: number
  length: number
  low: Int32Array
  high: Int32Array
  /** Share of `high`. */
  share: Float64Array
}

/** Along one axis: between which two map cells each photo pixel lies (cell centres; clamped at the border). */
function samples(photoSize: number, start: number, length: number, cells: number): Samples {
  // pixels whose centre lies in the region
  const from = Math.max(0, Math.ceil(start - 0.5))
  const count = Math.max(0, Math.min(photoSize, Math.ceil(start + length - 0.5)) - from)
  const low = new Int32Array(count)
  const high = new Int32Array(count)
  const share = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const place = Math.max(0, Math.min(cells - 1, ((from + i + 0.5 - start) / length) * cells - 0.5))
    const cell = Math.floor(place)
    low[i] = cell
    high[i] = Math.min(cells - 1, cell + 1)
    share[i] = place - cell
  }
  return { from, length: count, low, high, share }
}

function check(map: Grid, alpha: number, [lowest, highest]: readonly [number, number], region: Region): void {
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new GradcamError('bad-option', `alpha is ${alpha}`, { hint: 'alpha goes from 0 (the photo alone) to 1 (the map alone)' })
  }
  if (!(Number.isFinite(lowest) && Number.isFinite(highest) && lowest < highest)) {
    throw new GradcamError('bad-option', `the colour range is ${lowest} to ${highest}`, {
      hint: 'give two finite numbers, the smaller one first',
    })
  }
  if (!(map.width > 0 && map.height > 0 && map.data.length === map.width * map.height)) {
    throw new GradcamError('bad-tensor', `${map.data.length} values do not fill a map of ${map.width}×${map.height}`, {
      hint: 'give rows top to bottom',
    })
  }
  const { x, y, width, height } = region
  if (![x, y, width, height].every(Number.isFinite) || width <= 0 || height <= 0) {
    throw new GradcamError('bad-option', `the region is ${width}×${height} at ${x}, ${y}`, {
      hint: 'give a region of photo pixels with a width and a height',
    })
  }
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
  check(map, alpha, range, region)
  const table = typeof settings.colormap === 'object' ? settings.colormap : colormapOf(settings.colormap ?? 'jet')
  const { width, height, data } = toRgb(photo)
  const out = Uint8Array.from(data)
  const cols = samples(width, region.x, region.width, map.width)
  const rows = samples(height, region.y, region.height, map.height)
  const colour = Float64Array.from(table, (part) => part * alpha + 0.5) // + 0.5: storing truncates
  const rest = 1 - alpha
  const [lowest, highest] = range
  const scale = 256 / (highest - lowest)
  const line = new Float64Array(map.width)

  for (let j = 0; j < rows.length; j++) {
    const upper = (rows.low[j] as number) * map.width
    const lower = (rows.high[j] as number) * map.width
    const t = rows.share[j] as number
    for (let x = 0; x < map.width; x++) {
      const a = map.data[upper + x] as number
      line[x] = t === 0 ? a : a + ((map.data[lower + x] as number) - a) * t
    }
    let o = ((rows.from + j) * width + cols.from) * 3
    for (let i = 0; i < cols.length; i++, o += 3) {
      const a = line[cols.low[i] as number] as number
      const s = cols.share[i] as number
      const value = ((s === 0 ? a : a + ((line[cols.high[i] as number] as number) - a) * s) - lowest) * scale
      if (value !== value) continue // NaN
      const c = value <= 0 ? 0 : value >= 255 ? 765 : (value | 0) * 3
      out[o] = (out[o] as number) * rest + (colour[c] as number)
      out[o + 1] = (out[o + 1] as number) * rest + (colour[c + 1] as number)
      out[o + 2] = (out[o + 2] as number) * rest + (colour[c + 2] as number)
    }
  }
  return { width, height, channels: 3, data: out }
}
