/** @file Text inside PNG files, read back. */
import { crc32 } from '../../src/image/png-text.ts'

/** The uncompressed iTXt and the tEXt entries of a PNG; damaged chunks end the reading. */
export function readPngText(png: Uint8Array): Record<string, string> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const found: [string, string][] = []
  for (let at = 8; at + 12 <= png.length; ) {
    const length = view.getUint32(at)
    if (at + 12 + length > png.length) break
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8))
    const data = png.subarray(at + 8, at + 8 + length)
    if (crc32(png.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) break
    const end = data.indexOf(0)
    const keyword = String.fromCharCode(...data.subarray(0, Math.max(0, Math.min(79, end))))
    if (type === 'tEXt' && end > 0) found.push([keyword, new TextDecoder('latin1').decode(data.subarray(end + 1))])
    if (type === 'iTXt' && end > 0 && data[end + 1] === 0) {
      const language = data.indexOf(0, end + 3)
      const translated = data.indexOf(0, language + 1)
      if (language > 0 && translated > 0) found.push([keyword, new TextDecoder().decode(data.subarray(translated + 1))])
    }
    at += 12 + length
  }
  return Object.fromEntries(found)
}
