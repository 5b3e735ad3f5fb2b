/** @file Element-wise Grad-CAM: only what speaks for the class in each channel and place. */
import { defineMethod } from '../definition.ts'

/** L = Σ_k ReLU(G_k · A_k): HiRes-CAM whose channels cannot cancel each other. */
export const gradCamElementwise = defineMethod({
  name: 'grad-cam-elementwise',
  title: 'Element-wise Grad-CAM',
  family: 'cam',
  signed: 'never',
  gradient: 'features',
  source: 'pytorch-grad-cam, GradCAMElementWise',
  map: ({ g, activations, gradient }) => g.sum(g.relu(g.mul(gradient, activations)), [1], false),
})
