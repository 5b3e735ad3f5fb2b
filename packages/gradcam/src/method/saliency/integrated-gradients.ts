/** @file Integrated gradients: what each pixel added on the straight way from an image that says nothing. */
import { defineMethod } from '../definition.ts'
import type { RunContext } from '../../run/run-context.ts'
import { baselineOption } from '../neutral-option.ts'
import { neutralImage } from '../../run/neutral.ts'
import { type Attribution, mapOf, overChannels } from './channels.ts'
import { completeness } from './completeness.ts'
import { type Points, quadrature, quadratures } from './quadrature.ts'
import { choiceOption, wholeOption } from '../options.ts'

/** (x − x′) ⊙ Σ_k w_k ∂y/∂x at x′ + α_k (x − x′), and the scores of both ends. `baseline` x′ is [C, H, W]. */
export async function alongPath(
  context: RunContext,
  baseline: Float32Array,
  { at, weights }: Points,
): Promise<Attribution & { score: number; before: number }> {
  const { data: x, channels, height, width } = context.image
  const forward = await context.forward({
    key: 'along the path',
    feeds: { at: { shape: [1, 1, 1], each: true }, baseline: { shape: [channels, height, width], each: false } },
    image: (g, image, fed) => g.add(fed('baseline'), g.mul(fed('at'), g.sub(image, fed('baseline')))),
    outputs: (context) => ({ score: context.score, gradient: context.imageGradient() }),
  })
  // the last two are the ends themselves
  const places = [...at, 1, 0]
  const data = new Float64Array(x.length)
  let [score, before] = [Number.NaN, Number.NaN]
  await forward.each(
    places.length,
    (from, size) => ({ at: Float32Array.from(places.slice(from, from + size)), baseline }),
    ({ score: scores = new Float32Array(), gradient = new Float32Array() }, from, size) => {
      for (let i = 0; i < size; i++) {
        const weight = weights[from + i]
        if (weight === undefined) {
          if (places[from + i] === 1) score = scores[i] as number
          else before = scores[i] as number
          continue
        }
        const start = i * x.length
        for (let k = 0; k < x.length; k++) data[k] = (data[k] as number) + weight * (gradient[start + k] as number)
      }
    },
  )
  for (let k = 0; k < x.length; k++) data[k] = (data[k] as number) * ((x[k] as number) - (baseline[k] as number))
  return { data, channels, height, width, score, before }
}

/** (x − x′) ∫₀¹ ∂y/∂x at x′ + α(x − x′) dα (Sundararajan et al. 2017, arXiv:1703.01365, equation 1). */
export const integratedGradients = defineMethod({
  name: 'integrated-gradients',
  title: 'Integrated gradients',
  family: 'saliency',
  signed: 'evidence',
  source: 'Sundararajan et al. 2017, arXiv:1703.01365',
  cost: '(steps + 2) × (1 + backward to the image)',
  options: {
    steps: wholeOption(50, [1, 10000], 'gradients on the way from the baseline to the image'),
    rule: choiceOption('gauss-legendre', quadratures, 'how the integral becomes a sum'),
    baseline: baselineOption,
    channels: overChannels('sum'),
  },
  async run(context, { steps, rule, baseline, channels }) {
    const path = await alongPath(context, neutralImage(context, baseline), quadrature(rule, steps))
    const sums = completeness(path.data, path.score, path.before, `take more \`steps\`: ${2 * steps}`)
    return { ...mapOf(path, channels), ...sums }
  },
})
