/** @file Weighted sums over on/off vectors and their scores: all that a linear model needs, whatever the number of samples. */

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
