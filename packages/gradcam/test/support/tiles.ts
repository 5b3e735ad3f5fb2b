/** @file The picture of the slimmed networks: coloured tiles of 8×8 and noise, as scripts/slim/slim.py makes it. */
import { float32, type Tensor } from '../../src/core/tensor.ts'

/** A number of 0…255 of some whole numbers. */
function mixed(...values: readonly number[]): number {
  let h = 2166136261
  for (const value of values) h = Math.imul(h ^ value, 16777619) >>> 0
  h = (h ^ (h >>> 15)) >>> 0
  h = Math.imul(h, 2246822519) >>> 0
  return ((h ^ (h >>> 13)) >>> 8) & 255
}

/** [1, 3, H, W], or [1, H, W, 3], in −1…1. */
export function tiles(height: number, width: number, layout: 'nchw' | 'nhwc'): Tensor {
  const data = new Float32Array(3 * height * width)
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const value = 3 * mixed(c, y >> 3, x >> 3) + mixed(c + 7, y, x)
        data[layout === 'nchw' ? (c * height + y) * width + x : (y * width + x) * 3 + c] = (value - 510) / 510
      }
  return float32(data, layout === 'nchw' ? [1, 3, height, width] : [1, height, width, 3])
}
