/** @file Relevance through every kind of operator. */
import type { Kind } from '../../../graph/operators.ts'
import type { Rule } from '../../rule.ts'
import { Add } from '../../rules/arithmetic.ts'
import { onlyInput, pass, passFirst, refused, shares, split, stabilized } from './relevance.ts'
import type { WeightedRule } from './weighted.ts'

/** Makes a rule of relevance out of the plain rule of the same operator. */
type RelevanceRule = (own: Rule) => Rule

/** A zero point says where zero lies, and is no bias to share relevance with. */
const quantized: RelevanceRule = (own) => (context) => own(context.altered({ rules: { ...context.rules, Sub: pass } }))

/** Constants only limit; of computed tensors the winner takes all. */
const extremum: RelevanceRule = (own) => (context) =>
  context.node.inputs.filter((_, i) => context.wants(i)).length === 1 ? pass(context) : own(context)

/** Scaling by a constant. */
const quotient: Rule = (context) => (onlyInput(context) === 0 ? pass(context) : refused('it divides by a computed tensor')(context))

/** An activation of x + b: what the sum got is shared out as by Add. */
const biased =
  (epsilon: number): Rule =>
  (context) => {
    const { g } = context
    if (!context.has(1)) return passFirst(context)
    return shares(context, Add, g.div(context.compact, stabilized(g, g.add(context.x, context.b), epsilon)))
  }

const batchNormalization =
  (epsilon: number): RelevanceRule =>
  (own) =>
  (context) => {
    if (context.int('training_mode', 0) !== 0)
      context.refuse('its statistics are those of the batch', 'export the model in evaluation mode')
    return split(own, epsilon, [0, 2, 3])(context)
  }

/** Copies hand their relevance back, mixtures share it out. */
const resize =
  (epsilon: number): RelevanceRule =>
  (own) =>
  (context) =>
    (context.string('mode', 'nearest') === 'nearest' ? own : split(own, epsilon, [0]))(context)

const scatter =
  (epsilon: number): RelevanceRule =>
  (own) =>
  (context) => {
    const reduction = context.string('reduction', 'none')
    if (reduction === 'none') return own(context)
    return reduction === 'add' ? split(own, epsilon)(context) : context.refuse(`relevance has no rule for its reduction ${reduction}`)
  }

const einsum =
  (epsilon: number): RelevanceRule =>
  (own) =>
  (context) => {
    onlyInput(context)
    return split(own, epsilon)(context)
  }

const asPlain: RelevanceRule = (own) => own
const unknown = refused('relevance has no rule for it')

/** Rules by the kind of operator. */
export const relevanceRules = (epsilon: number, convolution: WeightedRule, dense: WeightedRule): Readonly<Record<Kind, RelevanceRule>> => ({
  convolution,
  dense,
  einsum: einsum(epsilon),
  'batch-normalisation': batchNormalization(epsilon),
  sum: (own) => split(own, epsilon),
  product: () => pass,
  quotient: () => quotient,
  extremum,
  activation: () => passFirst,
  'biased-activation': () => biased(epsilon),
  function: () => unknown,
  homogeneous: (own) => split(own, epsilon, [0]),
  // moved, copied, cut or chosen: the gradient's rule moves relevance as well; of a maximum the winner takes all
  maximum: asPlain,
  movement: asPlain,
  resize: resize(epsilon),
  scatter: scatter(epsilon),
  // the identity rule: what a normalisation divides by is taken as given. Achtibat et al. 2024, arXiv:2402.05602
  normalisation: () => passFirst,
  softmax: () => refused('relevance cannot be shared out over a softmax', 'begin at the scores: at the tensor before the softmax'),
  attention: () => refused('relevance cannot be shared out over attention, a product of computed tensors'),
  quantiser: () => passFirst,
  dequantiser: () => passFirst,
  quantised: quantized,
  // their parts have rules of their own
  composite: asPlain,
  nonlinear: () => unknown,
  // without a derivative at all, or refused by name
  step: asPlain,
  control: asPlain,
  random: () => unknown,
})
