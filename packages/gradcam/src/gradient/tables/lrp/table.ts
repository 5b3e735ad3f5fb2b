/** @file Layer-wise relevance propagation: what travels is the share of the score that came through a tensor. */
import { traits } from '../../../graph/operators.ts'
import { type RuleTable, rulesByOperator } from '../../rule.ts'
import { plain } from '../plain.ts'
import { relevanceRules } from './operators.ts'
import type { RelevanceRule } from './relevance.ts'
import { epsilonRule, gammaRule, zPlusRule } from './weighted.ts'

export interface LrpOptions {
  /** Added to denominators, away from 0. Default: 1e-6. */
  epsilon?: number
}

export interface LrpGammaOptions extends LrpOptions {
  /** How much positive weights are favoured. Default: 0.25. */
  gamma?: number
}

const [defaultEpsilon, defaultGamma] = [1e-6, 0.25]

function relevanceTable(epsilon: number, convolution: RelevanceRule, dense = convolution): RuleTable {
  const rules = { ...relevanceRules, convolution, dense }
  return rulesByOperator(plain, (operator, own) => {
    const rule = rules[traits.get(operator)?.kind ?? 'random']
    return (context) => rule(context, own, epsilon)
  })
}

/**
 * LRP-ε everywhere. Bach et al. 2015, doi:10.1371/journal.pone.0130140, eq. 58
 *
 * @example
 * const scores = await gradient(model, runtime, { of: [{ tensor: 'logits', seed }], wrt: ['image'], inputs, rules: lrpEpsilon({ epsilon: 0.01 }) })
 */
export const lrpEpsilon = ({ epsilon = defaultEpsilon }: LrpOptions = {}): RuleTable => relevanceTable(epsilon, epsilonRule)

/** LRP-γ in all that has weights. Montavon et al. 2019, doi:10.1007/978-3-030-28954-6_10, section 10.2.1 */
export const lrpGamma = ({ epsilon = defaultEpsilon, gamma = defaultGamma }: LrpGammaOptions = {}): RuleTable =>
  relevanceTable(epsilon, gammaRule(gamma))

/** LRP-z⁺ in all that has weights. Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008 */
export const lrpZPlus = ({ epsilon = defaultEpsilon }: LrpOptions = {}): RuleTable => relevanceTable(epsilon, zPlusRule)

/** z⁺ in convolutions, ε in dense layers: the composite EpsilonPlus of Kohlbrenner et al. 2020, arXiv:1910.09840. */
export const lrpEpsilonPlus = ({ epsilon = defaultEpsilon }: LrpOptions = {}): RuleTable => relevanceTable(epsilon, zPlusRule, epsilonRule)

/** γ in convolutions, ε in dense layers: EpsilonGammaBox of Anders et al. 2021, arXiv:2106.13200, without the box on the input. */
export const lrpEpsilonGamma = ({ epsilon = defaultEpsilon, gamma = defaultGamma }: LrpGammaOptions = {}): RuleTable =>
  relevanceTable(epsilon, gammaRule(gamma), epsilonRule)
