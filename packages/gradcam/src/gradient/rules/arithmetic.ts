/** @file Add, Sub, Mul, Div: element by element, with broadcasting. */
import { sameShape, type Value } from '../../graph/graph.ts'
import { pickable } from '../cotangent.ts'
import type { Contribution, Rule, RuleContext } from '../rule.ts'

/** Gradient of the output for an operand: spread out where that operand was broadcast, so that it can be summed. */
export const upstream = (context: RuleContext, position: number): Value =>
  sameShape(context.input(position).shape, context.y.shape) ? context.compact : context.dy

/** The gradient handed on unchanged; a picked class stays one. */
export const passed = (context: RuleContext, position: number): Contribution => {
  const input = context.input(position)
  if (context.cotangent.kind === 'pick' && pickable(input.shape) && sameShape(input.shape, context.y.shape)) return context.cotangent
  return upstream(context, position)
}

export const Add: Rule = (context) => [0, 1].map((i) => (context.wants(i) ? passed(context, i) : undefined))

export const Sub: Rule = (context) => [
  context.wants(0) ? passed(context, 0) : undefined,
  context.wants(1) ? context.g.neg(upstream(context, 1)) : undefined,
]

export const Mul: Rule = (context) => {
  const { g, x, b } = context
  return [context.wants(0) ? g.mul(upstream(context, 0), b) : undefined, context.wants(1) ? g.mul(upstream(context, 1), x) : undefined]
}

export const Div: Rule = (context) => {
  const { g, b, y } = context
  return [
    context.wants(0) ? g.div(upstream(context, 0), b) : undefined,
    // d(a/b)/db = −y/b
    context.wants(1) ? g.neg(g.mul(upstream(context, 1), g.div(y, b))) : undefined,
  ]
}
