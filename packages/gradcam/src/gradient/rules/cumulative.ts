/** @file Running sums and products: CumSum, ReduceProd. */
import type { Rule } from '../rule.ts'
import { reducedAxes, unreduced } from './reduction.ts'

/** What an element was added to lies ahead of it: the same sum, the other way round. */
export const CumSum: Rule = (context) => {
  const { g, x, b: axis, dy } = context
  const attributes = { exclusive: context.int('exclusive', 0), reverse: context.int('reverse', 0) === 0 ? 1 : 0 }
  return [g.node('CumSum', [dy, axis], x, attributes)]
}

/**
 * The product of all other factors, without dividing by a zero: with zeros replaced by 1 the product is P,
 * and dx = dy · P/x where no *other* factor is zero, else 0.
 */
export const ReduceProd: Rule = (context) => {
  const { g, x } = context
  const axes = reducedAxes(context)
  const zeros = g.mask(g.equal(x, 0), x.type)
  const factors = g.add(x, zeros)
  const others = g.div(g.reduceProd(factors, axes), factors)
  const single = g.mask(g.less(g.sub(g.sum(zeros, axes), zeros), 0.5), x.type)
  return [g.mul(g.mul(unreduced(context, context.dy, axes), others), single)]
}
