/** @file OpenCV's INTER_LINEAR on bytes, in its own fixed point: weights of 11 bits, rows cut to 16 bits before they are mixed. */
import type { Region } from '../core/pixels.ts'
import type { Levels } from './levels.ts'

const one = 2048

/** The two neighbours of each output and their weights; a place beyond the edge is the edge. */
interface Pairs {
  low: Int32Array
  high: Int32Array
  lowWeight: Int32Array
  highWeight: Int32Array
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

/** @param clamps whether a place beyond the edge has all of its weight on the edge; rows keep theirs, and read the edge twice */
function pairsOf(inSize: number, outSize: number, from: number, length: number, clamps: boolean): Pairs {
  const scale = inSize / outSize
  const pairs: Pairs = {
    low: new Int32Array(length),
    high: new Int32Array(length),
    lowWeight: new Int32Array(length),
    highWeight: new Int32Array(length),
  }
  for (let i = 0; i < length; i++) {
    const place = Math.fround((from + i + 0.5) * scale - 0.5)
    const low = Math.floor(place)
    const beyond = clamps && (low < 0 || low >= inSize - 1)
    const part = beyond ? 0 : Math.fround(place - low)
    pairs.low[i] = Math.min(inSize - 1, Math.max(0, low))
    pairs.high[i] = Math.min(inSize - 1, Math.max(0, low + 1))
    pairs.lowWeight[i] = roundHalfEven(Math.fround(Math.fround(1 - part) * one))
    pairs.highWeight[i] = roundHalfEven(Math.fround(part * one))
  }
  return pairs
}

/** Resizes bytes; only `part` of the result is computed. */
export function resizeOpenCv(levels: Levels, width: number, height: number, part: Region): Levels & { data: Uint8Array } {
  const { channels, data } = levels
  const columns = pairsOf(levels.width, width, part.x, part.width, true)
  const rows = pairsOf(levels.height, height, part.y, part.height, false)
  const stride = part.width * channels
  const out = new Uint8Array(stride * part.height)
  // rows are resized in width once, though two outputs read them
  const kept = new Map<number, Int32Array>()
  const narrow = (row: number): Int32Array => {
    const known = kept.get(row)
    if (known) return known
    const made = new Int32Array(stride)
    const start = row * levels.width * channels
    for (let x = 0, o = 0; x < part.width; x++) {
      const [a, b] = [start + (columns.low[x] as number) * channels, start + (columns.high[x] as number) * channels]
      const [p, q] = [columns.lowWeight[x] as number, columns.highWeight[x] as number]
      for (let c = 0; c < channels; c++, o++) made[o] = ((data[a + c] as number) * p + (data[b + c] as number) * q) >> 4
    }
    kept.set(row, made)
    return made
  }
  for (let y = 0; y < part.height; y++) {
    const [low, high] = [rows.low[y] as number, rows.high[y] as number]
    const [a, b] = [narrow(low), narrow(high)]
    for (const row of kept.keys()) if (row < low) kept.delete(row)
    const [p, q] = [rows.lowWeight[y] as number, rows.highWeight[y] as number]
    for (let i = 0, o = y * stride; i < stride; i++, o++)
      out[o] = ((((a[i] as number) * p) >> 16) + (((b[i] as number) * q) >> 16) + 2) >> 2
  }
  return { width: part.width, height: part.height, channels, data: out }
}
