/** @file XGrad-CAM: gradients averaged where the channel is active. */
import { defineMethod } from '../definition.ts'
import { weightedSum } from './weighted-sum.ts'

/** L = Σ_k w_k A_k with w_k = Σ_ij G·A / Σ_ij A, 0 where that sum is 0 (Fu et al., BMVC 2020, arXiv:2008.02312). */
export const xgradCam = defineMethod({
  name: 'xgrad-cam',
  title: 'XGrad-CAM',
  family: 'cam',
  signed: 'evidence',
  gradient: 'features',
  source: 'Fu et al. 2020, arXiv:2008.02312',
  map({ g, activations, gradient }) {
    const total = g.sum(activations, [2, 3])
    const silent = g.equal(total, 0)
    const weights = g.div(g.sum(g.mul(gradient, activations), [2, 3]), g.where(silent, 1, total))
    return weightedSum(g, g.where(silent, 0, weights), activations)
  },
})
