/** @file Grad-CAM++: positive gradients, each place weighted so that several instances of a class count alike. */
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Value } from '../../graph/graph.ts'
import { defineMethod } from '../definition.ts'
import { choiceOption } from '../options.ts'
import { weightedSum } from './weighted-sum.ts'

const denominators = ['paper', 'pytorch-grad-cam', 'none'] as const
type Denominator = (typeof denominators)[number]

const denominator = choiceOption(
  'paper',
  denominators,
  'what G² is divided by: 2G² + ΣA·G³ as in the paper, the same plus 1e-6, or nothing, as in torch-cam',
)

/**
 * L = Σ_k w_k A_k with w_k = Σ_ij α ReLU(G), α = G² / (2G² + Σ_ab A · G³) (Chattopadhay et al., WACV 2018, arXiv:1710.11063,
 * equation 19). y takes the place of log S: the factor exp(y), which all channels share, is left out.
 */
export const gradCamPlusPlus = defineMethod({
  name: 'grad-cam++',
  title: 'Grad-CAM++',
  family: 'cam',
  gradient: 'features',
  source: 'Chattopadhay et al. 2018, arXiv:1710.11063',
  options: { denominator },
  map({ g, activations, gradient }, { denominator }) {
    const total = g.sum(activations, [2, 3])
    const whole = g.expand(gradient, [gradient.shape[0] as Dim, ...activations.shape.slice(1)])
    return weightedSum(g, g.sum(weighted(g, whole, total, denominator), [2, 3]), activations)
  },
})

/** α·ReLU(G), [N, C, h, w]. */
function weighted(g: Builder, gradient: Value, total: Value, kind: Denominator): Value {
  const positive = g.relu(gradient)
  // G² cancels, and with it the underflow of small gradients; nothing where the gradient or the denominator is 0
  if (kind === 'paper') {
    const below = g.add(g.mul(total, gradient), 2)
    const zero = g.equal(below, 0)
    return g.where(zero, 0, g.div(positive, g.where(zero, 1, below)))
  }
  const squared = g.mul(gradient, gradient)
  if (kind === 'none') return g.mul(squared, positive)
  const below = g.add(g.add(g.mul(squared, 2), g.mul(total, g.mul(squared, gradient))), 1e-6)
  return g.div(g.mul(squared, positive), below)
}
