/** @file The first principal component of a feature map, as nodes. */
import { GradcamError } from '../../core/errors.ts'
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Value } from '../../graph/graph.ts'

/** The power 2^16 of a matrix leaves of a second eigenvalue that is 0.1 % smaller than the first e^−65 of it. */
const squarings = 16
// added to what is divided by: zeros stay zeros
const smallest = 1e-37
// a matrix of this size is squared in about 17 billion multiplications
const largest = 2048

/** X [N, C, h, w] as rows of places without their mean, [N, C, Z]. */
export function centred(g: Builder, x: Value): Value {
  const [batch, channels, height, width] = x.shape as [Dim, number, number, number]
  const rows = g.reshape(x, [batch, channels, height * width])
  return g.sub(rows, g.mean(rows, [2]))
}

/**
 * The places of X projected on the first right singular vector of the centred Z×C matrix, [N, h, w]; the sign is open.
 * The smaller of the two Gram matrices is raised to a power by squaring: the same plain products on every provider.
 */
export function principalProjection(g: Builder, x: Value): Value {
  const [batch, channels, height, width] = x.shape as [Dim, number, number, number]
  const own = centred(g, x)
  // scaled to 1 at most: squares of tiny gradients would vanish
  const size = g.add(g.reduceMax(g.unary('Abs', own), [1, 2]), smallest)
  const rows = g.div(own, size) // [N, C, Z]
  const columns = g.transpose(rows, [0, 2, 1])
  const byPlace = height * width <= channels
  const vector = leadingVector(g, byPlace ? g.matmul(columns, rows) : g.matmul(rows, columns))
  // from the vector over places to that over channels: one more step of the power iteration
  const axis = byPlace ? unit(g, g.matmul(rows, vector)) : vector
  return g.reshape(g.mul(g.matmul(columns, axis), size), [batch, height, width])
}

/** The eigenvector of the largest eigenvalue of a positive semidefinite matrix [N, n, n], [N, n, 1] of length 1; zeros for a zero matrix. */
export function leadingVector(g: Builder, matrix: Value): Value {
  const [batch, size] = matrix.shape as [Dim, number, number]
  if (size > largest) {
    throw new GradcamError('unsupported-model', `a principal component of ${size} places and channels is not computed`, {
      hint: `choose a feature layer with at most ${largest} places or channels as \`featureLayer\`, or another method`,
    })
  }
  let power = scaled(g, matrix)
  for (let i = 0; i < squarings; i++) power = scaled(g, g.matmul(power, power))
  // now v·vᵀ times a number: its columns are multiples of v, and the longest stands where the diagonal is largest
  const iota = Int32Array.from({ length: size }, (_, i) => i)
  const column = g.constant({ type: 'int32', dims: [1, 1, size], data: iota })
  const row = g.constant({ type: 'int32', dims: [1, size, 1], data: iota })
  const diagonal = g.sum(g.mul(power, g.cast(g.equal(row, column), power.type)), [1], false)
  const place = g.node('ArgMax', [diagonal], { type: 'int64', shape: [batch, 1] }, { axis: 1, keepdims: 1 })
  const longest = g.cast(g.equal(g.reshape(g.cast(place, 'int32'), [batch, 1, 1]), row), power.type)
  return unit(g, g.matmul(power, longest))
}

/** The largest number of a positive semidefinite matrix stands on its diagonal: it becomes 1. */
const scaled = (g: Builder, matrix: Value): Value => g.div(matrix, g.add(g.reduceMax(matrix, [1, 2]), smallest))

/** A vector [N, n, 1] at length 1; first scaled to 1 at most, so that squares neither vanish nor overflow. */
function unit(g: Builder, vector: Value): Value {
  const safe = g.div(vector, g.add(g.reduceMax(g.unary('Abs', vector), [1]), smallest))
  return g.div(safe, g.add(g.unary('Sqrt', g.sum(g.mul(safe, safe), [1])), smallest))
}

/** The map [N, h, w] or its negative: the one that rises with Σ_c |X_c|, as an eigenvector has no sign of its own. */
export function risingWith(g: Builder, map: Value, x: Value): Value {
  const strength = g.sum(g.unary('Abs', x), [1], false)
  const agreement = g.sum(g.mul(map, g.sub(strength, g.mean(strength, [1, 2]))), [1, 2])
  return g.where(g.less(agreement, 0), g.neg(map), map)
}
