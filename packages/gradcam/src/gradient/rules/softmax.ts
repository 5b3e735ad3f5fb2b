/** @file Softmax and LogSoftmax: along one axis from opset 13 on, over everything from that axis on before. */
import type { Rule, RuleContext } from '../rule.ts'

function axesOf({ opset, x, int }: RuleContext): number[] {
  const rank = x.shape.length
  const axis = int('axis', opset < 13 ? 1 : -1)
  const first = axis < 0 ? axis + rank : axis
  return opset < 13 ? Array.from({ length: rank - first }, (_, i) => first + i) : [first]
}

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
