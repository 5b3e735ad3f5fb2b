/** @file VarGrad: how much gradients vary over noisy copies of the image. */
import { defineMethod } from '../definition.ts'
import { noiseOptions, overNoise } from './over-noise.ts'

/** Variance of ∂y/∂x at x + N(0, σ²), divided by n (Adebayo et al. 2018, arXiv:1810.03307). */
export const varGrad = defineMethod({
  name: 'var-grad',
  title: 'VarGrad',
  family: 'saliency',
  signed: 'never',
  source: 'Adebayo et al. 2018, arXiv:1810.03307',
  cost: 'samples × (1 + backward to the image)',
  options: noiseOptions,
  run: overNoise((mean, square) => Math.max(0, square - mean * mean)),
})
