/** @file ReduceSum and ReduceMean: the gradient is the same for all that was reduced. */
import type { Value } from '../../graph/graph.ts'
import { sizeOf } from '../../core/tensor.ts'
import { fixedDims, type Rule, type RuleContext, wrapped } from '../rule.ts'

/** The axes that a reduction goes over: an attribute in older opsets, an input in newer ones; none given means all. */
export function reducedAxes(context: RuleContext): number[] {
  const rank = context.x.shape.length
  const given = context.has(1) ? context.integers(1, 'axes') : (context.ints('axes') ?? [])
  if (given.length > 0) return given.map((axis) => wrapped(axis, rank))
  return context.int('noop_with_empty_axes', 0) !== 0 ? [] : [...context.x.shape.keys()]
}

/** The gradient with the reduced axes back in place as size 1. */
export function unreduced({ g, x }: RuleContext, dy: Value, axes: readonly number[]): Value {
  return g.reshape(
    dy,
    x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)),
  )
}

export const ReduceSum: Rule = (context) => [unreduced(context, context.dy, reducedAxes(context))]

export const ReduceMean: Rule = (context) => {
  const { g, x, y } = context
  const axes = reducedAxes(context)
  const dims = axes.map((axis) => x.shape[axis] ?? 1)
  const dy = unreduced(context, context.dy, axes)
  if (dims.every((dim) => typeof dim === 'number')) return [g.mul(dy, 1 / sizeOf(fixedDims(context, dims)))]
  // a mean over a free dimension: count at run time
  const size = (value: Value): Value => g.cast(g.node('Size', [value], { type: 'int64', shape: [] }), x.type)
  return [g.mul(dy, g.div(size(y), size(x)))]
}
