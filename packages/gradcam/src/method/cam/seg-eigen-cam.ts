/** @file Seg-Eigen-CAM: Eigen-CAM of activations weighted by the size of their gradient. */
import { defineMethod } from '../definition.ts'
import { principalProjection } from './principal.ts'

/**
 * As Eigen-CAM, with X = |G|·A; the sign is the one whose largest number is larger than its smallest is small (Chung and Ying,
 * Applied Sciences 2025, 15, 7562, doi:10.3390/app15137562, equation 13).
 */
export const segEigenCam = defineMethod({
  name: 'seg-eigen-cam',
  title: 'Seg-Eigen-CAM',
  family: 'cam',
  gradient: 'features',
  source: 'Chung and Ying 2025, doi:10.3390/app15137562',
  map({ g, activations, gradient }) {
    const map = principalProjection(g, g.mul(g.unary('Abs', gradient), activations))
    return g.where(g.less(g.add(g.reduceMax(map, [1, 2]), g.reduceMin(map, [1, 2])), 0), g.neg(map), map)
  },
})
