/** @file Grad-CAM: each channel weighted by how strongly, on average, the score rises with it. */
import type { Dim } from '../../graph/graph.ts'
import type { Method } from '../definition.ts'

/**
 * L = Σ_k α_k A_k with α_k = 1/Z Σ_ij ∂y/∂A_k,ij (Selvaraju et al., ICCV 2017, arXiv:1610.02391, equations 1 and 2).
 * The ReLU of equation 2 is the `relu` activation of the post-processing, so that it can be left out.
 */
export const gradCam: Method = {
  name: 'grad-cam',
  title: 'Grad-CAM',
  source: 'Selvaraju et al. 2017, arXiv:1610.02391',
  map({ g, activations, gradient }) {
    const [batch, channels, height, width] = activations.shape as [Dim, number, number, number]
    const weights = g.reshape(g.mean(gradient, [2, 3]), [batch, 1, channels])
    const places = g.reshape(activations, [batch, channels, height * width])
    return g.reshape(g.matmul(weights, places), [batch, height, width])
  },
}
