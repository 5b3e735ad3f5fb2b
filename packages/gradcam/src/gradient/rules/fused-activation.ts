/** @file ONNX Runtime's own activations (com.microsoft): BiasGelu, FastGelu, QuickGelu. */
import type { Value } from '../../graph/graph.ts'
import type { Contribution, Rule, RuleContext } from '../rule.ts'
import { geluSlope, geluTanhSlope, swishSlope } from './slope.ts'

/** dx = db = dy · slope(x + b), b optional */
const biased =
  (slope: (context: RuleContext, x: Value) => Value): Rule =>
  (context): Contribution[] => {
    const { g, x } = context
    const gradient = g.mul(context.dy, slope(context, context.has(1) ? g.add(x, context.b) : x))
    return [0, 1].map((i) => (context.wants(i) ? gradient : undefined))
  }

export const BiasGelu = biased(({ g }, x) => geluSlope(g, x))
export const FastGelu = biased(({ g }, x) => geluTanhSlope(g, x))

/** y = x·σ(αx) */
export const QuickGelu = biased((context, x) => swishSlope(context.g, x, context.y, context.float('alpha', 1.702)))
