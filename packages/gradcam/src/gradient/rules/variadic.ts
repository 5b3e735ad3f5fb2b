/** @file Operators that choose between their inputs or add them up, element by element: Max, Min, Where, Sum, Mean, Mod. */
import type { Value } from '../../graph/graph.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { passed, upstream } from './arithmetic.ts'

/** The input that was taken receives the gradient; inputs that tie share it equally. */
export const Max: Rule = (context) => {
  const { g, node, y } = context
  const count = node.inputs.length
  if (count === 1) return [passed(context, 0)]
  const taken = node.inputs.map((_, i) => g.mask(g.equal(context.input(i), y), y.type))
  const share = g.div(context.compact, g.total(taken))
  return taken.map((hits, i) => (context.wants(i) ? g.mul(share, hits) : undefined))
}

export const Min = Max

export const Where: Rule = (context) => {
  const { g, x: condition } = context
  return [
    undefined,
    context.wants(1) ? g.where(condition, upstream(context, 1), 0) : undefined,
    context.wants(2) ? g.where(condition, 0, upstream(context, 2)) : undefined,
  ]
}

const perInput = (context: RuleContext, gradient: (position: number) => ReturnType<Rule>[number]): ReturnType<Rule> =>
  context.node.inputs.map((_, i) => (context.wants(i) ? gradient(i) : undefined))

export const Sum: Rule = (context) => perInput(context, (i) => passed(context, i))

export const Mean: Rule = (context) => perInput(context, (i) => context.g.mul(upstream(context, i), 1 / context.node.inputs.length))

/** a mod b = a − n·b with n whole and constant between jumps: da = dy, db = −n·dy, and n = (a − y)/b */
export const Mod: Rule = (context) => {
  const { g, x: a, b, y } = context
  const whole = (): Value => g.div(g.sub(a, y), b)
  return [context.wants(0) ? upstream(context, 0) : undefined, context.wants(1) ? g.neg(g.mul(upstream(context, 1), whole())) : undefined]
}
