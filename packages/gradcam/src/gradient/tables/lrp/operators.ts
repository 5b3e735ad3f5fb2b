/** @file Relevance through every kind of operator. */
import type { Kind } from '../../../graph/operators.ts'
import { Add } from '../../rules/arithmetic.ts'
import { onlyInput, otherTables, pass, passFirst, perUnit, refused, type RelevanceRule, shares, split } from './relevance.ts'

/** A zero point says where zero lies, and is no bias to share relevance with. */
const quantized: RelevanceRule = (context, own) => own(context.altered({ rules: { ...context.rules, Sub: pass } }))

/** Constants only limit; of computed tensors the winner takes all. */
const extremum: RelevanceRule = (context, own) => (context.wanted.length === 1 ? pass(context) : own(context))

/** Scaling by a constant. */
const quotient: RelevanceRule = (context) =>
  onlyInput(context) === 0 ? pass(context) : context.refuse('it divides by a computed tensor', otherTables)

/** An activation of x + b: what the sum got is shared out as by Add. */
const biased: RelevanceRule = (context, _, epsilon) =>
  context.has(1) ? shares(context, Add, perUnit(context, context.g.add(context.x, context.b), epsilon)) : passFirst(context)

const batchNormalization: RelevanceRule = (context, own, epsilon) => {
  if (context.int('training_mode', 0) !== 0) context.refuse('its statistics are those of the batch', 'export the model in evaluation mode')
  return split([0, 2, 3])(context, own, epsilon)
}

/** Copies hand their relevance back, mixtures share it out. */
const resize: RelevanceRule = (context, own, epsilon) =>
  context.string('mode', 'nearest') === 'nearest' ? own(context) : split([0])(context, own, epsilon)

const scatter: RelevanceRule = (context, own, epsilon) => {
  const reduction = context.string('reduction', 'none')
  if (reduction === 'none') return own(context)
  return reduction === 'add' ? split()(context, own, epsilon) : context.refuse(`relevance has no rule for its reduction ${reduction}`)
}

const einsum: RelevanceRule = (context, own, epsilon) => {
  onlyInput(context)
  return split()(context, own, epsilon)
}

const asPlain: RelevanceRule = (context, own) => own(context)
const unknown = refused('relevance has no rule for it')

/** Rules by the kind of operator; what has weights is a choice of the table. */
export const relevanceRules: Readonly<Record<Exclude<Kind, 'convolution' | 'dense'>, RelevanceRule>> = {
  einsum,
  'batch-normalisation': batchNormalization,
  sum: split(),
  product: pass,
  quotient,
  extremum,
  activation: passFirst,
  'biased-activation': biased,
  function: unknown,
  homogeneous: split([0]),
  // moved, copied, cut or chosen: the gradient's rule moves relevance as well; of a maximum the winner takes all
  maximum: asPlain,
  movement: asPlain,
  resize,
  scatter,
  // the identity rule: what a normalisation divides by is taken as given. Achtibat et al. 2024, arXiv:2402.05602
  normalisation: passFirst,
  softmax: refused('relevance cannot be shared out over a softmax', 'begin at the scores: at the tensor before the softmax'),
  attention: refused('relevance cannot be shared out over attention, a product of computed tensors'),
  quantiser: passFirst,
  dequantiser: passFirst,
  quantised: quantized,
  // their parts have rules of their own
  composite: asPlain,
  nonlinear: unknown,
  // without a derivative at all, or refused by name
  step: asPlain,
  control: asPlain,
  random: unknown,
}
