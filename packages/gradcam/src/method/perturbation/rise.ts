/** @file RISE: the mean of random masks, each weighted by the score of the image that it leaves. */
import { defineMethod } from '../definition.ts'
import { maskedMap, maskOptions } from './masked.ts'
import { scoreKindOf, scoreOf, scoreOption } from './score.ts'

/** S = Σ y(x ⊙ M_i) M_i / (N·p), Petsiuk et al., BMVC 2018, arXiv:1806.07421; y is the probability of the class. */
export const rise = defineMethod({
  name: 'rise',
  title: 'RISE',
  family: 'perturbation',
  source: 'Petsiuk et al. 2018, arXiv:1806.07421',
  cost: 'masks (4000 by default)',
  options: { ...maskOptions(4000, 7), score: scoreOption('auto') },
  run(context, { score, ...masks }) {
    const measure = scoreKindOf(context, score)
    return maskedMap(context, masks, {
      measure,
      outputs: (context) => ({ score: scoreOf(context, measure) }),
      weight: ({ score }, i) => score?.[i] as number,
    })
  },
})
