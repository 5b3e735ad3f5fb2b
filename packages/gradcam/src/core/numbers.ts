/** @file Plain numbers in long lists. */

/** The smallest and the largest value; NaN is none. Infinity and −∞ for no values. */
export function extremes(values: ArrayLike<number>): [low: number, high: number] {
  // a loop that meets two kinds of arrays at most is several times as fast: nearly all are the numbers of an image
  const own = values instanceof Float32Array || values instanceof Float64Array ? values : Float64Array.from(values)
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < own.length; i++) {
    const value = own[i] as number
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}

/** Index of the first value that is NaN or infinite; −1 where all are numbers. */
export function firstNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    // NaN for NaN and infinity
    if (value - value !== 0) return i
  }
  return -1
}

/** exp(v) / Σ exp(v), without overflow. */
export function softmax(values: ArrayLike<number>): Float64Array {
  const [, max] = extremes(values)
  const powers = Float64Array.from(values, (value) => Math.exp(value - max))
  const total = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / total)
}

/** The largest of 1 … max for which something holds that holds for all below it, too; 0 for none. */
export function largestWith(max: number, holds: (value: number) => boolean): number {
  let [good, bad] = [0, max + 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (holds(middle)) good = middle
    else bad = middle
  }
  return good
}

/** A · Bᵀ of matrices row by row: [m, length] and [n, length] to [m, n]. */
export function product(a: Float32Array | Float64Array, b: Float32Array | Float64Array, length: number): Float64Array {
  const [m, n] = [a.length / length, b.length / length]
  const out = new Float64Array(m * n)
  for (let row = 0; row < m; row++)
    for (let column = 0; column < n; column++) {
      let sum = 0
      for (let k = 0; k < length; k++) sum += (a[row * length + k] as number) * (b[column * length + k] as number)
      out[row * n + column] = sum
    }
  return out
}
