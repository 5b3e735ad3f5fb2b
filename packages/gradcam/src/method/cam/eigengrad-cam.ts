/** @file EigenGrad-CAM: Eigen-CAM of gradient times activation, which makes it speak of a class. */
import { defineMethod } from '../definition.ts'
import { principalProjection, risingWith } from './principal.ts'

/** As Eigen-CAM, with X = G·A. The sign is the one that correlates with Σ_c |G_c·A_c|. */
export const eigengradCam = defineMethod({
  name: 'eigengrad-cam',
  title: 'EigenGrad-CAM',
  family: 'cam',
  gradient: 'features',
  source: 'pytorch-grad-cam, EigenGradCAM',
  map({ g, activations, gradient }) {
    const weighted = g.mul(gradient, activations)
    return risingWith(g, principalProjection(g, weighted), weighted)
  },
})
