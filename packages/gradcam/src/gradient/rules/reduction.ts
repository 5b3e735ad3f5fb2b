/** @file Sums, means, products, norms and extremes along axes. At 0 a norm passes nothing; a tie of the largest is shared equally. */
import type { Value } from '../../graph/graph.ts'
import { sizeOf } from '../../core/tensor.ts'
import { fixedDims, type Rule, type RuleContext, wrapped } from '../rule.ts'
import { inverseOrZero, signOf } from './elementwise.ts'

/** The axes that a reduction goes over: an attribute in older opsets, an input in newer ones; none given means all. */
function reducedAxes(context: RuleContext): number[] {
  const rank = context.x.shape.length
  const given = context.has(1) ? context.integers(1, 'axes') : (context.ints('axes') ?? [])
  if (given.length > 0) return given.map((axis) => wrapped(axis, rank))
  return context.int('noop_with_empty_axes', 0) !== 0 ? [] : [...context.x.shape.keys()]
}

/** What a rule sees of its reduction: output and gradient with the reduced axes back in place as size 1. */
interface Reduced {
  y: Value
  dy: Value
  axes: readonly number[]
}

const reduction =
  (gradient: (context: RuleContext, reduced: Reduced) => Value): Rule =>
  (context) => {
    const axes = reducedAxes(context)
    const shape = context.x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
    const [y, dy] = [context.y, context.dy].map((value) => context.g.reshape(value, shape)) as [Value, Value]
    return [gradient(context, { y, dy, axes })]
  }

export const ReduceSum = reduction((_, { dy }) => dy)

export const ReduceMean = reduction((context, { dy, axes }) => {
  const { g, x, y } = context
  const dims = axes.map((axis) => x.shape[axis] ?? 1)
  if (dims.every((dim) => typeof dim === 'number')) return g.mul(dy, 1 / sizeOf(fixedDims(context, dims)))
  // a mean over a free dimension: count at run time
  const size = (value: Value): Value => g.cast(g.node('Size', [value], { type: 'int64', shape: [] }), x.type)
  return g.mul(dy, g.div(size(y), size(x)))
})

export const ReduceL1 = reduction(({ g, x }, { dy }) => g.mul(dy, signOf(g, x)))

/** d‖x‖/dx = x/‖x‖ */
export const ReduceL2 = reduction(({ g, x }, { y, dy }) => g.mul(dy, g.mul(x, inverseOrZero(g, y))))

export const ReduceSumSquare = reduction(({ g, x }, { dy }) => g.mul(dy, g.mul(x, 2)))

/** d(log Σx)/dx = 1/Σx = e⁻ʸ */
export const ReduceLogSum = reduction(({ g }, { y, dy }) => g.mul(dy, g.unary('Exp', g.neg(y))))

/** softmax(x), of x alone: y = log Σ eˣ overflows on some providers where its gradient does not */
export const ReduceLogSumExp = reduction(({ g, x }, { dy, axes }) => {
  const powers = g.unary('Exp', g.sub(x, g.reduceMax(x, axes)))
  return g.mul(dy, g.div(powers, g.sum(powers, axes)))
})

export const ReduceMax = reduction(({ g, x }, { y, dy, axes }) => {
  const taken = g.mask(g.equal(x, y), x.type)
  return g.mul(taken, g.div(dy, g.sum(taken, axes)))
})
export const ReduceMin = ReduceMax

/**
 * The product of all other factors, without dividing by a zero: with zeros replaced by 1 the product is P,
 * and dx = dy · P/x where no *other* factor is zero, else 0.
 */
export const ReduceProd = reduction(({ g, x }, { dy, axes }) => {
  const zeros = g.mask(g.equal(x, 0), x.type)
  const factors = g.add(x, zeros)
  const others = g.div(g.reduceProd(factors, axes), factors)
  const single = g.mask(g.less(g.sub(g.sum(zeros, axes), zeros), 0.5), x.type)
  return g.mul(g.mul(dy, others), single)
})

/** What an element was added to lies ahead of it: the same sum, the other way round. */
export const CumSum: Rule = (context) => {
  const { g, x, b: axis, dy } = context
  const attributes = { exclusive: context.int('exclusive', 0), reverse: context.int('reverse', 0) === 0 ? 1 : 0 }
  return [g.node('CumSum', [dy, axis], x, attributes)]
}
