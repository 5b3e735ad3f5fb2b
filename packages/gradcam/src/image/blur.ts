/** @file A blurred image, which shows colours and light and no shapes; and the mean of each of its channels. */
import type { ImageValues } from '../core/pixels.ts'

/**
 * A Gaussian blur of an image [C, H, W], of standard deviation `sigma` pixels and cut off at three of them; beyond the border
 * the outermost pixels are repeated.
 */
export function blurred({ data, height, width }: ImageValues, sigma: number): Float32Array {
  const reach = Math.ceil(3 * sigma)
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const along = (from: Float32Array, length: number, step: number, start: (line: number) => number): Float32Array => {
    const to = new Float32Array(from.length)
    for (let line = 0; line < from.length / length; line++) {
      const first = start(line)
      for (let i = 0; i < length; i++) {
        let sum = 0
        for (let k = -reach; k <= reach; k++) {
          const at = Math.min(Math.max(i + k, 0), length - 1)
          sum += (weights[k + reach] as number) * (from[first + at * step] as number)
        }
        to[first + i * step] = sum / total
      }
    }
    return to
  }
  const rows = along(data, width, 1, (line) => line * width)
  return along(rows, height, width, (line) => Math.floor(line / width) * height * width + (line % width))
}

/** The mean of one channel. */
export function channelMean({ data, height, width }: ImageValues, channel: number): number {
  const places = height * width
  return data.subarray(channel * places, (channel + 1) * places).reduce((sum, value) => sum + value, 0) / places
}
