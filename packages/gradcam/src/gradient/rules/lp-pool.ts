/** @file LpPool and GlobalLpPool: y = (Σ |x|ᵖ)^(1/p), so dx = sign(x)·|x|ᵖ⁻¹ · Σ dy·y¹⁻ᵖ over the windows that hold x. */
import type { Value } from '../../graph/graph.ts'
import { sizeOf } from '../../core/tensor.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { inverseOrZero, signOf } from './elementwise.ts'
import { foldWith, perChannel } from './patches.ts'
import { poolWindows } from './window.ts'

/** sign(x)·|x|ᵖ⁻¹ */
function inner({ g, x }: RuleContext, p: number): Value {
  if (p === 1) return signOf(g, x)
  if (p === 2) return x
  const size = g.unary('Abs', x)
  return g.mul(x, p === 3 ? size : g.pow(size, p - 2))
}

/** dy·y¹⁻ᵖ, 0 where y is 0 */
function outer({ g, y, dy }: RuleContext, p: number): Value {
  if (p === 1) return dy
  const inverse = inverseOrZero(g, y)
  return g.mul(dy, p === 2 ? inverse : g.pow(inverse, p - 1))
}

export const LpPool: Rule = (context) => {
  const { g, x } = context
  const p = context.int('p', 2)
  const windows = poolWindows(context)
  const ones = g.floats(new Float32Array(sizeOf(windows.kernel)).fill(1), [1, 1, ...windows.kernel], x.type)
  const spread = g.reshape(foldWith(g, perChannel(g, outer(context, p)), ones, windows), x.shape)
  return [g.mul(inner(context, p), spread)]
}

export const GlobalLpPool: Rule = (context) => {
  const p = context.int('p', 2)
  return [context.g.mul(inner(context, p), outer(context, p))]
}
