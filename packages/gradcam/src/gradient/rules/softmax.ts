/** @file Softmax and LogSoftmax: along one axis from opset 13 on, over everything from that axis on before. */
import type { Shape, Value } from '../../graph/graph.ts'
import type { Rule, RuleContext } from '../rule.ts'

const axesOf = ({ opset, x, axis }: RuleContext): number[] => (opset < 13 ? [...x.shape.keys()].slice(axis(1)) : [axis(-1)])

/** dx = y · (dy − Σ dy·y) */
export const Softmax: Rule = (context) => {
  const { g, y } = context
  const axes = axesOf(context)
  const dy = weighsTokens(y.shape, axes) ? context.dy : fromWinner(context, axes)
  return [g.mul(y, g.sub(dy, g.sum(g.mul(dy, y), axes)))]
}

/** Attention: its weights seldom saturate, and there are many of them. */
const weighsTokens = (shape: Shape, axes: readonly number[]): boolean => {
  const [rows, columns] = shape.slice(-2)
  return axes.includes(shape.length - 1) && (shape.length > 3 || (shape.length === 3 && rows === columns))
}

/**
 * dy less its value where y is largest, which changes nothing: dx hangs on differences of dy alone. Near a probability of 1 the sum
 * is made of small numbers then, where 1 − y in 32 bits would have lost its digits.
 */
function fromWinner({ g, y, dy }: RuleContext, axes: readonly number[]): Value {
  const winners = g.mask(g.equal(y, g.reduceMax(y, axes)), dy.type)
  const own = g.div(g.sum(g.mul(dy, winners), axes), g.sum(winners, axes))
  return g.sub(dy, own)
}

/** dx = dy − exp(y) · Σ dy */
export const LogSoftmax: Rule = (context) => {
  const { g, y, dy } = context
  return [g.sub(dy, g.mul(g.unary('Exp', y), g.sum(dy, axesOf(context))))]
}
