/** @file How large things are shown: tiny photos larger, large ones smaller where a figure has a largest size. */
import { largestWith } from '../core/numbers.ts'
import type { Pixels, Size } from '../core/pixels.ts'
import { resize } from '../image/resize.ts'

const smallest = 288

/**
 * The size at which a photo is shown: its own, but within `bound`, and tiny ones enlarged by a whole number, as letters need room.
 *
 * @example shownSize({ width: 32, height: 32 }) // { width: 288, height: 288 }
 */
export function shownSize(
  { width, height }: Size,
  bound: Size = { width: Number.POSITIVE_INFINITY, height: Number.POSITIVE_INFINITY },
): Size {
  const room = Math.min(bound.width / width, bound.height / height)
  const k = room < 1 ? room : Math.max(1, Math.min(Math.ceil(smallest / Math.max(width, height)), Math.floor(room)))
  return { width: Math.max(1, Math.round(width * k)), height: Math.max(1, Math.round(height * k)) }
}

/** Pixels at another size: enlarged as squares, made smaller smoothly. */
export function resized(pixels: Pixels, { width, height }: Size): Pixels {
  if (width === pixels.width && height === pixels.height) return pixels
  return resize(pixels, width, height, width > pixels.width ? 'nearest' : 'bilinear')
}

/** What each figure of a table of rows may measure, where all together may measure `side` both ways. */
export const shareOf = (side: number, rows: readonly number[]): Size => ({
  width: side / Math.max(...rows),
  height: side / rows.length,
})

/**
 * The most that each figure may measure, so that the whole with its titles and legends measures at most `maxSize` both ways.
 * Where letters would leave less than a third to the figures, they are drawn twice as large, and the whole has to be made smaller.
 *
 * @param wholeAt the size of the whole for a bound of each figure
 */
export function boundWithin(maxSize: number, rows: readonly number[], wholeAt: (bound: Size) => Size): Size {
  const fits = largestWith(maxSize, (side) => {
    const { width, height } = wholeAt(shareOf(side, rows))
    return Math.max(width, height) <= maxSize
  })
  return shareOf(fits > maxSize / 3 ? fits : 2 * maxSize, rows)
}
