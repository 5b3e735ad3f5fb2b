/** @file BMP, the bitmaps of Windows: 1 to 32 bits a pixel, palettes, masks, run lengths. Codecs that read photos leave it out. */
import type { Pixels } from '../core/pixels.ts'

/** What is wrong with a file: "is cut off". */
type Fail = (fault: string) => Error

interface Header {
  width: number
  height: number
  /** Rows come last to first, as is usual. */
  bottomUp: boolean
  bits: number
  compression: number
  /** Where the colours of the palette begin, and how many bytes each has. */
  palette: { at: number; entry: 3 | 4; count: number }
  masks: readonly [red: number, green: number, blue: number, alpha: number]
  data: number
}

// BI_RGB, BI_RLE8, BI_RLE4, BI_BITFIELDS, BI_ALPHABITFIELDS
const [plain, rle8, rle4, masked, alphaMasked] = [0, 1, 2, 3, 6]

/** Whether bytes begin as a BMP does. */
export function isBmp(bytes: Uint8Array): boolean {
  const header = bytes[14] ?? 0
  return (
    bytes[0] === 0x42 && bytes[1] === 0x4d && bytes.length >= 26 && bytes[15] === 0 && [12, 16, 40, 52, 56, 64, 108, 124].includes(header)
  )
}

/**
 * The pixels of a BMP file: RGB, or RGBA where the file has a mask for its transparency.
 *
 * @param check refuses a size before anything of that size is made
 */
export function decodeBmp(bytes: Uint8Array, check: (width: number, height: number) => void, fail: Fail): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const header = headerOf(view, fail)
  const { width, height, bits, compression } = header
  check(width, height)
  const stride = ((bits * width + 31) >>> 5) * 4
  const packed = compression === rle8 || compression === rle4
  if (!packed && header.data + stride * height > bytes.length) throw fail('is cut off')
  const rowAt = (y: number): number => header.data + stride * (header.bottomUp ? height - 1 - y : y)
  if (bits > 8) return ofColours(view, header, rowAt)
  const indices = packed ? unpacked(bytes, header, fail) : ofBits(bytes, header, rowAt)
  const { at, entry, count } = header.palette
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number
    // what the palette lacks stays black
    if (index < count) for (let c = 0; c < 3; c++) data[3 * i + c] = bytes[at + entry * index + 2 - c] ?? 0
  }
  return { width, height, channels: 3, data }
}

function headerOf(view: DataView, fail: Fail): Header {
  const size = view.getUint32(14, true)
  if (view.byteLength < 14 + size) throw fail('is cut off')
  const small = size === 12
  const [width, rows] = small ? [view.getUint16(18, true), view.getInt16(20, true)] : [view.getInt32(18, true), view.getInt32(22, true)]
  const bits = view.getUint16(small ? 24 : 28, true)
  const compression = size >= 40 ? view.getUint32(30, true) : plain
  const height = Math.abs(rows)
  if (width <= 0 || height === 0) throw fail(`has the size ${width}×${rows}`)
  const known = compression === rle8 ? [8] : compression === rle4 ? [4] : compression === plain ? [1, 4, 8, 16, 24, 32] : [16, 32]
  if (![plain, rle8, rle4, masked, alphaMasked].includes(compression) || !known.includes(bits))
    throw fail(`has ${bits} bits a pixel in the compression ${compression}, which is not read`)
  const isMasked = compression === masked || compression === alphaMasked
  // a header of 40 bytes has its masks behind it
  const masksBehind = size === 40 && isMasked ? (compression === masked ? 12 : 16) : 0
  if (view.byteLength < 14 + size + masksBehind) throw fail('is cut off')
  const mask = (i: number): number => (14 + 40 + 4 * i + 4 <= 14 + size + masksBehind ? view.getUint32(54 + 4 * i, true) : 0)
  const usual = bits === 16 ? ([0x7c00, 0x3e0, 0x1f, 0] as const) : ([0xff0000, 0xff00, 0xff, 0] as const)
  const entry = small ? 3 : 4
  const at = 14 + size + masksBehind
  const listed = size >= 40 ? view.getUint32(46, true) : 0
  const count = Math.min(listed === 0 ? 2 ** Math.min(bits, 8) : listed, 256, Math.max(0, Math.floor((view.byteLength - at) / entry)))
  return {
    ...{ width, height, bottomUp: rows > 0, bits, compression, data: view.getUint32(10, true) },
    palette: { at, entry, count },
    masks: isMasked ? [mask(0), mask(1), mask(2), mask(3)] : usual,
  }
}

/** 16, 24 and 32 bits: each colour is a part of the pixel's number, spread to 0 … 255. */
function ofColours(view: DataView, { width, height, bits, masks }: Header, rowAt: (y: number) => number): Pixels {
  const channels = masks[3] === 0 ? 3 : 4
  const data = new Uint8Array(width * height * channels)
  const parts = masks.slice(0, channels).map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
    return { mask, shift, most: mask >>> shift }
  })
  let o = 0
  for (let y = 0; y < height; y++) {
    const row = rowAt(y)
    for (let x = 0; x < width; x++) {
      const at = row + (x * bits) / 8
      const pixel =
        bits === 16
          ? view.getUint16(at, true)
          : bits === 24
            ? view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
            : view.getUint32(at, true)
      for (const { mask, shift, most } of parts) data[o++] = most === 0 ? 0 : Math.floor((((pixel & mask) >>> shift) * 255) / most)
    }
  }
  return { width, height, channels, data }
}

function ofBits(bytes: Uint8Array, { width, height, bits }: Header, rowAt: (y: number) => number): Uint8Array {
  const indices = new Uint8Array(width * height)
  const each = 8 / bits
  for (let y = 0; y < height; y++) {
    const row = rowAt(y)
    for (let x = 0; x < width; x++) {
      const byte = bytes[row + Math.floor(x / each)] as number
      indices[y * width + x] = (byte >> (8 - bits * ((x % each) + 1))) & (2 ** bits - 1)
    }
  }
  return indices
}

/** Run lengths: n × one byte, or 0 and: end of a row, end, a step, or n bytes as they are. */
function unpacked(bytes: Uint8Array, { width, height, bottomUp, bits, data }: Header, fail: Fail): Uint8Array {
  const indices = new Uint8Array(width * height)
  let [at, x, y] = [data, 0, 0]
  const put = (index: number): void => {
    if (x < width && y < height) indices[(bottomUp ? height - 1 - y : y) * width + x] = index
    x++
  }
  const nibble = (byte: number, i: number): number => (bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15)
  while (y < height) {
    if (at + 2 > bytes.length) throw fail('is cut off')
    const [count, value] = [bytes[at] as number, bytes[at + 1] as number]
    at += 2
    if (count > 0) for (let i = 0; i < count; i++) put(nibble(value, i))
    else if (value === 0) [x, y] = [0, y + 1]
    else if (value === 1) break
    else if (value === 2) {
      x += bytes[at] ?? 0
      y += bytes[at + 1] ?? 0
      at += 2
    } else {
      const length = bits === 8 ? value : (value + 1) >> 1
      if (at + length > bytes.length) throw fail('is cut off')
      for (let i = 0; i < value; i++) put(nibble(bytes[at + (bits === 8 ? i : i >> 1)] as number, i))
      at += length + (length % 2)
    }
  }
  return indices
}
