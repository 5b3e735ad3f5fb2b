/** @file Eigen-CAM: the main direction in which the features of the places differ, whatever the class. */
import { defineMethod } from '../definition.ts'
import { principalProjection, risingWith } from './principal.ts'

/**
 * L = (X − mean over places) v₁, X [Z, C] the features and v₁ the first right singular vector of the centred X (Muhammad and Yeasin,
 * IJCNN 2020, arXiv:2008.00299). Centred as in pytorch-grad-cam; the sign is the one that correlates with Σ_c |A_c|.
 */
export const eigenCam = defineMethod({
  name: 'eigen-cam',
  title: 'Eigen-CAM',
  family: 'cam',
  source: 'Muhammad and Yeasin 2020, arXiv:2008.00299',
  map: ({ g, activations }) => risingWith(g, principalProjection(g, activations), activations),
})
