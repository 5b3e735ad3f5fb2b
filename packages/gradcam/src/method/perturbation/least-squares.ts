/** @file Weighted least squares over on/off vectors, from sums: all that a linear model needs, whatever the number of samples. */

/** Σw, Σw·z, Σw·z·zᵀ, Σw·y, Σw·y², Σw·z·y; z holds 0 and 1. */
export interface Moments {
  features: number
  weight: number
  z: Float64Array
  /** [features, features]; the lower triangle. */
  zz: Float64Array
  y: number
  yy: number
  zy: Float64Array
}

export const noMoments = (features: number): Moments => ({
  features,
  weight: 0,
  z: new Float64Array(features),
  zz: new Float64Array(features * features),
  y: 0,
  yy: 0,
  zy: new Float64Array(features),
})

/** Adds one sample. */
export function addSample(sums: Moments, on: ArrayLike<number>, y: number, weight: number): void {
  const { features, z, zz, zy } = sums
  sums.weight += weight
  sums.y += weight * y
  sums.yy += weight * y * y
  for (let i = 0; i < features; i++) {
    if (!on[i]) continue
    z[i] = (z[i] as number) + weight
    zy[i] = (zy[i] as number) + weight * y
    const row = i * features
    for (let j = 0; j <= i; j++) if (on[j]) zz[row + j] = (zz[row + j] as number) + weight
  }
}

/** The samples of both. */
export function joined(a: Moments, b: Moments): Moments {
  const sum = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value + (y[i] as number))
  return {
    features: a.features,
    weight: a.weight + b.weight,
    z: sum(a.z, b.z),
    zz: sum(a.zz, b.zz),
    y: a.y + b.y,
    yy: a.yy + b.yy,
    zy: sum(a.zy, b.zy),
  }
}

export interface LinearFit {
  weights: Float64Array
  intercept: number
  /** Part of the weighted variance of the scores that the model explains; 1 for a perfect fit. */
  r2: number
}

/** Minimises Σ w (y − z·β − β₀)² + penalty·|β|²; undefined where that has no single answer. */
export function ridge({ features, weight, z, zz, y, yy, zy }: Moments, penalty: number): LinearFit | undefined {
  const penalised = zz.map((value, at) => {
    const [row, column] = [Math.floor(at / features), at % features]
    return value - ((z[row] as number) * (z[column] as number)) / weight + (row === column ? penalty : 0)
  })
  const side = zy.map((value, i) => value - ((z[i] as number) * y) / weight)
  const [weights] = solveSymmetric(penalised, [side]) ?? []
  if (!weights) return undefined
  // 2β·s − βᵀCβ with (C + λ)β = s
  const explained = weights.reduce((sum, beta, i) => sum + beta * ((side[i] as number) + penalty * beta), 0)
  const total = yy - (y * y) / weight
  const intercept = weights.reduce((rest, beta, i) => rest - (beta * (z[i] as number)) / weight, y / weight)
  return { weights, intercept, r2: total > 0 ? explained / total : 1 }
}

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
