/** @file A node as another rule table wants the plain rule to see it: with another upstream gradient, other inputs, other rules. */
import { dense } from '../cotangent.ts'
import type { RuleContext, RuleTable } from '../rule.ts'
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
export function altered(context: RuleContext, { upstream, inputs = {}, output: made, rules = context.rules }: Alteration): RuleContext {
  const { g, node, info, opset, wants, output, integers, int, float, ints, string, refuse } = context
  const cotangent = upstream && dense(upstream)
  const input = (position: number): Value => inputs[position] ?? context.input(position)
  const full = (value: Value): Value => g.expand(value, context.y.shape)
  return {
    ...{ g, node, info, rules, opset, wants, input, output, integers, int, float, ints, string, refuse },
    get x() {
      return input(0)
    },
    get b() {
      return input(1)
    },
    get c() {
      return input(2)
    },
    get y() {
      return made ?? context.y
    },
    get dy() {
      return upstream ? full(upstream) : context.dy
    },
    get compact() {
      return upstream ?? context.compact
    },
    get cotangent() {
      return cotangent ?? context.cotangent
    },
    cotangentOf: (position) => (position === 0 && cotangent ? cotangent : context.cotangentOf(position)),
    gradient: (position) => (position === 0 && upstream ? full(upstream) : context.gradient(position)),
    has: (position) => (position in inputs ? inputs[position] !== undefined : context.has(position)),
    maker: (position) => (position in inputs ? undefined : context.maker(position)),
    constant: (position) => (position in inputs ? undefined : context.constant(position)),
  }
}
