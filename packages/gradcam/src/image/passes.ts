/** @file Two passes over 8-bit pixels in fixed-point arithmetic, rounded and clipped: Pillow's with 22 bits of fraction, torchvision's with as many as fit into 16. */
import type { Weights } from './filter.ts'
import type { Pixels } from '../core/pixels.ts'

// 8 bits of value, 2 bits of headroom for overshoot and sign, the rest of an int32 for the fraction
export const pillowBits = 32 - 8 - 2

/** As many bits of fraction as leave the largest weight below 2¹⁵. */
export function bitsOf16({ weights }: Weights): number {
  const largest = weights.reduce((a, b) => Math.max(a, b), 0)
  let bits = 0
  while (bits < 22 && Math.trunc(0.5 + largest * 2 ** (bits + 1)) < 2 ** 15) bits++
  return bits
}

const clip8 = (sum: number, bits: number): number => {
  const value = sum >> bits
  return value < 0 ? 0 : value > 255 ? 255 : value
}

/** Weights as fixed-point integers, rounded half away from zero. */
function fixed({ weights }: Weights, bits: number): Int32Array {
  const out = new Int32Array(weights.length)
  for (let i = 0; i < out.length; i++) {
    const w = (weights[i] ?? 0) * (1 << bits)
    out[i] = w < 0 ? w - 0.5 : w + 0.5 // storing truncates
  }
  return out
}

/** Rows `top` … `top + rows - 1` of `data`, resized in width. `width` pixels of `channels` values make a row. */
export function across(
  data: Pixels['data'],
  width: number,
  top: number,
  rows: number,
  channels: number,
  w: Weights,
  bits = pillowBits,
): Uint8Array {
  if (channels === 3) return acrossRgb(data, width, top, rows, w, bits)
  const size = w.first.length
  const k = fixed(w, bits)
  const out = new Uint8Array(size * rows * channels)
  let o = 0
  for (let y = 0; y < rows; y++) {
    const row = (top + y) * width * channels
    for (let x = 0; x < size; x++) {
      const i = row + (w.first[x] as number) * channels
      const start = x * w.span
      for (let c = 0; c < channels; c++) {
        let sum = 1 << (bits - 1)
        for (let t = 0; t < (w.count[x] as number); t++) {
          sum = (sum + Math.imul(data[i + c + t * channels] as number, k[start + t] as number)) | 0
        }
        out[o++] = clip8(sum, bits)
      }
    }
  }
  return out
}

/** The same for RGB, where nearly all the time goes: two rows at once, which halves it. */
function acrossRgb(data: Pixels['data'], width: number, top: number, rows: number, w: Weights, bits: number): Uint8Array {
  const { first, count, span } = w
  const size = first.length
  const k = fixed(w, bits)
  const out = new Uint8Array(size * rows * 3)
  for (let y = 0; y < rows; y += 2) {
    const row = (top + y) * width * 3
    // the last of an odd number of rows is paired with itself
    const toNext = y + 1 < rows ? width * 3 : 0
    const outToNext = y + 1 < rows ? size * 3 : 0
    let o = y * size * 3
    for (let x = 0; x < size; x++, o += 3) {
      let i = row + (first[x] as number) * 3
      let j = i + toNext
      let r0 = 1 << (bits - 1)
      let g0 = r0
      let b0 = r0
      let r1 = r0
      let g1 = r0
      let b1 = r0
      const start = x * span
      const end = start + (count[x] as number)
      for (let t = start; t < end; t++, i += 3, j += 3) {
        const weight = k[t] as number
        r0 = (r0 + Math.imul(data[i] as number, weight)) | 0
        g0 = (g0 + Math.imul(data[i + 1] as number, weight)) | 0
        b0 = (b0 + Math.imul(data[i + 2] as number, weight)) | 0
        r1 = (r1 + Math.imul(data[j] as number, weight)) | 0
        g1 = (g1 + Math.imul(data[j + 1] as number, weight)) | 0
        b1 = (b1 + Math.imul(data[j + 2] as number, weight)) | 0
      }
      out[o] = clip8(r0, bits)
      out[o + 1] = clip8(g0, bits)
      out[o + 2] = clip8(b0, bits)
      out[o + outToNext] = clip8(r1, bits)
      out[o + outToNext + 1] = clip8(g1, bits)
      out[o + outToNext + 2] = clip8(b1, bits)
    }
  }
  return out
}

/** One vertical pass; `data` begins at row `top` of the image that `w` was made for. `stride` values make a row. */
export function down(data: Pixels['data'], stride: number, top: number, w: Weights, bits = pillowBits): Uint8Array {
  const size = w.first.length
  const k = fixed(w, bits)
  const out = new Uint8Array(stride * size)
  const sums = new Int32Array(stride)
  for (let y = 0; y < size; y++) {
    sums.fill(1 << (bits - 1))
    for (let t = 0; t < (w.count[y] as number); t++) {
      const weight = k[y * w.span + t] as number
      const row = ((w.first[y] as number) - top + t) * stride
      for (let i = 0; i < stride; i++) sums[i] = (sums[i] as number) + Math.imul(data[row + i] as number, weight)
    }
    for (let i = 0; i < stride; i++) out[y * stride + i] = clip8(sums[i] as number, bits)
  }
  return out
}
