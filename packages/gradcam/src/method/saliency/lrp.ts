/** @file Layer-wise relevance propagation: the score, shared out backwards from operator to operator until it reaches the image. */
import { lrpEpsilon, lrpEpsilonGamma, lrpEpsilonPlus, lrpGamma, lrpZPlus } from '../../gradient/tables.ts'
import type { RuleTable } from '../../gradient/walk.ts'
import type { Value } from '../../graph/graph.ts'
import type { GraphMethod } from '../definition.ts'
import type { OptionValues } from '../options.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { overChannels, throughChannels } from './channels.ts'
import { signed } from './post.ts'

const tables = {
  epsilon: lrpEpsilon,
  gamma: lrpGamma,
  'z-plus': lrpZPlus,
  'epsilon-plus': lrpEpsilonPlus,
  'epsilon-gamma': lrpEpsilonGamma,
} satisfies Record<string, (constants: { epsilon: number; gamma: number }) => RuleTable>

/** The relevance of every value of the image, [N, C, H, W]. */
export function relevance({ imageGradient }: GraphContext, options: OptionValues): Value {
  const table = tables[options.choice('rule') as keyof typeof tables]
  return imageGradient({ rules: table({ epsilon: options.number('epsilon'), gamma: options.number('gamma') }), start: 'score' })
}

/** R_x = Σ over readers of x of the share that x had in each (Bach et al. 2015, doi:10.1371/journal.pone.0130140), starting with R_y = y. */
export const lrp: GraphMethod = {
  name: 'lrp',
  title: 'Layer-wise relevance propagation',
  family: 'saliency',
  signed: 'evidence',
  source: 'Bach et al. 2015, doi:10.1371/journal.pone.0130140',
  cost: '1 + about two backward to the image',
  post: signed,
  options: {
    rule: {
      kind: 'choice',
      default: 'epsilon-plus',
      choices: Object.keys(tables),
      about: 'how convolutions and dense layers share relevance out',
    },
    epsilon: { kind: 'number', default: 1e-6, min: 1e-12, max: 1e6, about: 'added to denominators, away from 0' },
    gamma: { kind: 'number', default: 0.25, min: 0, max: 1e6, about: 'how much positive weights are favoured by the gamma rules' },
    channels: overChannels('sum'),
  },
  gradient: 'image',
  map: (context, options) => throughChannels(context.g, relevance(context, options), options.choice('channels')),
}
