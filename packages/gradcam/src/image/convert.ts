/** @file Pixels of any channel count as RGB or as luminance. */
import { GradcamError } from '../core/errors.ts'
import type { Pixels } from '../core/pixels.ts'

/** Refuses pixels whose data do not fill their size. */
export function checkPixels(pixels: Pixels): void {
  const { width, height, channels, data } = pixels
  const valid =
    Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0 && (channels === 1 || channels === 3 || channels === 4)
  if (!valid || data.length !== width * height * channels) {
    throw new GradcamError('bad-tensor', `${data.length} bytes do not fill ${width}×${height} pixels of ${channels} channels`, {
      hint: 'give rows top to bottom, channels interleaved, one byte per value, 1, 3 or 4 channels',
    })
  }
}

/** RGB: grey is repeated, transparency is composed on white. RGB pixels are returned as they are. */
export function toRgb(pixels: Pixels): Pixels {
  checkPixels(pixels)
  const { width, height, channels, data } = pixels
  if (channels === 3) return pixels
  const out = new Uint8Array(width * height * 3)
  for (let i = 0, o = 0; o < out.length; i += channels, o += 3) {
    const white = channels === 4 ? 255 - (data[i + 3] as number) : 0
    for (let c = 0; c < 3; c++) {
      const value = data[channels === 1 ? i : i + c] as number
      out[o + c] = white === 0 ? value : Math.round((value * (255 - white)) / 255 + white)
    }
  }
  return { width, height, channels: 3, data: out }
}

/** Luminance of a level each of red, green and blue, as Pillow's `convert('L')`. */
export const luminance = (r: number, g: number, b: number): number => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16

/** Luminance by ITU-R 601-2 in 16-bit fixed point, as Pillow's `convert('L')`. */
export function toGrey(pixels: Pixels): Pixels {
  if (pixels.channels === 1) {
    checkPixels(pixels)
    return pixels
  }
  const { width, height, data } = toRgb(pixels)
  const out = new Uint8Array(width * height)
  for (let i = 0, o = 0; o < out.length; i += 3, o++) {
    out[o] = luminance(data[i] as number, data[i + 1] as number, data[i + 2] as number)
  }
  return { width, height, channels: 1, data: out }
}
