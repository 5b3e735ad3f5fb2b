/** @file Softmax and LogSoftmax: along one axis from opset 13 on, over everything from that axis on before. */
import type { Rule, RuleContext } from '../rule.ts'

const axesOf = ({ opset, x, axis }: RuleContext): number[] => (opset < 13 ? [...x.shape.keys()].slice(axis(1)) : [axis(-1)])

/** dx = y · (dy − Σ dy·y) */
export const Softmax: Rule = (context) => {
  const { g, y, dy } = context
  return [g.mul(y, g.sub(dy, g.sum(g.mul(dy, y), axesOf(context))))]
}

/** dx = dy − exp(y) · Σ dy */
export const LogSoftmax: Rule = (context) => {
  const { g, y, dy } = context
  return [g.sub(dy, g.mul(g.unary('Exp', y), g.sum(dy, axesOf(context))))]
}
