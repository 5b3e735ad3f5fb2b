/** @file How relevance goes through a node: what reached the output is shared out in proportion to what each input brought. */
import type { Builder } from '../../../graph/emit.ts'
import type { Value } from '../../../graph/graph.ts'
import type { Contribution, Rule, RuleContext } from '../../rule.ts'
import { passed } from '../../rules/arithmetic.ts'
import { plain } from '../plain.ts'

/** z + ε·sign(z), sign(0) = 1: a denominator that is never 0. Bach et al. 2015, doi:10.1371/journal.pone.0130140, eq. 58 */
const stabilized = (g: Builder, z: Value, epsilon: number): Value => g.add(z, g.where(g.less(z, 0), -epsilon, epsilon, z.type))

/** R/stab(z): the relevance of the output for each unit of z. */
export const perUnit = ({ g, compact }: RuleContext, z: Value, epsilon: number): Value => g.div(compact, stabilized(g, z, epsilon))

/** What a refusal advises. */
export const otherTables = 'take a rule table of gradients: plain, guided-backprop or deconvnet'

/** What takes the place of an operator's plain rule, `own`. */
export type RelevanceRule = (context: RuleContext, own: Rule, epsilon: number) => readonly Contribution[]

/** x ⊙ Jᵀs for each wanted input, J the derivative that the plain rule knows; both as that rule sees them. */
export function shares(
  context: RuleContext,
  rule: Rule,
  s: Value,
  inputs: Readonly<Record<number, Value | undefined>> = {},
): (Value | undefined)[] {
  const seen = context.altered({ upstream: s, inputs, rules: plain })
  return rule(seen).map((contribution, i) =>
    contribution && seen.has(i) ? context.g.mul(seen.input(i), valueOf(contribution)) : undefined,
  )
}

function valueOf(contribution: Contribution & object): Value {
  if (!('kind' in contribution)) return contribution
  if (contribution.kind === 'dense') return contribution.value
  throw new Error('relevance is dense')
}

/**
 * R_x = x ⊙ Jᵀ(R_y / stab(y)): the ε rule of an operator that is linear in its inputs, or more generally homogeneous
 * of degree 1, for then Σ x ⊙ Jᵀ = y (Euler). `linear` names the inputs for which this holds. Default: all.
 * Bach et al. 2015, eq. 58
 */
export const split =
  (linear?: readonly number[]): RelevanceRule =>
  (context, own, epsilon) => {
    if (linear && context.wanted.some((i) => !linear.includes(i))) context.refuse('its parameters are computed', otherTables)
    return shares(context, own, perUnit(context, context.y, epsilon))
  }

/** All relevance goes to the one input on the path: functions of one element, and scalings by a constant. */
export const pass: Rule = (context) => {
  const position = onlyInput(context)
  return context.node.inputs.map((_, i) => (i === position ? passed(context, i) : undefined))
}

/** All relevance goes to the first input, for any parameters: activations and normalisations. */
export const passFirst: Rule = (context) => [context.wants(0) ? passed(context, 0) : undefined]

/** The one input on the path; refuses products and quotients of several. */
export function onlyInput(context: RuleContext): number {
  const [position, ...others] = context.wanted
  if (position === undefined || others.length > 0)
    return context.refuse('relevance cannot be shared out over a product or quotient of two computed tensors', otherTables)
  return position
}

/** For operators without an agreed way to share relevance. */
export const refused =
  (why: string, hint = otherTables): Rule =>
  (context) =>
    context.refuse(why, hint)
