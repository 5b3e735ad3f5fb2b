/** @file Pixels to image files, with text in PNG. */
import { badOption } from '../core/errors.ts'
import type { Pixels } from '../core/pixels.ts'
import type { FigureFormat, Host } from '../host.ts'
import { withPngText } from './png-text.ts'

// what the formats themselves can hold
const longestSide: Readonly<Record<FigureFormat, number>> = { png: 2 ** 31 - 1, jpeg: 65_535, webp: 16_383 }

/** Encodes pixels; `text` is written into PNG files as iTXt chunks, other formats carry none. */
export async function encodeImage(
  host: Pick<Host, 'encode'>,
  pixels: Pixels,
  format: FigureFormat,
  text?: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  if (!Object.hasOwn(longestSide, format))
    throw badOption(`unknown image format: ${format}`, `one of ${Object.keys(longestSide).join(', ')}`)
  const { width, height } = pixels
  if (Math.max(width, height) > longestSide[format]) {
    throw badOption(
      `an image of ${width}×${height} pixels does not fit into ${format.toUpperCase()}`,
      'write a PNG, or give a smaller photo',
    )
  }
  const bytes = await host.encode(pixels, format)
  return format === 'png' && text ? withPngText(bytes, text) : bytes
}
