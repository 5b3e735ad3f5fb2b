/** @file SmoothGrad: the gradient, averaged over noisy copies of the image. */
import { overNoise } from './over-noise.ts'

/** 1/n Σ ∂y/∂x at x + N(0, σ²) (Smilkov et al. 2017, arXiv:1706.03825, section 2.2). */
export const smoothGrad = overNoise({
  name: 'smooth-grad',
  title: 'SmoothGrad',
  slopes: true,
  source: 'Smilkov et al. 2017, arXiv:1706.03825',
  statistic: (mean) => mean,
})
