/**
 * @file Resizing by Pillow's separable filters. The 8-bit path repeats Pillow's fixed-point arithmetic bit by bit, since
 * most published networks were trained and measured on photos that Pillow resized.
 */
import { badOption } from '../core/errors.ts'
import type { SmoothFilter } from '../model/preprocessing.ts'
import { filterWeights, nearestIndices } from './filter.ts'
import { across, down } from './passes.ts'
import type { Pixels, Region, Size } from '../core/pixels.ts'

function pick(pixels: Pixels, width: number, height: number, window: Region): Uint8Array {
  const { channels, data } = pixels
  const xs = nearestIndices(pixels.width, width, window.x, window.width)
  const ys = nearestIndices(pixels.height, height, window.y, window.height)
  const out = new Uint8Array(window.width * window.height * channels)
  const stride = window.width * channels
  for (let row = 0, o = 0; row < window.height; row++) {
    // the row above again
    if (row > 0 && ys[row] === ys[row - 1]) {
      out.copyWithin(o, o - stride, o)
      o += stride
      continue
    }
    const start = (ys[row] as number) * pixels.width
    for (let column = 0; column < window.width; column++) {
      const i = (start + (xs[column] as number)) * channels
      for (let c = 0; c < channels; c++) out[o++] = data[i + c] as number
    }
  }
  return out
}

/** Colours times alpha, as Pillow does before it filters RGBA, so that invisible colours do not bleed. */
function premultiply(data: Pixels['data']): Uint8Array {
  const out = Uint8Array.from(data)
  for (let i = 0; i < out.length; i += 4) {
    const a = out[i + 3] as number
    for (let c = i; c < i + 3; c++) {
      const t = (out[c] as number) * a + 128
      out[c] = ((t >> 8) + t) >> 8
    }
  }
  return out
}

function unpremultiply(out: Uint8Array): Uint8Array {
  for (let i = 0; i < out.length; i += 4) {
    const a = out[i + 3] as number
    if (a === 0 || a === 255) continue
    for (let c = i; c < i + 3; c++) out[c] = Math.min(255, Math.trunc((255 * (out[c] as number)) / a))
  }
  return out
}

/**
 * Resizes 8-bit pixels exactly as `PIL.Image.resize` of Pillow 13 does: antialiased when shrinking, horizontal pass first,
 * except where the height shrinks by more than twice as many pixels as the width. (Up to Pillow 12 the horizontal pass is
 * always the first; then levels at sharp edges of tall photos differ by a few.)
 *
 * @param window only this part of the result is computed and returned, in pixels of the result (default: all of it)
 * @param extent how much of the pixels is resized, from the top left, maybe a fraction (default: all of them)
 * @throws {GradcamError} `bad-option` for a size below 1
 * @example resize(photo, 224, 224, 'bilinear')
 */
export function resize(
  pixels: Pixels,
  width: number,
  height: number,
  filter: SmoothFilter,
  window?: Region,
  extent: Size = pixels,
): Pixels {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw badOption(`cannot resize to ${width}×${height}`, 'give a width and height of at least 1 pixel')
  const part = window ?? { x: 0, y: 0, width, height }
  const result = (data: Uint8Array): Pixels => ({ width: part.width, height: part.height, channels: pixels.channels, data })
  const sameWidth = width === pixels.width && width === extent.width && part.x === 0 && part.width === width
  const sameHeight = height === pixels.height && height === extent.height && part.y === 0 && part.height === height
  if (sameWidth && sameHeight) return result(Uint8Array.from(pixels.data))
  if (filter === 'nearest') return result(pick(pixels, width, height, part))

  const { channels } = pixels
  const alpha = channels === 4
  const data = alpha ? premultiply(pixels.data) : pixels.data
  const rows = filterWeights(pixels.height, height, filter, part.y, part.height, extent.height)
  const columns = filterWeights(pixels.width, width, filter, part.x, part.width, extent.width)
  const both = !sameWidth && !sameHeight
  let out: Pixels['data'] = data
  if (both && pixels.height - height > 2 * (pixels.width - width) && height < pixels.height) {
    out = down(out, pixels.width * channels, 0, rows)
    out = across(out, pixels.width, 0, part.height, channels, columns)
    return result(alpha ? unpremultiply(out) : out)
  }
  const last = part.height - 1
  // only the rows that the vertical pass will read
  const top = sameHeight ? 0 : (rows.first[0] as number)
  const bottom = sameHeight ? pixels.height : (rows.first[last] as number) + (rows.count[last] as number)
  if (!sameWidth) out = across(out, pixels.width, top, bottom - top, channels, columns)
  if (!sameHeight) out = down(out, part.width * channels, sameWidth ? 0 : top, rows)
  return result(alpha ? unpremultiply(out as Uint8Array) : (out as Uint8Array))
}
