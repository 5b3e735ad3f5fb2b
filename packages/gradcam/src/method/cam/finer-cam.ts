/** @file Finer-CAM: what distinguishes the class from those with the nearest scores. */
import { GradcamError } from '../../core/errors.ts'
import { densify } from '../../gradient/cotangent.ts'
import type { Dim, Value } from '../../graph/graph.ts'
import { bestClasses, classScores } from '../../objective/class-nodes.ts'
import { type Objective, writeObjectives } from '../../objective/objective.ts'
import { defineMethod } from '../definition.ts'
import { choiceOption, numberOption, wholeOption } from '../options.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { weightedSum } from './weighted-sum.ts'

const options = {
  gamma: numberOption(0.6, [0, 100], 'how much of the similar classes is subtracted; 0 is grad-cam'),
  classes: wholeOption(3, [1, 64], 'how many similar classes, as far as there are so many'),
  weights: choiceOption(
    'mean',
    ['mean', 'softmax'],
    'how similar classes are joined: equally, or by their softmax probabilities, as in pytorch-grad-cam',
  ),
}

/**
 * Grad-CAM of y_c − γ·mean_t y_t, t the classes whose scores are nearest to that of the target c (Zhang et al., CVPR 2025,
 * arXiv:2501.11309).
 */
export const finerCam = defineMethod({
  name: 'finer-cam',
  title: 'Finer-CAM',
  family: 'cam',
  signed: 'evidence',
  gradient: 'features',
  source: 'Zhang et al. 2025, arXiv:2501.11309',
  cost: '1 + twice backward to the feature layer',
  options,
  map(context, { gamma, classes, weights }) {
    const { g, info, activations } = context
    const similar = similarObjective(context, classes, weights === 'softmax')
    const theirs = context.featureGradient({ from: writeObjectives(g, info, [similar], '', 1).flatMap((written) => written.seeds()) })
    const difference = g.sub(g.mean(context.gradient, [2, 3]), g.mul(g.mean(theirs, [2, 3]), gamma))
    return weightedSum(g, difference, activations)
  },
})

/** The mean score of the classes nearest to the target, as an objective of its own. */
function similarObjective(context: GraphContext, count: number, bySoftmax: boolean): Objective {
  const { name: reduction, axis } = context.layers.reduction
  const scores = context.g.cast(classScores(context.g, context.info.value(reduction), axis), 'float32')
  const classes = Number(scores.shape[1])
  if (classes < 2) {
    throw new GradcamError('unsupported-model', `finer-cam compares classes, and ${reduction} has a single one`, { hint: 'use grad-cam' })
  }
  const number = Math.min(count, classes - 1)
  const near = nearestClasses(context, scores, number)
  return {
    ...{ key: 'similar', label: 'similar classes', index: undefined, reads: [reduction], feeds: {} },
    score({ g, read }) {
      const own = g.cast(classScores(g, read(reduction), axis), 'float32')
      if (!bySoftmax) return g.sum(g.mul(own, g.mul(near, 1 / number)), [1], false)
      const weights = g.mul(g.node('Softmax', [own], own, { axis: 1 }), near)
      return g.sum(g.mul(own, g.div(weights, g.add(g.sum(weights, [1]), 1e-9))), [1], false)
    },
  }
}

// farther than any score: the target's own class is not one of those that it is compared with
const far = 1e30

/** A mask [N, K] of the `count` classes whose scores are nearest to the target's. */
function nearestClasses(context: GraphContext, scores: Value, count: number): Value {
  const { g, score, layers } = context
  const batch = scores.shape[0] as Dim
  const distance = g.unary('Abs', g.sub(scores, g.reshape(score, [batch, 1])))
  const [seed] = context.gradients([layers.reduction.name])
  const own = seed && g.cast(g.greater(g.unary('Abs', classScores(g, g.cast(seed, 'float32'), layers.reduction.axis)), 0), scores.type)
  const order = bestClasses(g, g.neg(own ? g.add(distance, g.mul(own, far)) : distance), count)
  const masks = Array.from({ length: count }, (_, place) => {
    const index = order.shape.length === 1 ? order : g.reshape(g.slice(order, 1, place, place + 1), [batch])
    return g.cast(densify(g, { kind: 'pick', index }, scores), scores.type)
  })
  return masks.reduce((sum, each) => g.add(sum, each))
}
