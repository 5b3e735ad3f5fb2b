/** @file What the rules of functions of one element share. */
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import type { Rule, RuleContext } from '../rule.ts'

/** The rule of a function of one element: dx = dy · slope. */
export const elementwise =
  (slope: (context: RuleContext) => Value): Rule =>
  (context) => [context.g.mul(context.compact, slope(context))]

/** −1, 0 or 1; the Sign operator runs on the CPU only. */
export const signOf = (g: Builder, x: Value): Value => g.sub(g.mask(g.greater(x, 0), x.type), g.mask(g.less(x, 0), x.type))

/** 1/x, and 0 where x is 0: for norms, whose derivative at 0 is a matter of choice. */
export function inverseOrZero(g: Builder, x: Value): Value {
  const zero = g.mask(g.equal(x, 0), x.type)
  return g.sub(g.div(1, g.add(x, zero)), zero)
}
