/** @file A node as another rule table wants the plain rule to see it: with another upstream gradient, other inputs, other rules. */
import { dense } from '../cotangent.ts'
import type { RuleContext, RuleTable } from '../rule.ts'
import { ruleContext } from '../rule-context.ts'
import type { Value } from '../../graph/graph.ts'

export interface Alteration {
  /** Instead of the gradient of the first output: of its shape, or with dimensions of size 1 where it is constant. */
  upstream?: Value
  /** Instead of inputs, by position; `undefined` takes one away. */
  inputs?: Readonly<Record<number, Value | undefined>>
  /** Instead of the first output. */
  output?: Value
  /** Instead of the table for operators that stand for several. */
  rules?: RuleTable
}

/** The context with some of it exchanged, so that a plain rule can be applied to what is not plain. */
export function altered({ view }: RuleContext, { upstream, inputs = {}, output, rules = view.rules }: Alteration): RuleContext {
  const cotangent = upstream && dense(upstream)
  return ruleContext({
    ...view,
    rules,
    input: (position) => inputs[position] ?? view.input(position),
    output: (position) => (position === 0 && output ? output : view.output(position)),
    cotangentOf: (position) => (position === 0 && cotangent ? cotangent : view.cotangentOf(position)),
    has: (position) => (position in inputs ? inputs[position] !== undefined : view.has(position)),
    maker: (position) => (position in inputs ? undefined : view.maker(position)),
    constant: (position) => (position in inputs ? undefined : view.constant(position)),
  })
}
