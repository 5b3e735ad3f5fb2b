/** @file Activations made of exponentials. On a kink: Elu, Selu and Celu take the branch x ≥ 0, ThresholdedRelu passes nothing. */
import type { Rule } from '../rule.ts'
import { elementwise } from './elementwise.ts'
import { geluSlope, geluTanhSlope, swishSlope } from './slope.ts'

/** y = α(eˣ − 1) below zero, so dy/dx = y + α there. */
export const Elu: Rule = (context) => {
  const { g, x, y, compact } = context
  return [g.where(g.less(x, 0), g.mul(compact, g.add(y, context.float('alpha', 1))), compact)]
}

/** y = γx above zero, γα(eˣ − 1) below: dy/dx = γ, y + γα */
export const Selu = elementwise((context) => {
  const { g, x, y } = context
  const alpha = context.float('alpha', 1.6732631921768188)
  const gamma = context.float('gamma', 1.0507010221481323)
  return g.where(g.less(x, 0), g.add(y, alpha * gamma), gamma)
})

/** y = α(exp(x/α) − 1) below zero: dy/dx = y/α + 1 */
export const Celu: Rule = (context) => {
  const { g, x, y, compact } = context
  return [g.where(g.less(x, 0), g.mul(compact, g.add(g.mul(y, 1 / context.float('alpha', 1)), 1)), compact)]
}

export const ThresholdedRelu = elementwise((context) => {
  const { g, x } = context
  return g.mask(g.greater(x, context.float('alpha', 1)), x.type)
})

export const Softplus = elementwise(({ g, x }) => g.unary('Sigmoid', x))

/** y = x/(1 + |x|): dy/dx = 1/(1 + |x|)² */
export const Softsign = elementwise(({ g, x }) => {
  const base = g.add(g.unary('Abs', x), 1)
  return g.div(1, g.mul(base, base))
})

/** y = x·t, t = tanh(softplus(x)): dy/dx = t + x·(1 − t²)·σ(x). Misra 2019, arXiv:1908.08681 */
export const Mish = elementwise(({ g, x }) => {
  const t = g.unary('Tanh', g.unary('Softplus', x))
  return g.add(t, g.mul(g.mul(x, g.sub(1, g.mul(t, t))), g.unary('Sigmoid', x)))
})

export const Swish = elementwise((context) => swishSlope(context.g, context.x, context.y, context.float('alpha', 1)))

export const Gelu = elementwise((context) => {
  const approximate = context.string('approximate', 'none') === 'tanh'
  return approximate ? geluTanhSlope(context.g, context.x) : geluSlope(context.g, context.x)
})
