/** @file CAM: the weights of the last layer are the weights of the channels. */
import { GradcamError } from '../../core/errors.ts'
import { defineMethod } from '../definition.ts'
import { headOf } from './linear-head.ts'
import { weightedSum } from './weighted-sum.ts'

/**
 * L = Σ_k w_k A_k, w the weights of the target in a linear layer behind global average pooling (Zhou et al., CVPR 2016,
 * arXiv:1512.04150, equation 2). Behind such a head ∂y/∂A_k = w_k/Z at every place, whatever the layer that holds the weights
 * (Gemm, MatMul, 1×1 convolution before or after the pooling, batch normalisation): that is where they are read.
 */
export const cam = defineMethod({
  name: 'cam',
  title: 'CAM',
  family: 'cam',
  signed: 'evidence',
  source: 'Zhou et al. 2016, arXiv:1512.04150',
  map(context) {
    const { g, activations, gradient, layers } = context
    const { fault, operators, averaged } = headOf(context)
    if (fault !== undefined) {
      throw new GradcamError(
        'unsupported-model',
        `cam needs global average pooling and a linear layer behind ${layers.feature.name}: ${fault}`,
        {
          hint: `the head is ${headText(operators)}: use grad-cam, which is the same map for linear heads and takes any other`,
        },
      )
    }
    const weights = g.mean(gradient, [2, 3])
    return weightedSum(g, averaged > 1 ? g.mul(weights, averaged) : weights, activations)
  },
})

const maxOperators = 8

const headText = (operators: readonly string[]): string =>
  operators.length <= maxOperators
    ? operators.join(', ')
    : `${operators.slice(0, maxOperators).join(', ')} and ${operators.length - maxOperators} more nodes`
