/** @file Text inside PNG files: iTXt chunks written after the header. */
import { badOption, GradcamError } from '../core/errors.ts'

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const headerEnd = 8 + 25 // signature, IHDR

/** CRC-32 of ISO 3309, as PNG's annex D gives it. */
const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff
  for (let i = 0; i < bytes.length; i++) c = (crcTable[(c ^ (bytes[i] as number)) & 0xff] as number) ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}

/** Length, type, data, CRC over type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, data.length)
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i)
  out.set(data, 8)
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)))
  return out
}

function textChunk(keyword: string, text: string): Uint8Array {
  // PNG 1.2, 4.2.3: 1–79 printable Latin-1 characters, no outer or double blanks; ASCII is enough for us
  if (!/^[!-~](?: ?[!-~])*$/.test(keyword) || keyword.length > 79) {
    throw badOption(
      `not a keyword for PNG text: ${JSON.stringify(keyword.slice(0, 60))}`,
      'use 1 to 79 ASCII characters with single blanks inside',
    )
  }
  // keyword, 0, not compressed, method 0, no language, no translated keyword, text
  const encoder = new TextEncoder()
  const head = encoder.encode(`${keyword}\0\0\0\0\0`)
  const body = encoder.encode(text.replaceAll('\0', ''))
  const data = new Uint8Array(head.length + body.length)
  data.set(head)
  data.set(body, head.length)
  return chunk('iTXt', data)
}

/**
 * A PNG with one iTXt chunk (UTF-8, not compressed) for each entry, after the header.
 *
 * @throws {GradcamError} `image-unreadable` when the bytes are no PNG, `bad-option` for a keyword that PNG forbids
 * @example withPngText(png, { Software: 'gradcam', Title: 'golden retriever' })
 */
export function withPngText(png: Uint8Array, text: Readonly<Record<string, string>>): Uint8Array {
  if (png.length < headerEnd || signature.some((byte, i) => png[i] !== byte)) {
    throw new GradcamError('image-unreadable', 'these bytes are not a PNG', { hint: 'text chunks exist in PNG files only' })
  }
  const chunks = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value))
  const out = new Uint8Array(chunks.reduce((n, one) => n + one.length, png.length))
  out.set(png.subarray(0, headerEnd))
  let at = headerEnd
  for (const one of chunks) {
    out.set(one, at)
    at += one.length
  }
  out.set(png.subarray(headerEnd), at)
  return out
}
