/** @file What travels backwards: the gradient of the target with respect to a tensor, dense or as a single picked class. */
import type { Builder } from '../graph/emit.ts'
import type { Dim, Shape, Value } from '../graph/graph.ts'

/**
 * Dense: a tensor that broadcasts to the primal's shape (global pooling leaves 1×1 where all places are alike).
 * Pick: 1 at [n, index[n]] of a [N, K, 1, …] tensor and 0 elsewhere. A linear layer turns a pick into one row of
 * its weights instead of a product with a nearly empty matrix.
 */
export type Cotangent = { kind: 'dense'; value: Value } | { kind: 'pick' /** int64 [N] */; index: Value }

export const dense = (value: Value): Cotangent => ({ kind: 'dense', value })

/** The pick as a dense tensor of the primal's type and shape. */
export function densify(g: Builder, cotangent: Cotangent, primal: Value): Value {
  if (cotangent.kind === 'dense') return cotangent.value
  const [batch, classes] = primal.shape as [Dim, number]
  const rest = primal.shape.slice(2).map(() => 1)
  const iota = g.constant({ type: 'int32', dims: [1, classes, ...rest], data: Int32Array.from(Array(classes).keys()) })
  const index = g.reshape(g.cast(cotangent.index, 'int32'), [batch, 1, ...rest])
  return g.cast(g.equal(index, iota), primal.type)
}

// an index of every class is laid out once
const maxClasses = 2 ** 24

/** Whether a pick makes sense for a shape: [N, K] and only ones after. */
export const pickable = (shape: Shape): boolean =>
  shape.length >= 2 && typeof shape[1] === 'number' && shape[1] <= maxClasses && shape.slice(2).every((dim) => dim === 1)
