/** @file Smooth Grad-CAM++: Grad-CAM++ of gradients that are averaged over noisy copies of the image. */
import type { Value } from '../../graph/graph.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { defineMethod } from '../definition.ts'
import { copyOptions, gaussian, meanPowers } from '../noise.ts'

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
    const gradient = ({ g, gradient, activations }: GraphContext): Value => g.expand(gradient, activations.shape)
    const powers = await meanPowers(context, { samples, noise: gaussian(context, noise), gradient }, 3)
    return { width, height, data: weightedMap(activations, powers, height * width) }
  },
})

function weightedMap(activations: Float32Array, powers: readonly Float64Array[], places: number): Float32Array {
  const [first, second, third] = powers as [Float64Array, Float64Array, Float64Array]
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
