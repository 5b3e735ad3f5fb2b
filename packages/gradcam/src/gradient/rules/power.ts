/** @file Powers, exponentials and roots. */
import type { Value } from '../../graph/graph.ts'
import { toFloat32 } from '../../core/tensor.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { upstream } from './arithmetic.ts'
import { elementwise, signOf } from './elementwise.ts'

export const Exp = elementwise(({ y }) => y)

export const Log: Rule = ({ g, x, compact }) => [g.div(compact, x)]

export const Sqrt: Rule = ({ g, y, compact }) => [g.div(g.mul(compact, 0.5), y)]

/** d(1/x)/dx = −1/x² = −y² */
export const Reciprocal = elementwise(({ g, y }) => g.neg(g.mul(y, y)))

export const Neg: Rule = ({ g, compact }) => [g.neg(compact)]

/** On the kink: 0. */
export const Abs = elementwise(({ g, x }) => signOf(g, x))

/** derf(x)/dx = 2/√π · exp(−x²) */
export const Erf = elementwise(({ g, x }) => g.mul(g.unary('Exp', g.neg(g.mul(x, x))), 2 / Math.sqrt(Math.PI)))

/** y = xᵖ: dx = dy · p · xᵖ⁻¹ (0 for p = 0, at x = 0 too), dp = dy · y · log x (0 where x ≤ 0) */
export const Pow: Rule = (context) => {
  const { g, x, y } = context
  const exponentGradient = (): Value => {
    const positive = g.greater(x, 0)
    // log 1 = 0 stands in where there is no logarithm
    return g.mul(upstream(context, 1), g.mul(y, g.unary('Log', g.where(positive, x, 1))))
  }
  return [
    context.wants(0) ? g.mul(upstream(context, 0), powerSlope(context)) : undefined,
    context.wants(1) ? exponentGradient() : undefined,
  ]
}

function powerSlope(context: RuleContext): Value {
  const { g, x, y } = context
  const known = context.constant(1)
  if (!known) {
    const exponent = g.cast(context.b, x.type)
    return g.mul(exponent, g.pow(x, g.where(g.equal(exponent, 0), 0, g.sub(exponent, 1))))
  }
  const exponents = toFloat32(known)
  const first = exponents[0] ?? 1
  const one = exponents.every((exponent) => exponent === first)
  if (one && first === 2) return g.mul(x, 2)
  if (one && first === 3) return g.mul(g.mul(x, x), 3)
  if (one && first === 0.5) return g.div(0.5, y)
  const lower = exponents.map((exponent) => (exponent === 0 ? 0 : exponent - 1))
  return g.mul(g.pow(x, g.floats(lower, known.dims, x.type)), g.floats(exponents, known.dims, x.type))
}
