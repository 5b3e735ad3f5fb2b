/** @file Operators that stand for several: their forward pass written with plain nodes, which are differentiated by their own rules. */
import { tensorInfoWith } from '../graph/tensor-info.ts'
import { type GraphNode, nodeOf, type Value } from '../graph/graph.ts'
import { type Cotangent, dense } from './cotangent.ts'
import type { Contribution, Rule, RuleContext } from './rule.ts'
import { walkBack } from './walk.ts'

/**
 * A rule made of a forward pass. `forward` emits plain nodes and returns what they compute: one value per output of
 * the operator, `undefined` for outputs through which nothing flows. Of the emitted nodes only those stay that the
 * gradient needs; the outputs themselves are the operator's own and are not computed again.
 *
 * @example
 * const BiasRelu = composite(({ g, x, b }) => g.relu(g.add(x, b)))
 */
export function composite(forward: (context: RuleContext) => Value | readonly (Value | undefined)[]): Rule {
  return (given) => {
    const context = withCopies(given)
    const { g, node, rules } = context
    const { result, nodes } = g.record(() => forward(context))
    const results = 'name' in result ? [result] : result
    const own = new Map<string, string>()
    const seeds: { tensor: string; cotangent: Cotangent }[] = []
    results.forEach((value, position) => {
      const cotangent = context.cotangentOf(position)
      if (!value) return
      const output = node.outputs[position]
      // integer sums of products are floats here
      const name = output && context.info.value(output).type === value.type ? output : value.name
      own.set(value.name, name)
      if (cotangent) seeds.push({ tensor: name, cotangent: position === 0 ? cotangent : dense(context.gradient(position) as Value) })
    })
    const steps = nodes.map((proto) => renamed(nodeOf(proto), own))
    // an operand that is read twice gets its whole gradient once
    const wanted = node.inputs.map((name, i) => (context.wants(i) && node.inputs.indexOf(name) === i ? context.input(i).name : undefined))
    const wrt = wanted.filter((name) => name !== undefined)
    const gradients = walkBack({ graph: { nodes: steps }, info: tensorInfoWith(context.info, g), builder: g, rules, seeds, wrt })
    return wanted.map((name): Contribution => (name === undefined ? undefined : gradients[wrt.indexOf(name)]))
  }
}

function renamed(step: GraphNode, own: ReadonlyMap<string, string>): GraphNode {
  const rename = (name: string): string => own.get(name) ?? name
  return { ...step, inputs: step.inputs.map(rename), outputs: step.outputs.map(rename) }
}

/** Inputs that are nodes of this builder as copies: what it folds into their own nodes would go round them. */
function withCopies(context: RuleContext): RuleContext {
  const { g, node } = context
  const inner = node.inputs.flatMap((name, i) => (name !== '' && context.wants(i) && g.made(name) ? [[name, i] as const] : []))
  if (inner.length === 0) return context
  const copies = new Map(inner.map(([name, i]) => [name, g.unary('Identity', context.input(i))]))
  return context.altered({ inputs: Object.fromEntries(inner.map(([name, i]) => [i, copies.get(name)])) })
}
