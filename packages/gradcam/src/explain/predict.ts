/** @file A network's best answers to an image, whatever kind of answer it gives. */
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import { foundBoxes } from '../objective/detection/found.ts'
import { decodingFor } from '../objective/detection/recognise.ts'
import { sharesOf } from '../objective/kinds/region.ts'
import { askFor } from '../objective/needs-classes.ts'
import type { Prediction } from '../objective/objective.ts'
import { bestAnswers } from './answers.ts'
import { refuseNotFinite } from './not-finite.ts'
import { answersWith, contextOf } from './prepare.ts'
import { readSteps, stepsOf } from './read-steps.ts'
import type { PreparedImage } from './request.ts'
import type { ExplainerState } from './state.ts'

type Feeds = Readonly<Record<string, Tensor>>

/** The best answers to the first image, by a plain forward pass: classes, the boxes of a detector, shares of the picture, or the steps of a sequence. */
export async function predict(state: ExplainerState, given: PreparedImage, count: number, inputs: Feeds): Promise<readonly Prediction[]> {
  const { context, feeds, shapes } = await contextOf(state, given, inputs)
  const { by } = context.answer
  const steps = by === 'ask' ? stepsOf(context.answer.outputs) : undefined
  if (by === 'ask' && !steps) throw askFor(context.answer, 'there are no answers to list; `explain` takes what is meant: ')
  if (by === 'box') return (await foundBoxes(await decodingFor(context), context, count))[0] ?? []
  const read = steps?.name ?? context.reduction
  const values = (await context.look([read]))[read]
  if (values) await refuseNotFinite(state, { feeds, shapes, info: context.info }, toFloat32(values))
  if (steps) return values ? readSteps(values, steps, context.labels) : []
  if (by === 'places') return (await sharesOf(context, count))[0] ?? []
  const { answers } = await answersWith(state, { shapes, feeds }, {})
  return answers[0] ? bestAnswers(answers[0], state.network.labels, count) : []
}
