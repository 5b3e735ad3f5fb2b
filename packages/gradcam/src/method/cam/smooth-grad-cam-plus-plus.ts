/** @file Smooth Grad-CAM++: Grad-CAM++ of gradients that are averaged over noisy copies of the image. */
import { extremes } from '../../core/numbers.ts'
import { randomOf } from '../../core/random.ts'
import { defineMethod } from '../definition.ts'
import type { OptionTable } from '../options.ts'
import type { RunContext } from '../../run/run-context.ts'

const options = {
  samples: { kind: 'number', default: 25, min: 1, max: 10_000, whole: true, about: 'noisy copies of the image' },
  noise: { kind: 'number', default: 0.15, min: 0, max: 10, about: 'standard deviation of the noise, as a part of the range of the input' },
} as const satisfies OptionTable

/**
 * L = Σ_k w_k A_k with w_k = Σ_ij α ReLU(D₁), α = D₂ / (2 D₂ + Σ_ab A · D₃), D_p the mean of G^p over n noisy inputs (Omeiza et al.
 * 2019, arXiv:1908.01224). A is that of the image without noise; the numerator is D₂, as in Grad-CAM++
 * (the paper prints D₁).
 */
export const smoothGradCamPlusPlus = defineMethod({
  name: 'smooth-grad-cam++',
  title: 'Smooth Grad-CAM++',
  family: 'cam',
  gradient: 'features',
  source: 'Omeiza et al. 2019, arXiv:1908.01224',
  cost: '1 + samples × (1 + backward to the feature layer)',
  options,
  async run(context, { samples, noise }) {
    const { activations, height, width } = await context.forwardResult()
    const powers = await meanPowers(context, activations.length, samples, noise)
    return { width, height, data: weightedMap(activations, powers, height * width) }
  },
})

/** Means of G, G² and G³ over noisy inputs. */
async function meanPowers(
  context: RunContext,
  length: number,
  samples: number,
  noise: number,
): Promise<readonly [Float64Array, Float64Array, Float64Array]> {
  const { channels, height, width, data } = context.image
  const forward = await context.forward({
    key: 'noisy gradient',
    feeds: { noise: { shape: [channels, height, width], each: true } },
    image: (g, image, fed) => g.add(image, fed('noise')),
    outputs: ({ g, gradient, activations }) => ({ gradient: g.expand(gradient, activations.shape) }),
  })
  const [low, high] = extremes(data)
  const deviation = noise * (high - low)
  const [first, second, third] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)]
  await forward.each(
    samples,
    (from, size) => {
      const rows = new Float32Array(size * data.length)
      for (let i = 0; i < size; i++) {
        const random = randomOf(context.seed, from + i)
        for (let j = 0; j < data.length; j++) rows[i * data.length + j] = deviation * random.normal()
      }
      return { noise: rows }
    },
    ({ gradient = new Float32Array() }, _, size) => {
      for (let i = 0; i < size * length; i++) {
        const [value, at] = [gradient[i] as number, i % length]
        first[at] = (first[at] as number) + value / samples
        second[at] = (second[at] as number) + value ** 2 / samples
        third[at] = (third[at] as number) + value ** 3 / samples
      }
    },
  )
  return [first, second, third]
}

function weightedMap(
  activations: Float32Array,
  [first, second, third]: Awaited<ReturnType<typeof meanPowers>>,
  places: number,
): Float32Array {
  const map = new Float64Array(places)
  for (let start = 0; start < activations.length; start += places) {
    let [total, weight] = [0, 0]
    for (let i = start; i < start + places; i++) total += activations[i] as number
    for (let i = start; i < start + places; i++) {
      const below = 2 * (second[i] as number) + total * (third[i] as number)
      if (below !== 0) weight += ((second[i] as number) / below) * Math.max(0, first[i] as number)
    }
    for (let i = 0; i < places; i++) map[i] = (map[i] as number) + weight * (activations[start + i] as number)
  }
  return Float32Array.from(map)
}
