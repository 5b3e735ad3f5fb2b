/** @file Sizes of what a score is made of, as nodes: against them a gradient is told from rounding. */
import type { Builder } from '../graph/emit.ts'
import type { Dim, Value } from '../graph/graph.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { type Seed, timesValue } from '../objective/objective.ts'

/** Σ |x| of every image: [N, …] to float32 [N]. */
export function sizeOfEach(g: Builder, x: Value, axis = 0): Value {
  const axes = x.shape.flatMap((_, at) => (at === axis ? [] : [at]))
  return g.sizeOver(g.cast(x, 'float32'), axes, false)
}

/** Σ |a · b| of every image; b, [N, C, h, w], may be the same at all places. */
export function sizeOfProduct(g: Builder, a: Value, b: Value): Value {
  const alike = b.shape[2] === 1 && b.shape[3] === 1
  return sizeOfEach(g, g.mul(alike ? g.sizeOver(a, [2, 3]) : a, b))
}

/** Σ |∂score/∂t · t| of every image over the tensors that a score reads, float32 [N]. */
export function scaleOf(g: Builder, info: TensorInfo, batch: Dim, seeds: readonly Seed[]): Value | undefined {
  const terms = timesValue(g, info, seeds).map(({ tensor, cotangent }) => {
    const { shape } = info.value(tensor)
    const axis = shape[0] === batch ? 0 : shape.length === 3 && shape[1] === batch ? 1 : undefined
    return axis === undefined || cotangent.kind !== 'dense' ? undefined : sizeOfEach(g, cotangent.value, axis)
  })
  return terms.reduce((sum, term) => sum && term && g.add(sum, term))
}
