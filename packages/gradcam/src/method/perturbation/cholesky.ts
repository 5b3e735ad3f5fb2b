/** @file Symmetric linear systems in float64. */

// a pivot below this part of the largest diagonal element: the columns are not independent
const smallestPivot = 1e-11

/** Solves A x = b for each right side, A [n, n] symmetric and positive definite, of which the lower triangle is read, by A = L Lᵀ; undefined where A is singular. */
export function solveSymmetric(matrix: Float64Array, sides: readonly Float64Array[]): Float64Array[] | undefined {
  const n = Math.sqrt(matrix.length)
  const lower = Float64Array.from(matrix)
  let largest = 0
  for (let i = 0; i < n; i++) largest = Math.max(largest, matrix[i * n + i] as number)
  for (let j = 0; j < n; j++) {
    let pivot = lower[j * n + j] as number
    for (let k = 0; k < j; k++) pivot -= (lower[j * n + k] as number) ** 2
    if (!(pivot > smallestPivot * largest)) return undefined
    const root = Math.sqrt(pivot)
    lower[j * n + j] = root
    for (let i = j + 1; i < n; i++) {
      let sum = lower[i * n + j] as number
      for (let k = 0; k < j; k++) sum -= (lower[i * n + k] as number) * (lower[j * n + k] as number)
      lower[i * n + j] = sum / root
    }
  }
  return sides.map((side) => {
    const x = Float64Array.from(side)
    for (let i = 0; i < n; i++) {
      let sum = x[i] as number
      for (let k = 0; k < i; k++) sum -= (lower[i * n + k] as number) * (x[k] as number)
      x[i] = sum / (lower[i * n + i] as number)
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i] as number
      for (let k = i + 1; k < n; k++) sum -= (lower[k * n + i] as number) * (x[k] as number)
      x[i] = sum / (lower[i * n + i] as number)
    }
    return x
  })
}
