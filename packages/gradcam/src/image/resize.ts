/**
 * @file Resizing by Pillow's separable filters. The 8-bit path repeats Pillow's fixed-point arithmetic bit by bit, since
 * most published networks were trained and measured on photos that Pillow resized.
 */
import { GradcamError } from '../core/errors.ts'
import type { Filter } from '../model/preprocessing.ts'
import { filterWeights, nearestIndices } from './filter.ts'
import { across, down } from './passes.ts'
import type { Grid, Pixels } from '../core/pixels.ts'

/** The whole result, or the part of it that is wanted, in pixels of the result. */
export interface Window {
  x: number
  y: number
  width: number
  height: number
}

function pick(pixels: Pixels, width: number, height: number, window: Window): Uint8Array {
  const { channels, data } = pixels
  const xs = nearestIndices(pixels.width, width, window.x, window.width)
  const ys = nearestIndices(pixels.height, height, window.y, window.height)
  const out = new Uint8Array(window.width * window.height * channels)
  let o = 0
  for (const y of ys) {
    for (const x of xs) {
      const i = (y * pixels.width + x) * channels
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

function checkSize(width: number, height: number): void {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new GradcamError('bad-option', `cannot resize to ${width}×${height}`, { hint: 'give a width and height of at least 1 pixel' })
  }
}

/**
 * Resizes 8-bit pixels exactly as `PIL.Image.resize` does: antialiased when shrinking, horizontal pass first.
 *
 * @param window only this part of the result is computed and returned, in pixels of the result (default: all of it)
 * @throws {GradcamError} `bad-option` for a size below 1
 * @example resize(photo, 224, 224, 'bilinear')
 */
export function resize(pixels: Pixels, width: number, height: number, filter: Filter, window?: Window): Pixels {
  checkSize(width, height)
  const part = window ?? { x: 0, y: 0, width, height }
  const result = (data: Uint8Array): Pixels => ({ width: part.width, height: part.height, channels: pixels.channels, data })
  const sameWidth = width === pixels.width && part.x === 0 && part.width === width
  const sameHeight = height === pixels.height && part.y === 0 && part.height === height
  if (sameWidth && sameHeight) return result(Uint8Array.from(pixels.data))
  if (filter === 'nearest') return result(pick(pixels, width, height, part))

  const { channels } = pixels
  const rows = filterWeights(pixels.height, height, filter, part.y, part.height)
  const last = part.height - 1
  // only the rows that the vertical pass will read
  const top = sameHeight ? 0 : (rows.first[0] as number)
  const bottom = sameHeight ? pixels.height : (rows.first[last] as number) + (rows.count[last] as number)
  const alpha = channels === 4
  let data: Pixels['data'] = alpha ? premultiply(pixels.data) : pixels.data
  let offset = 0
  if (!sameWidth) {
    data = across(data, pixels.width, top, bottom - top, channels, filterWeights(pixels.width, width, filter, part.x, part.width))
    offset = top
  }
  if (!sameHeight) data = down(data, part.width * channels, offset, rows)
  return result(alpha ? unpremultiply(data as Uint8Array) : (data as Uint8Array))
}

/**
 * Resizes a map by the same filters in floating point (double sums, float32 between the passes, as Pillow's mode F).
 * Bicubic and lanczos overshoot; nothing is clipped. NaN spreads to what it touches.
 *
 * @throws {GradcamError} `bad-option` for a size below 1
 * @example resizeGrid(map, 224, 224, 'bicubic')
 */
export function resizeGrid(grid: Grid, width: number, height: number, filter: Filter): Grid {
  checkSize(width, height)
  if (width === grid.width && height === grid.height) return { width, height, data: Float32Array.from(grid.data) }
  const { data } = grid
  const out = new Float32Array(width * height)
  if (filter === 'nearest') {
    const xs = nearestIndices(grid.width, width, 0, width)
    const ys = nearestIndices(grid.height, height, 0, height)
    let o = 0
    for (const y of ys) for (const x of xs) out[o++] = data[y * grid.width + x] as number
    return { width, height, data: out }
  }
  const cols = filterWeights(grid.width, width, filter)
  const rows = filterWeights(grid.height, height, filter)
  const wide = new Float32Array(width * grid.height)
  for (let y = 0; y < grid.height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      const i = y * grid.width + (cols.first[x] as number)
      for (let t = 0; t < (cols.count[x] as number); t++) sum += (data[i + t] as number) * (cols.weights[x * cols.span + t] as number)
      wide[y * width + x] = sum
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      const i = (rows.first[y] as number) * width + x
      for (let t = 0; t < (rows.count[y] as number); t++)
        sum += (wide[i + t * width] as number) * (rows.weights[y * rows.span + t] as number)
      out[y * width + x] = sum
    }
  }
  return { width, height, data: out }
}
