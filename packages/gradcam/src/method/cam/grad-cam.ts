/** @file Grad-CAM: each channel weighted by how strongly, on average, the score rises with it. */
import { defineMethod } from '../definition.ts'
import { weightedSum } from './weighted-sum.ts'

/**
 * L = Σ_k α_k A_k with α_k = 1/Z Σ_ij ∂y/∂A_k,ij (Selvaraju et al., ICCV 2017, arXiv:1610.02391, equations 1 and 2).
 * The ReLU of equation 2 is the `relu` activation of the post-processing, so that it can be left out.
 */
export const gradCam = defineMethod({
  name: 'grad-cam',
  title: 'Grad-CAM',
  family: 'cam',
  signed: 'evidence',
  gradient: 'features',
  source: 'Selvaraju et al. 2017, arXiv:1610.02391',
  map: ({ g, activations, gradient }) => weightedSum(g, g.mean(gradient, [2, 3]), activations),
})
