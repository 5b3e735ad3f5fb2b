/** @file Gradient SHAP: integrated gradients whose baseline and place on the way are drawn at random. */
import { randomOf } from '../../core/random.ts'
import { defineMethod } from '../definition.ts'
import type { RunContext } from '../../run/run-context.ts'
import { baselineOption } from '../neutral-option.ts'
import { neutralImage } from '../../run/neutral.ts'
import { type Attribution, mapOf, overChannels } from './channels.ts'
import { completeness } from './completeness.ts'
import { copyOptions, rangeOf } from '../noise.ts'
import { wholeOption } from '../options.ts'

/** One draw: a baseline [C, H, W] and a place from 0 (there) to 1 (at the image). */
export interface Draw {
  baseline: Float32Array
  at: number
}

/** Baselines around a given one; places one in each n-th of the way, at random in there, which varies less than all at random. */
export function draws({ image, seed }: RunContext, around: Float32Array, samples: number, deviation: number): (i: number) => Draw {
  const sigma = deviation * rangeOf(image.data)
  return (i) => {
    const random = randomOf(seed, i)
    const at = (i + random.uniform()) / samples
    return { at, baseline: around.map((value) => value + sigma * random.normal()) }
  }
}

/** 1/n Σ (x − b_i) ⊙ ∂y/∂x at b_i + α_i (x − b_i), with y(x) and the mean of y(b_i). */
async function expectedGradients(
  context: RunContext,
  samples: number,
  draw: (i: number) => Draw,
): Promise<Attribution & { score: number; before: number }> {
  const { data: x, channels, height, width } = context.image
  const size = x.length
  const [gradients, scores] = await Promise.all([
    context.forward({
      key: 'between',
      feeds: { baseline: { shape: [channels, height, width], each: true }, at: { shape: [1, 1, 1], each: true } },
      image: (g, image, fed) => g.add(fed('baseline'), g.mul(fed('at'), g.sub(image, fed('baseline')))),
      outputs: (context) => ({ gradient: context.imageGradient() }),
    }),
    context.forward({
      key: 'scores',
      feeds: { shown: { shape: [channels, height, width], each: true } },
      image: (_, __, fed) => fed('shown'),
      outputs: ({ score }) => ({ score }),
    }),
  ])
  const total = 2 * samples + 1
  const stacked = (from: number, count: number, of: (i: number) => Float32Array): Float32Array => {
    const values = new Float32Array(count * size)
    for (let i = 0; i < count; i++) values.set(of(from + i), i * size)
    return values
  }
  const data = new Float64Array(size)
  let drawn: Draw[] = []
  await gradients.each(
    samples,
    (from, count) => {
      drawn = Array.from({ length: count }, (_, i) => draw(from + i))
      return {
        baseline: stacked(0, count, (i) => (drawn[i] as Draw).baseline),
        at: Float32Array.from(drawn, ({ at }) => at),
      }
    },
    ({ gradient = new Float32Array() }) => {
      for (const [i, { baseline }] of drawn.entries()) {
        for (let k = 0; k < size; k++) {
          const difference = (x[k] as number) - (baseline[k] as number)
          data[k] = (data[k] as number) + (difference * (gradient[i * size + k] as number)) / samples
        }
      }
    },
    (done) => context.progress(done, total),
  )
  let [score, before] = [Number.NaN, 0]
  await scores.each(
    samples + 1,
    (from, count) => ({ shown: stacked(from, count, (i) => (i === samples ? x : draw(i).baseline)) }),
    ({ score: values = new Float32Array() }, from, count) => {
      for (let i = 0; i < count; i++) {
        if (from + i === samples) score = values[i] as number
        else before += (values[i] as number) / samples
      }
    },
    (done) => context.progress(samples + done, total),
  )
  return { data, channels, height, width, score, before }
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
    const expected = await expectedGradients(context, samples, draws(context, around, samples, noise))
    const sums = completeness(expected.data, expected.score, expected.before, `take more \`samples\`: ${2 * samples}`)
    return { ...mapOf(expected, channels), ...sums }
  },
})
