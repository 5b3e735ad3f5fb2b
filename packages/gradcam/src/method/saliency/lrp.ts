/** @file Layer-wise relevance propagation: the score, shared out backwards from operator to operator until it reaches the image. */
import { lrpEpsilon, lrpEpsilonGamma, lrpEpsilonPlus, lrpGamma, lrpZPlus } from '../../gradient/tables.ts'
import type { RuleTable } from '../../gradient/walk.ts'
import { defineMethod } from '../definition.ts'
import { choiceOption, choicesOf, numberOption } from '../options.ts'
import { overChannels, throughChannels } from './channels.ts'

interface Constants {
  epsilon: number
  gamma: number
}

const tables = {
  epsilon: lrpEpsilon,
  gamma: lrpGamma,
  'z-plus': lrpZPlus,
  'epsilon-plus': lrpEpsilonPlus,
  'epsilon-gamma': lrpEpsilonGamma,
} satisfies Record<string, (constants: Constants) => RuleTable>

/** R_x = Σ over readers of x of the share that x had in each (Bach et al. 2015, doi:10.1371/journal.pone.0130140), starting with R_y = y. */
export const lrp = defineMethod({
  name: 'lrp',
  title: 'Layer-wise relevance propagation',
  family: 'saliency',
  signed: 'evidence',
  source: 'Bach et al. 2015, doi:10.1371/journal.pone.0130140',
  cost: '1 + about two backward to the image',
  options: {
    rule: choiceOption('epsilon-plus', choicesOf(tables), 'how convolutions and dense layers share relevance out'),
    epsilon: numberOption(1e-6, [1e-12, 1e6], 'added to denominators, away from 0'),
    gamma: numberOption(0.25, [0, 1e6], 'how much positive weights are favoured by the gamma rules'),
    channels: overChannels('sum'),
  },
  map: ({ g, imageGradient }, { rule, channels, ...constants }) =>
    throughChannels(g, imageGradient({ rules: tables[rule](constants), start: 'score' }), channels),
})
