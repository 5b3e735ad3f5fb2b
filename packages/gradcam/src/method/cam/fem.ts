/** @file FEM: channels weighted by how many of their places stand out, whatever the class. */
import { defineMethod } from '../definition.ts'
import { weightedSum } from './weighted-sum.ts'
import { numberOption } from '../options.ts'

/**
 * L = Σ_k w_k A_k, w_k the share of places where A_k > mean + k·σ of its channel (Feature Explanation Method:
 * Fuad et al., IPTA 2020).
 */
export const fem = defineMethod({
  name: 'fem',
  title: 'Feature Explanation Method',
  family: 'cam',
  source: 'Fuad et al. 2020, hal-02963298',
  options: { k: numberOption(2, [0, 100], 'standard deviations above the mean that make a place stand out') },
  map({ g, activations }, { k }) {
    const mean = g.mean(activations, [2, 3])
    const off = g.sub(activations, mean)
    const deviation = g.unary('Sqrt', g.mean(g.mul(off, off), [2, 3]))
    const outstanding = g.mask(g.greater(activations, g.add(mean, g.mul(deviation, k))), activations.type)
    return weightedSum(g, g.mean(outstanding, [2, 3]), activations)
  },
})
