/** @file Non-negative matrix factorisation: V ≈ W·H with nothing below zero. */
import { type Random, randomOf } from '../../core/random.ts'

export interface Factorization {
  /** [rows, rank] */
  w: Float64Array
  /** [rank, columns] */
  h: Float64Array
  /** ‖V − W·H‖ / ‖V‖ */
  error: number
  iterations: number
}

export interface FactorizationOptions {
  rank: number
  iterations: number
  /** Ends when an iteration lowers the relative error by less than this part of it. */
  tolerance: number
  seed: number
}

/** Hierarchical alternating least squares (Cichocki and Phan 2009), from a random start. V [rows, columns], row by row, ≥ 0. */
export function factorize(v: Float64Array, rows: number, columns: number, options: FactorizationOptions): Factorization {
  const { rank, iterations, tolerance, seed } = options
  const square = v.reduce((sum, value) => sum + value ** 2, 0)
  const scale = Math.sqrt(v.reduce((sum, value) => sum + value, 0) / v.length / rank)
  const random = randomOf(seed)
  const w = filled(random, rows * rank, scale)
  const h = filled(random, rank * columns, scale)
  const transposed = transpose(v, rows, columns)
  if (square === 0) return { w, h, error: 0, iterations: 0 }
  let [error, done] = [1, 0]
  while (done < iterations) {
    improve(w, h, transposed, { rank, rows, columns })
    const ht = transpose(h, rank, columns)
    const wt = transpose(w, rows, rank)
    const { products, gram } = improve(ht, wt, v, { rank, rows: columns, columns: rows })
    h.set(transpose(ht, columns, rank))
    w.set(transpose(wt, rank, rows))
    done++
    const now = Math.sqrt(Math.max(0, residual(square, wt, products, gram, { rank, columns: rows })) / square)
    const small = error - now < tolerance * error
    error = now
    if (small) break
  }
  return { w, h, error, iterations: done }
}

interface Sizes {
  rank: number
  rows: number
  columns: number
}

/** One round over the rows of `h` [rank, columns] for fixed `w` [rows, rank]; `vt` [columns, rows]. */
function improve(
  w: Float64Array,
  h: Float64Array,
  vt: Float64Array,
  { rank, rows, columns }: Sizes,
): { products: Float64Array; gram: Float64Array } {
  const products = new Float64Array(rank * columns) // wᵀ·v
  const gram = new Float64Array(rank * rank) // wᵀ·w
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++) {
      const value = vt[column * rows + row] as number
      if (value !== 0)
        for (let k = 0; k < rank; k++)
          products[k * columns + column] = (products[k * columns + column] as number) + value * (w[row * rank + k] as number)
    }
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < rank; k++)
      for (let j = 0; j < rank; j++)
        gram[k * rank + j] = (gram[k * rank + j] as number) + (w[row * rank + k] as number) * (w[row * rank + j] as number)
  for (let k = 0; k < rank; k++) {
    const own = gram[k * rank + k] as number
    if (own === 0) continue
    for (let column = 0; column < columns; column++) {
      let rest = products[k * columns + column] as number
      for (let j = 0; j < rank; j++) rest -= (gram[k * rank + j] as number) * (h[j * columns + column] as number)
      h[k * columns + column] = Math.max(0, (h[k * columns + column] as number) + rest / own)
    }
  }
  return { products, gram }
}

/** ‖V‖² − 2⟨wᵀv, h⟩ + ⟨wᵀw, h·hᵀ⟩ */
function residual(
  square: number,
  h: Float64Array,
  products: Float64Array,
  gram: Float64Array,
  sizes: Pick<Sizes, 'rank' | 'columns'>,
): number {
  const { rank, columns } = sizes
  let total = square
  for (let i = 0; i < h.length; i++) total -= 2 * (products[i] as number) * (h[i] as number)
  for (let k = 0; k < rank; k++)
    for (let j = 0; j < rank; j++) {
      let product = 0
      for (let i = 0; i < columns; i++) product += (h[k * columns + i] as number) * (h[j * columns + i] as number)
      total += (gram[k * rank + j] as number) * product
    }
  return total
}

function filled(random: Random, length: number, scale: number): Float64Array {
  return Float64Array.from({ length }, () => scale * random.uniform())
}

function transpose(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column] as number
  return out
}
