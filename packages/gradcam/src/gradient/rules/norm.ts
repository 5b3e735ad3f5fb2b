/** @file Norms and other sums over axes: ReduceL1, ReduceL2, ReduceSumSquare, ReduceLogSum, ReduceLogSumExp. At 0 a norm passes nothing. */
import type { Value } from '../../graph/graph.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { inverseOrZero, signOf } from './elementwise.ts'
import { reducedAxes, unreduced } from './reduction.ts'

/** dx = dy · slope(x, y), dy and y with the reduced axes back in place as size 1 */
const reduction =
  (slope: (context: RuleContext, y: Value) => Value): Rule =>
  (context) => {
    const axes = reducedAxes(context)
    return [context.g.mul(unreduced(context, context.dy, axes), slope(context, unreduced(context, context.y, axes)))]
  }

export const ReduceL1 = reduction(({ g, x }) => signOf(g, x))

/** d‖x‖/dx = x/‖x‖ */
export const ReduceL2 = reduction(({ g, x }, y) => g.mul(x, inverseOrZero(g, y)))

export const ReduceSumSquare = reduction(({ g, x }) => g.mul(x, 2))

/** d(log Σx)/dx = 1/Σx = e⁻ʸ */
export const ReduceLogSum = reduction(({ g }, y) => g.unary('Exp', g.neg(y)))

/** softmax(x), of x alone: y = log Σ eˣ overflows on some providers where its gradient does not */
export const ReduceLogSumExp: Rule = (context) => {
  const { g, x } = context
  const axes = reducedAxes(context)
  const powers = g.unary('Exp', g.sub(x, g.reduceMax(x, axes)))
  return [g.mul(unreduced(context, context.dy, axes), g.div(powers, g.sum(powers, axes)))]
}
