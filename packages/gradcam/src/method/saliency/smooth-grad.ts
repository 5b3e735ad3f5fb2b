/** @file SmoothGrad: the gradient, averaged over noisy copies of the image. */
import { defineMethod } from '../definition.ts'
import { noiseOptions, overNoise } from './over-noise.ts'

/** 1/n Σ ∂y/∂x at x + N(0, σ²) (Smilkov et al. 2017, arXiv:1706.03825, section 2.2). */
export const smoothGrad = defineMethod({
  name: 'smooth-grad',
  title: 'SmoothGrad',
  family: 'saliency',
  source: 'Smilkov et al. 2017, arXiv:1706.03825',
  cost: 'samples × (1 + backward to the image)',
  options: noiseOptions,
  run: overNoise((mean) => mean),
})
