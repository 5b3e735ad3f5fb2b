/** @file Sums rows into the places that they were taken from: scatter-add out of operators that every execution provider has. */
import type { ElementType } from '../../core/tensor.ts'
import type { Builder } from '../../graph/emit.ts'
import { type Dim, type Value, times } from '../../graph/graph.ts'

// a 0/1 matrix above this many elements costs more than gathering a few times
const largestMatrix = 2 ** 22

/** Product of dimensions; of free ones the name. */
export const product = (dims: readonly Dim[]): Dim =>
  dims.reduce<Dim>((total, dim) => {
    if (typeof dim === 'number') return times(total, dim)
    return typeof total === 'number' ? times(dim, total) : `${total}*${dim}`
  }, 1)

/** [K, size]: row k is 1 at places[k], else 0. */
export function selectionMatrix(g: Builder, places: readonly number[], size: number, type: ElementType): Value {
  const matrix = new Float32Array(places.length * size)
  for (const [k, place] of places.entries()) matrix[k * size + place] = 1
  return g.floats(matrix, [places.length, size], type)
}

/** [a, K, b] to [a, size, b]: row k is added to the place index[k], 0 ≤ index[k] < size. */
export function scatterRows(g: Builder, rows: Value, index: readonly number[], size: number): Value {
  const [outer, count, inner] = rows.shape as [Dim, number, Dim]
  if (count === 0) return g.expand(g.floats([0], [1, 1, 1], rows.type), [outer, size, inner])
  const first = index[0] as number
  if (index.every((place, k) => place === first + k)) return g.pad(rows, [0, first, 0], [0, size - first - count, 0])
  // rounds[r][place]: the r-th row that goes to the place
  const rounds: number[][] = []
  const seen = new Array<number>(size).fill(0)
  index.forEach((place, k) => {
    const round = seen[place] as number
    seen[place] = round + 1
    ;(rounds[round] ??= new Array<number>(size).fill(count))[place] = k
  })
  if (rounds.length > 4 && size * count <= largestMatrix) {
    return g.matmul(g.transpose(selectionMatrix(g, index, size, rows.type), [1, 0]), rows)
  }
  // a row of zeros stands behind the last one, for places that nothing goes to
  const gaps = rounds.some((round) => round.includes(count))
  const source = gaps ? g.pad(rows, [0, 0, 0], [0, 1, 0]) : rows
  return g.total(rounds.map((round) => g.gather(source, g.int64(round), 1)))
}

/** The same for an index that is computed: float whole numbers, [K] or [a, K]. */
export function scatterComputedRows(g: Builder, rows: Value, index: Value, size: Dim): Value {
  const lying = g.reshape(index, [...index.shape.slice(0, -1), 1, index.shape.at(-1) as Dim])
  return g.matmul(g.mask(g.equal(lying, counted(g, size)), rows.type), rows)
}

/** 0, 1, 2, … as float32 [size, 1] */
function counted(g: Builder, size: Dim): Value {
  if (typeof size === 'number') return g.iota([size, 1], 'float32')
  const limit = g.reshape(g.shapeVector([size]), [])
  const [from, step] = [0, 1].map((value) => g.constant({ type: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) }))
  const range = g.node('Range', [from, limit, step], { type: 'int64', shape: [size] })
  return g.reshape(g.cast(range, 'float32'), [size, 1])
}

/** Computed positions counted from the start, where negative ones count from the end; as floats: exact up to 2²⁴, and comparable in every opset. */
export function wrappedIndices(g: Builder, indices: Value, size: Value | number): Value {
  const index = g.cast(indices, 'float32')
  return g.where(g.less(index, 0), g.add(index, size), index)
}
