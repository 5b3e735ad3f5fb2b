/** @file Class scores as nodes: of any reduction layer, of the best classes, of one class, and the seed of the reverse walk. */
import { GradcamError } from '../core/errors.ts'
import { type Cotangent, dense, densify, pickable } from '../gradient/cotangent.ts'
import type { Builder } from '../graph/emit.ts'
import type { Dim, Value } from '../graph/graph.ts'

const maxClasses = 2 ** 20

/** A tensor of scores with the axis of its classes; undefined where there is one class only. Default: 1. */
export interface ClassTensor {
  name: string
  axis?: number | undefined
}

/** Scores with their classes on axis 1: as they are, transposed, or with an axis for the only class. */
export function classesFirst(g: Builder, scores: Value, axis: number | undefined): Value {
  const { shape } = scores
  if (axis === 1 || shape.length < 2) return scores
  if (axis === undefined) return g.reshape(scores, [shape[0] as Dim, 1, ...shape.slice(1)])
  return g.transpose(scores, [0, axis, ...[...shape.keys()].filter((i) => i !== 0 && i !== axis)])
}

/** The reverse, of a gradient. */
function classesBack(g: Builder, gradient: Value, { shape }: Value, axis: number | undefined): Value {
  if (axis === 1 || shape.length < 2) return gradient
  if (axis === undefined) return g.reshape(gradient, shape)
  const order = [0, axis, ...[...shape.keys()].filter((i) => i !== 0 && i !== axis)]
  return g.transpose(
    gradient,
    order.map((_, i) => order.indexOf(i)),
  )
}

/** Class scores of any reduction layer as [N, K]: [N, K] itself, and [N, K, …] summed over places (probabilities: averaged). */
export function classScores(g: Builder, scores: Value, axis: number | undefined, over: 'sum' | 'mean' = 'sum'): Value {
  const logits = classesFirst(g, scores, axis)
  const [batch, classes] = logits.shape as [Dim | undefined, Dim | undefined]
  if (batch === undefined)
    throw new GradcamError('unsupported-model', `the reduction layer ${scores.name} is a single number, without batch or classes`, {
      hint: 'name another `reductionLayer`',
    })
  if (classes === undefined) return g.reshape(logits, [batch, 1])
  const places = logits.shape.slice(2)
  const axes = places.map((_, i) => i + 2)
  return places.some((dim) => dim !== 1) ? g[over](logits, axes, false) : g.reshape(logits, [batch, classes])
}

/** Indices of the `count` best classes, int64 [N, count] ([N] for one), best first; equal scores by their order. */
export function bestClasses(g: Builder, scores: Value, count: number): Value {
  const batch = scores.shape[0] as Dim
  if (count === 1) {
    return g.node('ArgMax', [scores], { type: 'int64', shape: [batch] }, { axis: 1, keepdims: 0 })
  }
  const results = [
    { type: scores.type, shape: [batch, count] },
    { type: 'int64' as const, shape: [batch, count] },
  ]
  const [, indices] =
    g.opset < 10
      ? g.nodes('TopK', [scores], results, { axis: 1, k: count })
      : g.nodes('TopK', [scores, g.int64([count])], results, { axis: 1 })
  return indices as Value
}

/** The seed for the class `index` (int64 [N]) of each image: 1 at that class of every place, 0 elsewhere. */
export function classSeed(g: Builder, scores: Value, axis: number | undefined, index: Value): Cotangent {
  if (axis === 1 && pickable(scores.shape)) return { kind: 'pick', index }
  const logits = classesFirst(g, scores, axis)
  const classes = logits.shape[1] as number | undefined
  if (classes === undefined) return dense(g.expand(g.floats([1], [1], logits.type), logits.shape))
  if (!(classes <= maxClasses))
    throw new GradcamError('unsupported-model', `the reduction layer ${scores.name} has ${classes} classes`, {
      hint: 'name another `reductionLayer`',
    })
  return dense(classesBack(g, densify(g, { kind: 'pick', index }, logits), scores, axis))
}

/** The score of a class of each image: scores [N, K] and index int64 [N] to [N]. */
export function pickedScores(g: Builder, scores: Value, index: Value): Value {
  const mine = g.cast(densify(g, { kind: 'pick', index }, scores), scores.type)
  return g.sum(g.mul(scores, mine), [1], false)
}
