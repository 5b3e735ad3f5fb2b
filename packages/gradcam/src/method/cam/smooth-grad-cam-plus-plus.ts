/** @file Smooth Grad-CAM++: Grad-CAM++ of gradients that are averaged over noisy copies of the image. */
import type { Value } from '../../graph/graph.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { defineMethod } from '../definition.ts'
import { copyOptions, eachNoisyGradient, gaussian } from '../noise.ts'
import type { RunContext } from '../../run/run-context.ts'

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
  options: copyOptions,
  async run(context, { samples, noise }) {
    const { activations, height, width } = await context.forwardResult()
    const powers = await meanPowers(context, activations.length, samples, noise)
    return { width, height, data: weightedMap(activations, powers, height * width) }
  },
})

type Powers = readonly [Float64Array, Float64Array, Float64Array]

/** Means of G, G² and G³ over noisy inputs. */
async function meanPowers(context: RunContext, length: number, samples: number, noise: number): Promise<Powers> {
  const powers: Powers = [new Float64Array(length), new Float64Array(length), new Float64Array(length)]
  const gradient = ({ g, gradient, activations }: GraphContext): Value => g.expand(gradient, activations.shape)
  await eachNoisyGradient(context, { samples, noise: gaussian(context, noise), gradient }, (row) => {
    for (let i = 0; i < length; i++) {
      let power = 1 / samples
      for (const sums of powers) sums[i] = (sums[i] as number) + (power *= row[i] as number)
    }
  })
  return powers
}

function weightedMap(activations: Float32Array, [first, second, third]: Powers, places: number): Float32Array {
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
