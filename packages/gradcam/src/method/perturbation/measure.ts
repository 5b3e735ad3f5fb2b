/** @file What is measured of a changed image: the target's score, or the probability of its class. */
import { GradcamError } from '../../core/errors.ts'
import { probabilities } from '../../graph/layers.ts'
import type { Value } from '../../graph/graph.ts'
import { classObjective, classScores } from '../../objective/class.ts'
import type { OptionSpec } from '../options.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import type { RunContext } from '../../run/forward.ts'

/** The option `score`. `auto`: the probability where the target is a class that has one, else the score. */
export const scoreOption = (usual: 'auto' | 'logit'): OptionSpec => ({
  kind: 'choice',
  default: usual,
  choices: ['auto', 'probability', 'logit'],
  about: 'what is measured: the probability of the class, its logit, or (auto) the probability where there is one',
})

/** How the number that is measured comes from the target's score. */
export type Measure = 'softmax' | 'sigmoid' | 'score'

/**
 * How to measure what is `wanted` of the task's target.
 *
 * @throws GradcamError `bad-option` where a probability is wanted and the target has none
 */
export function measureOf(context: RunContext, wanted: string): Measure {
  if (wanted === 'logit') return 'score'
  const found = probabilityOf(context)
  if (found) return found
  if (wanted === 'auto') return 'score'
  throw new GradcamError('bad-option', `${context.context.objective.label} has no probability`, {
    hint: "measure the score itself: `options: { score: 'logit' }`",
  })
}

function probabilityOf({ context, layers, info, impliedSoftmax }: RunContext): Measure | undefined {
  const { objective, model } = context
  const { name, operator } = layers.reduction
  const scores = info.value(name)
  if (objective.index === undefined || objective.key !== classObjective(scores.name, objective.index, '').key) return undefined
  // a score that is a sum over places is the logit of no probability
  if (scores.shape.slice(2).some((dim) => dim !== 1)) return undefined
  if (operator === 'Softmax' || operator === 'Sigmoid') return 'score'
  const kind = operator === 'LogSoftmax' ? 'softmax' : probabilities(model.graph, scores.name)?.kind
  if (kind) return kind === 'sigmoid' ? 'sigmoid' : 'softmax'
  return impliedSoftmax ? 'softmax' : undefined
}

/** What is measured, as nodes: float32 [N]. */
export function measured(context: GraphContext, measure: Measure): Value {
  const { g, score, info, layers } = context
  if (measure === 'score') return score
  if (measure === 'sigmoid') return g.unary('Sigmoid', score)
  const scores = g.cast(classScores(g, info.value(layers.reduction.name)), 'float32') // [N, K]
  const most = g.reduceMax(scores, [1])
  const total = g.sum(g.unary('Exp', g.sub(scores, most)), [1], false)
  return g.div(g.unary('Exp', g.sub(score, g.reshape(most, score.shape))), total)
}
