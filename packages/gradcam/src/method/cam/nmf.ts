/** @file Non-negative matrix factorisation: V ≈ W·H with nothing below zero. */
import { product } from '../../core/numbers.ts'
import { randomOf } from '../../core/random.ts'

export interface Factorization {
  /** Wᵀ, [rank, rows] */
  wt: Float64Array
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
  const filled = (length: number): Float64Array => Float64Array.from({ length }, () => scale * random.uniform())
  const wt = transpose(filled(rows * rank), rows, rank)
  const h = filled(rank * columns)
  if (square === 0) return { wt, h, error: 0, iterations: 0 }
  const vt = transpose(v, rows, columns)
  let [error, done] = [1, 0]
  while (done < iterations) {
    improve(h, wt, vt, rows)
    const { products, gram } = improve(wt, h, v, columns)
    done++
    // ‖V‖² − 2⟨h·vᵀ, wᵀ⟩ + ⟨h·hᵀ, wᵀ·w⟩
    const residual = square - 2 * dot(products, wt) + dot(gram, product(wt, wt, rows))
    const now = Math.sqrt(Math.max(0, residual) / square)
    const small = error - now < tolerance * error
    error = now
    if (small) break
  }
  return { wt, h, error, iterations: done }
}

/** One round over the rows of `x` [rank, n] for fixed `y` [rank, length] and v [n, length]: v ≈ xᵀ·y. */
function improve(x: Float64Array, y: Float64Array, v: Float64Array, length: number): { products: Float64Array; gram: Float64Array } {
  const products = product(y, v, length) // [rank, n]
  const gram = product(y, y, length) // [rank, rank]
  const [rank, n] = [y.length / length, v.length / length]
  for (let k = 0; k < rank; k++) {
    const own = gram[k * rank + k] as number
    if (own === 0) continue
    for (let i = k * n; i < (k + 1) * n; i++) {
      let rest = products[i] as number
      for (let j = 0; j < rank; j++) rest -= (gram[k * rank + j] as number) * (x[i + (j - k) * n] as number)
      x[i] = Math.max(0, (x[i] as number) + rest / own)
    }
  }
  return { products, gram }
}

const dot = (a: Float64Array, b: Float64Array): number => product(a, b, a.length)[0] as number

function transpose(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column] as number
  return out
}
