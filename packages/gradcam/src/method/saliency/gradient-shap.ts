/** @file Gradient SHAP: integrated gradients whose baseline and place on the way are drawn at random. */
import { randomOf } from '../../core/random.ts'
import { defineMethod } from '../definition.ts'
import type { RunContext } from '../../run/run-context.ts'
import { baselineOption } from '../neutral-option.ts'
import { neutralImage } from '../../run/neutral.ts'
import { overChannels } from './channels.ts'
import { outcomeOf } from './completeness.ts'
import { fromBaselines, type Place } from './from-baselines.ts'
import { copyOptions, rangeOf } from '../noise.ts'
import { wholeOption } from '../options.ts'

/** Baselines around a given one; places one in each n-th of the way, at random in there, which varies less than all at random. */
export function draws({ image, seed }: RunContext, around: Float32Array, samples: number, deviation: number): (i: number) => Place {
  const sigma = deviation * rangeOf(image.data)
  return (i) => {
    const random = randomOf(seed, i)
    const at = (i + random.uniform()) / samples
    const baseline = random.normals(around.length, sigma)
    for (let k = 0; k < baseline.length; k++) baseline[k] = (baseline[k] as number) + (around[k] as number)
    return { at, weight: 1 / samples, baseline }
  }
}

/** E over baselines b and α of (x − b) ⊙ ∂y/∂x at b + α(x − b) (Erion et al. 2021, arXiv:1906.10670). */
export const gradientShap = defineMethod({
  name: 'gradient-shap',
  title: 'Gradient SHAP',
  family: 'saliency',
  signed: 'evidence',
  source: 'Erion et al. 2021, arXiv:1906.10670; Lundberg and Lee 2017',
  cost: 'samples × (2 + backward to the image)',
  options: {
    samples: wholeOption(50, [1, 10000], 'draws of a baseline and a place on the way'),
    baseline: baselineOption,
    noise: { ...copyOptions.noise, about: 'standard deviation of the baselines, as a part of the range of the image' },
    channels: overChannels('sum'),
  },
  async run(context, { samples, baseline, noise, channels }) {
    const around = neutralImage(context, baseline)
    const place = draws(context, around, samples, noise)
    const expected = await fromBaselines(context, { count: samples, place, baselines: samples })
    return outcomeOf(expected, channels, `take more \`samples\`: ${2 * samples}`)
  },
})
