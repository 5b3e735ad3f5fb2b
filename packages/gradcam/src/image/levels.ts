/** @file A picture on its way into a network: levels 0 … 255, whole or fractions. */
import type { Region, Size } from '../core/pixels.ts'

/** Rows top to bottom, channels interleaved: 1 = grey, 3 = RGB. */
export interface Levels extends Size {
  channels: 1 | 3
  data: Uint8Array | Uint8ClampedArray | Float32Array
}

/** The part that lies inside `window`; what lies beyond the picture is left out. */
export function cut({ width, channels, data }: Levels, part: Region): Levels {
  if (part.x === 0 && part.width === width) {
    const stride = width * channels
    return { width, height: part.height, channels, data: data.subarray(part.y * stride, (part.y + part.height) * stride) }
  }
  const stride = part.width * channels
  const out = data instanceof Float32Array ? new Float32Array(stride * part.height) : new Uint8Array(stride * part.height)
  for (let y = 0; y < part.height; y++) {
    const from = ((part.y + y) * width + part.x) * channels
    out.set(data.subarray(from, from + stride), y * stride)
  }
  return { width: part.width, height: part.height, channels, data: out }
}

/** A larger picture of one colour, with this one at `x`, `y`. */
export function framed({ width, height, channels, data }: Levels, frame: Region, fill: readonly number[]): Levels {
  const length = frame.width * frame.height * channels
  const out = data instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length)
  if (fill.some((level) => level !== 0)) for (let i = 0; i < length; i++) out[i] = fill[i % channels] ?? fill[0] ?? 0
  for (let y = 0; y < height; y++) {
    out.set(data.subarray(y * width * channels, (y + 1) * width * channels), ((y + frame.y) * frame.width + frame.x) * channels)
  }
  return { width: frame.width, height: frame.height, channels, data: out }
}

/** A larger picture whose frame mirrors this one, without its edge (`reflect`) or with it (`symmetric`). */
export function mirrored({ width, height, channels, data }: Levels, frame: Region, mode: 'reflect' | 'symmetric'): Levels {
  const length = frame.width * frame.height * channels
  const out = data instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length)
  const xs = Array.from({ length: frame.width }, (_, x) => folded(x - frame.x, width, mode))
  const ys = Array.from({ length: frame.height }, (_, y) => folded(y - frame.y, height, mode))
  let o = 0
  for (const y of ys) {
    for (const x of xs) {
      const i = (y * width + x) * channels
      for (let c = 0; c < channels; c++) out[o++] = data[i + c] as number
    }
  }
  return { width: frame.width, height: frame.height, channels, data: out }
}

/** A place beyond the picture, folded back at its edges as often as needed. */
export function folded(place: number, length: number, mode: 'reflect' | 'symmetric'): number {
  if (length === 1) return 0
  const period = mode === 'reflect' ? 2 * length - 2 : 2 * length
  const at = ((place % period) + period) % period
  if (at < length) return at
  return mode === 'reflect' ? period - at : period - 1 - at
}
