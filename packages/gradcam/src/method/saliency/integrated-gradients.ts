/** @file Integrated gradients: what each pixel added on the straight way from an image that says nothing. */
import { defineMethod } from '../definition.ts'
import type { RunContext } from '../../run/run-context.ts'
import { baselineOption } from '../neutral-option.ts'
import { neutralImage } from '../../run/neutral.ts'
import { overChannels } from './channels.ts'
import { type Attributed, outcomeOf } from './completeness.ts'
import { fromBaselines } from './from-baselines.ts'
import { type Points, quadrature, quadratures } from './quadrature.ts'
import { choiceOption, wholeOption } from '../options.ts'

/** (x − x′) ⊙ Σ_k w_k ∂y/∂x at x′ + α_k (x − x′), and the scores of both ends. `baseline` x′ is [C, H, W]. */
export const alongPath = (context: RunContext, baseline: Float32Array, { at, weights }: Points): Promise<Attributed> =>
  fromBaselines(context, {
    count: at.length,
    place: (i) => ({ baseline, at: at[i] as number, weight: weights[i] as number }),
    baselines: 1,
  })

/** (x − x′) ∫₀¹ ∂y/∂x at x′ + α(x − x′) dα (Sundararajan et al. 2017, arXiv:1703.01365, equation 1). */
export const integratedGradients = defineMethod({
  name: 'integrated-gradients',
  title: 'Integrated gradients',
  family: 'saliency',
  signed: 'evidence',
  source: 'Sundararajan et al. 2017, arXiv:1703.01365',
  cost: '2 + steps × (1 + backward to the image)',
  options: {
    steps: wholeOption(50, [1, 10000], 'gradients on the way from the baseline to the image'),
    rule: choiceOption('gauss-legendre', quadratures, 'how the integral becomes a sum'),
    baseline: baselineOption,
    channels: overChannels('sum'),
  },
  async run(context, { steps, rule, baseline, channels }) {
    const path = await alongPath(context, neutralImage(context, baseline), quadrature(rule, steps))
    return outcomeOf(path, channels, `take more \`steps\`: ${2 * steps}`)
  },
})
