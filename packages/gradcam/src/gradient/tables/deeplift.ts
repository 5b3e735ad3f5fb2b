/** @file DeepLIFT: instead of derivatives, quotients of differences to a reference. Shrikumar et al. 2017, arXiv:1704.02685. */
import { sameShape, type Value } from '../../graph/graph.ts'
import type { ElementType } from '../../core/tensor.ts'
import { type Kind, traits } from '../../graph/operators.ts'
import { type Contribution, type Rule, type RuleContext, type RuleTable, rulesByOperator } from '../rule.ts'
import { upstream } from '../rules/arithmetic.ts'
import { plain } from './plain.ts'

/** The value that a tensor of the network has for the reference, in the given type; undefined for one that is not the network's own. */
export type ReferenceOf = (tensor: string, type: ElementType) => Value | undefined

/** References of a node's inputs, and of its first output, as the rules see those. */
const inputOf = (reference: ReferenceOf, context: RuleContext, position: number): Value | undefined =>
  reference(context.node.inputs[position] ?? '', context.input(position).type)
const outputOf = (reference: ReferenceOf, context: RuleContext): Value | undefined =>
  reference(context.node.outputs[0] ?? '', context.y.type)

// differences smaller than this have no quotient
const smallest = 1e-10

/** `change` ÷ `difference` where the input differs from its reference, else what the plain rule says. */
function perDifference(context: RuleContext, rule: Rule, position: number, difference: Value, change: Value): Contribution[] {
  const { g } = context
  const derivative = rule(context.altered({ upstream: context.dy }))[position]
  if (!derivative || 'kind' in derivative) throw new Error('a function of one element has a dense gradient')
  const alike = g.less(g.unary('Abs', difference), smallest)
  const quotient = g.div(change, g.where(alike, 1, difference))
  return context.node.inputs.map((_, i) => (i === position ? g.where(alike, derivative, quotient) : undefined))
}

/** What takes the place of an operator's plain rule. */
type MultiplierRule = (context: RuleContext, rule: Rule, reference: ReferenceOf) => readonly Contribution[]

/** The Rescale rule: m_x = m_y · Δy/Δx. Section 3.5.2 */
const rescale: MultiplierRule = (context, rule, reference) => {
  const [position = 0, ...more] = context.wanted
  const x = context.input(position)
  const [x0, y0] = [inputOf(reference, context, position), outputOf(reference, context)]
  // the larger of two computed tensors is no function of one
  if (more.length > 0 || !x0 || !y0 || !sameShape(x.shape, context.y.shape)) return rule(context)
  const { g } = context
  return perDifference(context, rule, position, g.sub(x, x0), g.mul(context.dy, g.sub(context.y, y0)))
}

/**
 * A maximum is changed from its reference in two steps: up from y₀ to max(y, y₀) where the image has its maximum, down from
 * there to y where the reference has it. That is how captum does it; the paper treats the two as one place.
 */
const maximum: MultiplierRule = (context, rule, reference) => {
  const { g, x, y } = context
  const [x0, y0] = [inputOf(reference, context, 0), outputOf(reference, context)]
  if (!x0 || !y0) return rule(context)
  const top = g.add(y0, g.relu(g.sub(y, y0)))
  const moved = (upward: Value, from: Value, output: Value): Value =>
    rule(context.altered({ upstream: g.mul(context.dy, upward), inputs: { 0: from }, output }))[0] as Value
  return perDifference(context, rule, 0, g.sub(x, x0), g.add(moved(g.sub(top, y0), x, y), moved(g.sub(y, top), x0, y0)))
}

/** Δ(ab) = Δa · (b + b₀)/2 + Δb · (a + a₀)/2: each factor with the mean of the other. Constant factors are their own mean. */
const product: MultiplierRule = (context, rule, reference) => {
  const { g } = context
  if (context.wanted.length < 2) return rule(context)
  const means = [0, 1].map((i) => {
    const value = context.input(i)
    const other = inputOf(reference, context, i)
    return other && g.mul(g.add(value, other), 0.5)
  })
  return means.includes(undefined) ? rule(context) : rule(context.altered({ inputs: { 0: means[0], 1: means[1] } }))
}

/** Δ(a/b) = Δa · (1/b + 1/b₀)/2 − Δb · (a + a₀)/2 · 1/(b·b₀) */
const quotient: MultiplierRule = (context, rule, reference) => {
  if (!context.wants(1)) return rule(context)
  const { g, x: a, b } = context
  // a numerator that is constant is its own reference
  const [a0, b0] = [context.wants(0) ? inputOf(reference, context, 0) : a, inputOf(reference, context, 1)]
  if (!a0 || !b0) return rule(context)
  const [one, other] = [g.div(1, b), g.div(1, b0)]
  const numerator = g.mul(g.add(a, a0), 0.5)
  return [
    context.wants(0) ? g.mul(upstream(context, 0), g.mul(g.add(one, other), 0.5)) : undefined,
    g.neg(g.mul(upstream(context, 1), g.mul(numerator, g.mul(one, other)))),
  ]
}

/** Operators whose multiplier is not their derivative. Max and Min are functions of one element where all operands but one are constant. */
const byKind: Partial<Record<Kind, MultiplierRule>> = {
  activation: rescale,
  'biased-activation': rescale,
  function: rescale,
  extremum: rescale,
  maximum,
  product,
  dense: product,
  quotient,
}

/**
 * A table whose walk ends in multipliers m, with Σ m ⊙ (x − x₀) = y − y₀ on networks of linear layers, functions of one
 * element, maximum pools, products and quotients. All others (softmax, attention, normalisations in one operator)
 * pass their derivative.
 *
 * @param reference the values of the network's tensors for the reference x₀
 */
export function deeplift(reference: ReferenceOf): RuleTable {
  return rulesByOperator(plain, (operator, own) => {
    const rule = byKind[traits.get(operator)?.kind ?? 'control']
    return rule ? (context) => rule(context, own, reference) : own
  })
}
