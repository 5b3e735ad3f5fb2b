/** @file VarGrad: how much gradients vary over noisy copies of the image. */
import { overNoise } from './over-noise.ts'

/** Variance of ∂y/∂x at x + N(0, σ²), divided by n (Adebayo et al. 2018, arXiv:1810.03307). */
export const varGrad = overNoise({
  name: 'var-grad',
  title: 'VarGrad',
  signed: 'never',
  source: 'Adebayo et al. 2018, arXiv:1810.03307',
  statistic: (mean, square) => Math.max(0, square - mean * mean),
})
