/** @file SmoothGrad-Squared: the mean of squared gradients over noisy copies of the image. */
import { overNoise } from './over-noise.ts'

/** 1/n Σ (∂y/∂x)² at x + N(0, σ²) (Hooker et al. 2019, arXiv:1806.10758). */
export const squareGrad = overNoise({
  name: 'square-grad',
  title: 'SmoothGrad-Squared',
  signed: 'never',
  source: 'Hooker et al. 2019, arXiv:1806.10758',
  statistic: (_, square) => square,
})
