/** @file The masks of RISE: few random cells, smoothed and shifted; as nodes, and summed up without ever being drawn. */
import type { Size } from '../../core/pixels.ts'
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import { interpolation } from '../../image/interpolation.ts'

export interface MaskGeometry extends Size {
  /** Cells along each side. */
  cells: number
  /** Size of a cell in pixels: shifts are below it. */
  cellHeight: number
  cellWidth: number
  /** Bilinear upsampling of the cells, [(cells + 1) · size of a cell, cells]; a mask is cut out of it. */
  rows: Float32Array
  columns: Float32Array
}

/** As in the authors' code: a cell is the image's side over the number of cells, rounded up. */
export function maskGeometry(height: number, width: number, cells: number): MaskGeometry {
  const [cellHeight, cellWidth] = [Math.ceil(height / cells), Math.ceil(width / cells)]
  const upsampling = (size: number): Float32Array => interpolation(cells, (cells + 1) * size, 'bilinear')
  return { height, width, cells, cellHeight, cellWidth, rows: upsampling(cellHeight), columns: upsampling(cellWidth) }
}

/** Masks [N, 1, H, W] from cells [N, cells, cells] and shifts [N, 2] (rows, columns): two matrix products. */
export function maskNodes(g: Builder, geometry: MaskGeometry, cells: Value, shift: Value): Value {
  const { height, width, cells: side } = geometry
  const batch = shift.shape[0] ?? 1
  const cut = (matrix: Float32Array, length: number, axis: number): Value => {
    const from = g.cast(g.slice(shift, 1, axis, axis + 1), 'int32') // [N, 1]
    const places = g.constant({ type: 'int32', dims: [1, length], data: Int32Array.from({ length }, (_, i) => i) })
    return g.gather(g.floats(matrix, [matrix.length / side, side], 'float32'), g.add(from, places), 0) // [N, length, cells]
  }
  const columns = g.transpose(cut(geometry.columns, width, 1), [0, 2, 1])
  return g.reshape(g.matmul(cut(geometry.rows, height, 0), g.matmul(cells, columns)), [batch, 1, height, width])
}

/** Σ y·M over masks. */
export interface MaskSum {
  count: number
  /** Adds a mask, given by its cells and its shift. */
  add(cells: Float32Array, shiftRows: number, shiftColumns: number, y: number): void
  /** The sum, float64 [H, W] row by row. */
  total(): Float64Array
}

/** Masks of equal shift are added up as cells; only sums are upsampled. */
export function createMaskSum(geometry: MaskGeometry): MaskSum {
  const { cells: side, cellWidth } = geometry
  const byShift = new Map<number, Float64Array>()
  const sum: MaskSum = {
    count: 0,
    add(cells, shiftRows, shiftColumns, y) {
      const key = shiftRows * cellWidth + shiftColumns
      const known = byShift.get(key)
      const sums = known ?? new Float64Array(side * side)
      if (!known) byShift.set(key, sums)
      for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + y * (cells[i] as number)
      sum.count++
    },
    total: () => upsampledSum(geometry, byShift),
  }
  return sum
}

/** First along columns for each shift, then along rows for all shifts that share theirs. */
function upsampledSum(
  { height, width, cells: side, cellWidth, rows, columns }: MaskGeometry,
  byShift: Map<number, Float64Array>,
): Float64Array {
  const byRow = new Map<number, Float64Array>() // [cells, W] each
  for (const [key, sums] of byShift) {
    const [shiftRows, shiftColumns] = [Math.floor(key / cellWidth), key % cellWidth]
    const wide = byRow.get(shiftRows) ?? new Float64Array(side * width)
    byRow.set(shiftRows, wide)
    for (let x = 0; x < width; x++) {
      for (let b = 0; b < side; b++) {
        const weight = columns[(x + shiftColumns) * side + b] as number
        if (weight !== 0)
          for (let a = 0; a < side; a++) wide[a * width + x] = (wide[a * width + x] as number) + weight * (sums[a * side + b] as number)
      }
    }
  }
  const total = new Float64Array(height * width)
  for (const [shiftRows, wide] of byRow) {
    for (let y = 0; y < height; y++) {
      for (let a = 0; a < side; a++) {
        const weight = rows[(y + shiftRows) * side + a] as number
        if (weight !== 0)
          for (let x = 0; x < width; x++) total[y * width + x] = (total[y * width + x] as number) + weight * (wide[a * width + x] as number)
      }
    }
  }
  return total
}
