/** @file LpNormalization: x divided by its norm along one axis. */
import type { Rule } from '../rule.ts'
import { inverseOrZero, signOf } from './elementwise.ts'
import { wide } from './standardize.ts'

/** y = x/‖x‖: dx = (dy − d‖x‖/dx · Σ dy·y)/‖x‖, d‖x‖/dx = sign(x) for p = 1 and y for p = 2; 0 where the norm is 0 */
export const LpNormalization: Rule = (context) => {
  const { g } = context
  const x = wide(g, context.x)
  const dy = wide(g, context.dy)
  const y = wide(g, context.y)
  const axes = [context.axis(-1)]
  const first = context.int('p', 2) === 1
  const norm = first ? g.sum(g.unary('Abs', x), axes) : g.unary('Sqrt', g.sum(g.mul(x, x), axes))
  const along = g.mul(first ? signOf(g, x) : y, g.sum(g.mul(dy, y), axes))
  return [g.cast(g.mul(g.sub(dy, along), inverseOrZero(g, norm)), context.x.type)]
}
