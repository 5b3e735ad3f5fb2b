/** @file Where a map is high: places over a share of its maximum as a mask, and the tight box around the largest connected part. */
import { badOption } from '../core/errors.ts'
import { extremes } from '../core/numbers.ts'
import type { Grid, Pixels, Region, Size } from '../core/pixels.ts'
import { boxesOf, piecesOf } from './pieces.ts'
import { checkGrid, eachRow } from './sampling.ts'

/** The share of the maximum above which boxes and masks lie by default: Selvaraju et al. 2017, section 4.1. */
export const usualShare = 0.15

/**
 * The value that is `share` of the way from 0 to the map's maximum; undefined where nothing in the map is positive.
 *
 * @throws {GradcamError} `bad-option` for a share that is not from 0 to 1
 */
export function thresholdOf({ data }: Grid, share: number): number | undefined {
  if (!(share >= 0 && share <= 1)) throw badOption(`the threshold is ${share}`, 'give a part of the maximum, from 0 to 1')
  const [, max] = extremes(data)
  return max > 0 && max < Number.POSITIVE_INFINITY ? share * max : undefined
}

/**
 * The tight box around the largest connected part of the map (4 neighbours) that lies over a share of its maximum, in cells.
 * Among equally large parts the upper one wins.
 *
 * @returns undefined where nothing in the map is positive
 * @example largestComponent({ width: 3, height: 1, data: Float32Array.of(1, 0, 0.2) }) // { x: 0, y: 0, width: 1, height: 1 }
 */
export function largestComponent(map: Grid, share = usualShare): Region | undefined {
  checkGrid(map)
  const threshold = thresholdOf(map, share)
  if (threshold === undefined) return undefined
  const high = new Uint8Array(map.data.length)
  for (let i = 0; i < high.length; i++) if ((map.data[i] as number) > threshold) high[i] = 1
  const { pieces, sizes, labels } = piecesOf(high, map)
  const over = sizes.map((size, piece) => (labels[piece] === 1 ? size : 0))
  const largest = over.indexOf(extremes(over)[1])
  const box = boxesOf(pieces, map.width, sizes.length)[largest]
  return box && { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top }
}

/** What a map lies on: the whole photo's size, and the part of it that the map covers. */
export interface Ground {
  photo: Size
  region: Region
}

/** Cells of a map as pixels of the photo under it: whole numbers, cut at the photo's border. Undefined where none are left. */
export function onPhoto(cells: Region, map: Size, { photo, region }: Ground): Region | undefined {
  const along = (start: number, length: number, count: number, from: number, size: number, end: number): [number, number] => [
    Math.max(0, Math.min(end, Math.round(from + (start / count) * size))),
    Math.max(0, Math.min(end, Math.round(from + ((start + length) / count) * size))),
  ]
  const [left, right] = along(cells.x, cells.width, map.width, region.x, region.width, photo.width)
  const [top, bottom] = along(cells.y, cells.height, map.height, region.y, region.height, photo.height)
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : undefined
}

/** A map, the photo that it is of, and the part of the photo that the network saw. */
export interface Grounded {
  map: Grid
  photo: Size | undefined
  region: Region | undefined
}

/** What a map lies on: the photo and the part of it that the network saw; the map's own cells where there is no photo. */
export function groundOf({ map, photo, region }: Grounded): Ground {
  const { width, height } = photo ?? map
  return { photo: { width, height }, region: (photo && region) ?? { x: 0, y: 0, width, height } }
}

/**
 * The tight box around the largest connected part of the map (4 neighbours) over 15 % of its maximum, in pixels of the photo (of the
 * map where there is no photo). Undefined where nothing in the map is positive, or the part lies in the network's padding.
 */
export function boxOf(shown: Grounded): Region | undefined {
  const cells = largestComponent(shown.map)
  return cells && onPhoto(cells, shown.map, groundOf(shown))
}

/**
 * White where the map, interpolated as in `overlay`, lies over a share of its maximum; black elsewhere, and outside the region.
 *
 * @returns one channel, as large as the photo, 0 or 255
 * @example maskOf(map, { photo, region: { x: 0, y: 0, width: photo.width, height: photo.height } })
 */
export function maskOf(map: Grid, { photo, region }: Ground, share = usualShare): Pixels {
  const { width, height } = photo
  const data = new Uint8Array(width * height)
  const threshold = thresholdOf(map, share)
  if (threshold !== undefined) {
    eachRow(map, photo, region, (values, x, y) => {
      for (let i = 0; i < values.length; i++) if ((values[i] as number) > threshold) data[y * width + x + i] = 255
    })
  }
  return { width, height, channels: 1, data }
}
