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
  const covariance = new Float64Array(features * features)
  const side = new Float64Array(features)
  for (let i = 0; i < features; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (zz[i * features + j] as number) - ((z[i] as number) * (z[j] as number)) / weight
      covariance[i * features + j] = value
      covariance[j * features + i] = value
    }
    side[i] = (zy[i] as number) - ((z[i] as number) * y) / weight
  }
  const penalised = covariance.map((value, at) => (at % (features + 1) === 0 ? value + penalty : value))
  const [weights] = solveSymmetric(penalised, [side]) ?? []
  if (!weights) return undefined
  const total = yy - (y * y) / weight
  let [explained, mean] = [0, y / weight]
  for (let i = 0; i < features; i++) {
    const beta = weights[i] as number
    explained += 2 * beta * (side[i] as number)
    for (let j = 0; j < features; j++) explained -= beta * (weights[j] as number) * (covariance[i * features + j] as number)
    mean -= (beta * (z[i] as number)) / weight
  }
  return { weights, intercept: mean, r2: total > 0 ? explained / total : 1 }
}
