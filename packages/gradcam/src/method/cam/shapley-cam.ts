/** @file Shapley-CAM: Grad-CAM whose gradient is corrected by the curvature of the score. */
import { dense } from '../../gradient/cotangent.ts'
import { plain } from '../../gradient/tables.ts'
import { type RuleTable, walkBack } from '../../gradient/walk.ts'
import { tensorInfoWith } from '../../graph/tensor-info.ts'
import { nodeOf, type Value } from '../../graph/graph.ts'
import { featureMap } from '../../graph/arrange.ts'
import { defineMethod } from '../definition.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { weightedSum } from './weighted-sum.ts'

/**
 * L = Σ_k w_k A_k with w_k = mean(G_k − ½ (H·A)_k), H the Hessian of the score (Cai 2025, arXiv:2501.06261: the Shapley value of a
 * channel, by a second-order expansion of the score around the features).
 */
export const shapleyCam = defineMethod({
  name: 'shapley-cam',
  title: 'Shapley-CAM',
  family: 'cam',
  signed: 'evidence',
  gradient: 'features',
  source: 'Cai 2025, arXiv:2501.06261',
  cost: '1 + backward to the feature layer + backward through that',
  map(context) {
    const { g, activations, layers } = context
    const [gradient] = context.gradients([layers.feature.name])
    const corrected = gradient ? correctedGradient(context, gradient) : context.gradient // which says why there is none
    return weightedSum(g, g.mean(corrected, [2, 3]), activations)
  },
})

/**
 * G − ½ H·A. The nodes of the gradient are nodes like any other, so they are walked back too, from Σ G·A with A held fixed: class
 * and register tokens count there like every other feature.
 */
function correctedGradient({ g, graph, info, layers }: GraphContext, gradient: Value): Value {
  const { feature } = layers
  const features = g.cast(info.value(feature.name), gradient.type)
  const [curved] = walkBack({
    graph: { nodes: [...graph.nodes, ...g.emission.nodes.map(nodeOf)] },
    info: tensorInfoWith(info, g),
    builder: g,
    rules: flatMasks,
    seeds: [{ tensor: gradient.name, cotangent: dense(g.reduceTo(features, gradient.shape)) }],
    wrt: [feature.name],
  })
  const corrected = curved ? g.sub(gradient, g.mul(g.cast(curved, gradient.type), 0.5)) : gradient
  return featureMap(g, g.cast(corrected, 'float32'), feature.layout)
}

/** Where a slope makes 0 and 1 of anything, it stands for a mask, whose derivative is zero. */
const steepest = 1000

/** Derivatives of derivatives: masks of rectifiers are constant. */
const flatMasks: RuleTable = {
  ...plain,
  HardSigmoid: (context) => (Math.abs(context.float('alpha', 0.2)) > steepest ? [] : (plain['HardSigmoid']?.(context) ?? [])),
}
