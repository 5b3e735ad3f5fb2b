/** @file The score of a changed image: that of the objective, or the probability of its class. */
import { badOption } from '../../core/errors.ts'
import { probabilities } from '../../graph/layers.ts'
import type { Value } from '../../graph/graph.ts'
import { classScores } from '../../objective/class-nodes.ts'
import { classObjective } from '../../objective/kinds/class.ts'
import { type ChoiceOption, choiceOption } from '../options.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import type { RunContext } from '../../run/run-context.ts'

const scores = ['auto', 'probability', 'logit'] as const
type WantedScore = (typeof scores)[number]

/** The option `score`. `auto`: the probability where the objective is a class that has one, else its score. */
export const scoreOption = (usual: WantedScore): ChoiceOption<WantedScore> =>
  choiceOption(usual, scores, 'what is measured: the probability of the class, its logit, or (auto) the probability where there is one')

/** How the number that is measured comes from the objective's score. */
export type ScoreKind = 'softmax' | 'sigmoid' | 'score'

/** @throws GradcamError `bad-option` where a probability is wanted and the objective has none */
export function scoreKindOf(context: RunContext, wanted: WantedScore): ScoreKind {
  if (wanted === 'logit') return 'score'
  const found = probabilityOf(context)
  if (found) return found
  if (wanted === 'auto') return 'score'
  throw badOption(`${context.objective.label} has no probability`, "measure the score itself: `score: 'logit'`")
}

function probabilityOf({ graph, objective, layers, info, impliedSoftmax }: RunContext): ScoreKind | undefined {
  const { name, operator, axis } = layers.reduction
  const { shape } = info.value(name)
  if (objective.index === undefined || objective.key !== classObjective(layers.reduction, objective.index, '').key) return undefined
  // a score that is a sum over places is the logit of no probability
  if (shape.some((dim, i) => i > 0 && i !== axis && dim !== 1)) return undefined
  if (operator === 'Softmax' || operator === 'Sigmoid') return 'score'
  const kind = operator === 'LogSoftmax' ? 'softmax' : probabilities(graph, name)?.kind
  if (kind) return kind === 'sigmoid' ? 'sigmoid' : 'softmax'
  return impliedSoftmax ? 'softmax' : undefined
}

/** The number that is measured, as nodes: float32 [N]. */
export function scoreOf(context: GraphContext, kind: ScoreKind): Value {
  const { g, score, info, layers } = context
  if (kind === 'score') return score
  if (kind === 'sigmoid') return g.unary('Sigmoid', score)
  const all = g.cast(classScores(g, info.value(layers.reduction.name), layers.reduction.axis), 'float32') // [N, K]
  const max = g.reduceMax(all, [1])
  const total = g.sum(g.unary('Exp', g.sub(all, max)), [1], false)
  return g.div(g.unary('Exp', g.sub(score, g.reshape(max, score.shape))), total)
}
