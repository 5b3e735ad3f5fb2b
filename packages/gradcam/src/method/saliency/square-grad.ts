/** @file SmoothGrad-Squared: the mean of squared gradients over noisy copies of the image. */
import { defineMethod } from '../definition.ts'
import { noiseOptions, overNoise } from './over-noise.ts'

/** 1/n Σ (∂y/∂x)² at x + N(0, σ²) (Hooker et al. 2019, arXiv:1806.10758). */
export const squareGrad = defineMethod({
  name: 'square-grad',
  title: 'SmoothGrad-Squared',
  family: 'saliency',
  signed: 'never',
  source: 'Hooker et al. 2019, arXiv:1806.10758',
  cost: 'samples × (1 + backward to the image)',
  options: noiseOptions,
  run: overNoise((_, square) => square),
})
