/** @file Weighted ridge regression with an intercept, from moments. */
import { solveSymmetric } from './cholesky.ts'
import type { Moments } from './moments.ts'

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
