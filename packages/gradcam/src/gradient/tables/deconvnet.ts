/** @file Deconvolutional network: a rectifier is applied to the gradient as it was to the activations. Zeiler and Fergus 2014, arXiv:1311.2901. */
import type { RuleTable } from '../rule.ts'
import { plain } from './plain.ts'
import { rectifiersBy } from './rectifier.ts'

/** Section 2.1: dx = dy·[dy > 0], whatever x was. Unpooling by switches and filtering by flipped filters are the plain rules. */
export const deconvnet: RuleTable = rectifiersBy(plain, (context, position, rule) => {
  const upstream = context.g.relu(context.compact)
  const others = context.node.inputs.some((_, i) => i !== position && context.wants(i)) ? rule(context.altered({ upstream })) : []
  return context.node.inputs.map((_, i) => (!context.wants(i) ? undefined : i === position ? upstream : others[i]))
})
