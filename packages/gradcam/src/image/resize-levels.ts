/** @file Resizing with fractions of levels: filters of PyTorch, OpenCV and scikit-image, and Pillow's without its rounding. */
import type { Region } from '../core/pixels.ts'
import type { Filter, PointFilter } from '../model/preprocessing.ts'
import { filterWeights, nearestIndices, type Weights } from './filter.ts'
import type { Levels } from './levels.ts'
import { across as acrossBytes, bitsOf16, down as downBytes } from './passes.ts'
import { pointWeights } from './point-filter.ts'

const points: ReadonlySet<Filter> = new Set<Filter>(['linear', 'opencv-linear', 'cubic', 'linear-corners', 'cubic-corners', 'gauss-linear'])

export const isPointFilter = (filter: Filter): filter is PointFilter => points.has(filter)

function nearestWeights(from: number, to: number, start: number, length: number): Weights {
  return {
    first: nearestIndices(from, to, start, length),
    count: new Int32Array(length).fill(1),
    span: 1,
    weights: new Float64Array(length).fill(1),
  }
}

function weightsOf(from: number, to: number, filter: Filter, start: number, length: number): Weights {
  if (isPointFilter(filter)) return pointWeights(from, to, filter, start, length)
  return filter === 'nearest' ? nearestWeights(from, to, start, length) : filterWeights(from, to, filter, start, length)
}

/** Rows `top` … of `data`, resized in width. */
function across(data: Levels['data'], width: number, top: number, rows: number, channels: number, w: Weights): Float32Array {
  const size = w.first.length
  const out = new Float32Array(size * rows * channels)
  let o = 0
  for (let y = 0; y < rows; y++) {
    const row = (top + y) * width * channels
    for (let x = 0; x < size; x++) {
      const start = x * w.span
      const count = w.count[x] as number
      for (let c = 0; c < channels; c++) {
        let i = row + (w.first[x] as number) * channels + c
        let sum = 0
        for (let t = 0; t < count; t++, i += channels) sum += (data[i] as number) * (w.weights[start + t] as number)
        out[o++] = sum
      }
    }
  }
  return out
}

/** One vertical pass; `data` begins at row `top`. */
function down(data: Levels['data'], stride: number, top: number, w: Weights): Float32Array {
  const size = w.first.length
  const out = new Float32Array(stride * size)
  const sums = new Float64Array(stride)
  for (let y = 0; y < size; y++) {
    sums.fill(0)
    for (let t = 0; t < (w.count[y] as number); t++) {
      const weight = w.weights[y * w.span + t] as number
      const row = ((w.first[y] as number) - top + t) * stride
      for (let i = 0; i < stride; i++) sums[i] = (sums[i] as number) + (data[row + i] as number) * weight
    }
    out.set(sums, y * stride)
  }
  return out
}

/** The rows that a vertical pass reads. */
function rowsOf({ first, count }: Weights): [top: number, rows: number] {
  let top = Number.POSITIVE_INFINITY
  let bottom = 0
  for (let y = 0; y < first.length; y++) {
    top = Math.min(top, first[y] as number)
    bottom = Math.max(bottom, (first[y] as number) + (count[y] as number))
  }
  return [top, bottom - top]
}

/** Resizes bytes as torchvision does; only `part` of the result is computed. */
export function resizeBytes16(
  levels: Levels & { data: Uint8Array | Uint8ClampedArray },
  width: number,
  height: number,
  filter: Filter,
  part: Region,
): Levels {
  const { channels } = levels
  const rows = weightsOf(levels.height, height, filter, part.y, part.height)
  const columns = weightsOf(levels.width, width, filter, part.x, part.width)
  const [top, count] = rowsOf(rows)
  const sameWidth = width === levels.width && part.width === width
  const narrow = sameWidth ? levels.data : acrossBytes(levels.data, levels.width, top, count, channels, columns, bitsOf16(columns))
  const data = downBytes(narrow, part.width * channels, sameWidth ? 0 : top, rows, bitsOf16(rows))
  return { width: part.width, height: part.height, channels, data }
}

/** Resizes without rounding; only `part` of the result is computed. */
export function resizeLevels(levels: Levels, width: number, height: number, filter: Filter, part: Region): Levels & { data: Float32Array } {
  const { channels } = levels
  const rows = weightsOf(levels.height, height, filter, part.y, part.height)
  const [top, count] = rowsOf(rows)
  const columns = weightsOf(levels.width, width, filter, part.x, part.width)
  const narrow = across(levels.data, levels.width, top, count, channels, columns)
  return { width: part.width, height: part.height, channels, data: down(narrow, part.width * channels, top, rows) }
}
