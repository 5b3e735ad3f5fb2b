/** @file A regression tree over parts that are on or off, and how much of the scores' variance each part explains in it. */

/** On/off vectors with their scores and weights. */
export interface TreeSamples {
  features: number
  /** [samples, features], 0 or 1. */
  on: Uint8Array
  y: Float64Array
  weight: Float64Array
}

export interface Tree {
  /** Part of the weighted variance that splits on a feature take away; they sum to R². */
  importance: Float64Array
  /** Weighted mean of all scores. */
  mean: number
  r2: number
}

/** What a node must hold to be split: MATLAB's `MinParentSize`. */
const smallestParent = 10

interface Sums {
  weight: number
  y: number
}

/** What a group's squared error is less for having its own mean: (Σ wy)² / Σ w. */
const explained = ({ weight, y }: Sums): number => (weight > 0 ? (y * y) / weight : 0)

/** Grows a tree by least squares (CART, Breiman et al. 1984): every node splits where the weighted squared error falls most. */
export function growTree({ features, on, y, weight }: TreeSamples, rows: readonly number[]): Tree {
  const whole = sumsOf(rows, y, weight)
  const mean = whole.weight > 0 ? whole.y / whole.weight : 0
  let variance = 0
  for (const row of rows) variance += (weight[row] as number) * ((y[row] as number) - mean) ** 2
  const importance = new Float64Array(features)
  const open: (readonly number[])[] = [rows]
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.length < smallestParent) continue
    const { feature, gain } = bestSplit(node, { features, on, y, weight })
    // rounding makes gains out of nothing
    if (!(gain > 1e-12 * variance)) continue
    importance[feature] = (importance[feature] as number) + gain / variance
    const isOn = (row: number): boolean => on[row * features + feature] === 1
    open.push(
      node.filter(isOn),
      node.filter((row) => !isOn(row)),
    )
  }
  return { importance, mean, r2: variance > 0 ? importance.reduce((sum, part) => sum + part, 0) : 1 }
}

function sumsOf(rows: readonly number[], y: Float64Array, weight: Float64Array): Sums {
  const sums = { weight: 0, y: 0 }
  for (const row of rows) {
    sums.weight += weight[row] as number
    sums.y += (weight[row] as number) * (y[row] as number)
  }
  return sums
}

/** The feature whose split takes most squared error away; the first among equals. */
function bestSplit(rows: readonly number[], { features, on, y, weight }: TreeSamples): { feature: number; gain: number } {
  const whole = sumsOf(rows, y, weight)
  const weights = new Float64Array(features)
  const sums = new Float64Array(features)
  for (const row of rows) {
    const w = weight[row] as number
    const wy = w * (y[row] as number)
    for (let i = 0, at = row * features; i < features; i++, at++) {
      if (on[at] === 0) continue
      weights[i] = (weights[i] as number) + w
      sums[i] = (sums[i] as number) + wy
    }
  }
  let best = { feature: 0, gain: 0 }
  for (let i = 0; i < features; i++) {
    const shown = { weight: weights[i] as number, y: sums[i] as number }
    const covered = { weight: whole.weight - shown.weight, y: whole.y - shown.y }
    const gain = shown.weight > 0 && covered.weight > 0 ? explained(shown) + explained(covered) - explained(whole) : 0
    if (gain > best.gain) best = { feature: i, gain }
  }
  return best
}
