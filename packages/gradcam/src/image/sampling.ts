/** @file A map under a photo: the value of each photo pixel, interpolated bilinearly between the centres of the map's cells. */
import { badOption, GradcamError } from '../core/errors.ts'
import type { Grid, Region, Size } from '../core/pixels.ts'

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

/** Refuses a map whose data do not fill it. */
export function checkGrid({ width, height, data }: Grid): void {
  if (width > 0 && height > 0 && data.length === width * height) return
  throw new GradcamError('bad-tensor', `${data.length} values do not fill a map of ${width}×${height}`, { hint: 'give rows top to bottom' })
}

function checkRegion({ x, y, width, height }: Region): void {
  if ([x, y, width, height].every(Number.isFinite) && width > 0 && height > 0) return
  throw badOption(`the region is ${width}×${height} at ${x}, ${y}`, 'give a region of photo pixels with a width and a height')
}

/**
 * Hands on the map's values row by row, for the pixels of a photo whose centres lie in the region that the map covers.
 *
 * @param take gets the values of the pixels from (x, y) to the right; the array is used again for the next row
 * @throws {GradcamError} `bad-tensor` for a map whose data do not fill it, `bad-option` for an empty region
 */
export function eachRow(map: Grid, photo: Size, region: Region, take: (values: Float64Array, x: number, y: number) => void): void {
  checkGrid(map)
  checkRegion(region)
  const cols = samples(photo.width, region.x, region.width, map.width)
  const rows = samples(photo.height, region.y, region.height, map.height)
  const line = new Float64Array(map.width)
  const values = new Float64Array(cols.length)
  for (let j = 0; j < rows.length; j++) {
    const upper = (rows.low[j] as number) * map.width
    const lower = (rows.high[j] as number) * map.width
    const t = rows.share[j] as number
    for (let x = 0; x < map.width; x++) {
      const a = map.data[upper + x] as number
      line[x] = t === 0 ? a : a + ((map.data[lower + x] as number) - a) * t
    }
    for (let i = 0; i < cols.length; i++) {
      const a = line[cols.low[i] as number] as number
      const s = cols.share[i] as number
      values[i] = s === 0 ? a : a + ((line[cols.high[i] as number] as number) - a) * s
    }
    take(values, cols.from, rows.from + j)
  }
}
