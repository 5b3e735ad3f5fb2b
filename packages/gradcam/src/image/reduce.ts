/** @file Shrinking by whole factors, each block of pixels to its mean: Pillow's `Image.reduce`. */
import type { Size } from '../core/pixels.ts'
import type { Levels } from './levels.ts'

/** Bytes whose blocks of `factor` pixels became one, rounded; blocks at the right and the bottom may be smaller. */
export function reduced({ width, height, channels, data }: Levels, factor: Size): Levels {
  const size = { width: Math.ceil(width / factor.width), height: Math.ceil(height / factor.height) }
  const out = new Uint8Array(size.width * size.height * channels)
  let o = 0
  for (let y = 0; y < size.height; y++) {
    const bottom = Math.min(height, (y + 1) * factor.height)
    for (let x = 0; x < size.width; x++) {
      const right = Math.min(width, (x + 1) * factor.width)
      const count = (bottom - y * factor.height) * (right - x * factor.width)
      const inverse = Math.floor(2 ** 24 / count) // Pillow divides in fixed point
      for (let c = 0; c < channels; c++) {
        let sum = Math.floor(count / 2)
        for (let row = y * factor.height; row < bottom; row++) {
          for (let column = x * factor.width; column < right; column++) sum += data[(row * width + column) * channels + c] as number
        }
        out[o++] = Math.floor((sum * inverse) / 2 ** 24)
      }
    }
  }
  return { ...size, channels, data: out }
}
