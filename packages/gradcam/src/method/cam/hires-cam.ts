/** @file HiRes-CAM: gradient times activation, place by place. */
import { defineMethod } from '../definition.ts'

/**
 * L = Σ_k G_k · A_k (Draelos and Carin 2020, arXiv:2011.08891). Behind a linear head its sum over the places is the
 * score without its bias, which `activation: 'none'` keeps.
 */
export const hiresCam = defineMethod({
  name: 'hires-cam',
  title: 'HiRes-CAM',
  family: 'cam',
  signed: 'evidence',
  gradient: 'features',
  source: 'Draelos and Carin 2020, arXiv:2011.08891',
  map: ({ g, activations, gradient }) => g.sum(g.mul(gradient, activations), [1], false),
})
