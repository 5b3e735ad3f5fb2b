/** @file The part of a page that is not empty. */
import type { Region } from '../core/pixels.ts'
import { luminance } from './convert.ts'
import type { Levels } from './levels.ts'

/** The smallest rectangle around all that is darker than `below`, on a scale 0 … 255 from the darkest to the lightest grey of the picture. */
export function darkPart({ width, height, channels, data }: Levels, below: number): Region {
  const grey = (i: number): number =>
    channels === 1 ? (data[i] as number) : luminance(data[i * 3] as number, data[i * 3 + 1] as number, data[i * 3 + 2] as number)
  let low = 255
  let high = 0
  for (let i = 0; i < width * height; i++) {
    const level = grey(i)
    low = Math.min(low, level)
    high = Math.max(high, level)
  }
  if (high === low) return { x: 0, y: 0, width, height }
  let [left, top, right, bottom] = [width, height, -1, -1]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (((grey(y * width + x) - low) / (high - low)) * 255 >= below) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}
