/** @file How sure a network is of what it sees in an image, whatever kind of answer it gives. */
import { softmax } from '../core/numbers.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import { decodingFor } from '../objective/detection/recognise.ts'
import { foundBoxes } from '../objective/detection/found.ts'
import { fitting, labelOf } from '../objective/class-scores.ts'
import { bestAnswers } from './answers.ts'
import { answersWith, contextOf } from './prepare.ts'
import type { PreparedImage } from './request.ts'
import type { ExplainerState } from './state.ts'

/** How sure a network is of one image. */
export interface Sureness {
  /** 0 … 1: the probability of the best class, the score of the best box, or the mean over places of the best class's probability. */
  value: number
  /** What it is most sure of. */
  label: string
  /** What kind of answer that is. */
  of: 'class' | 'box' | 'places'
}

/** Undefined where the answers are no probabilities and cannot be made some: nothing tells then how sure the network is. */
export async function surenessOf(
  state: ExplainerState,
  given: PreparedImage,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Sureness | undefined> {
  const { context, feeds, shapes } = await contextOf(state, given, inputs)
  const { by } = context.answer
  if (by === 'ask') return undefined
  if (by === 'box') {
    const [[best] = []] = await foundBoxes(await decodingFor(context), context, 1)
    return { value: best?.score ?? 0, label: best?.label.replace(/^box \d+: /, '') ?? 'nothing', of: 'box' }
  }
  const { shape } = context.info.value(context.reduction)
  if (shape.length === 4 && shape.slice(2).some((dim) => dim !== 1)) {
    const values = (await context.look([context.reduction]))[context.reduction]
    return values && ofPlaces({ data: toFloat32(values), dims: values.dims }, state.network.labels)
  }
  const { answers } = await answersWith(state, { shapes, feeds }, {})
  const [answer] = answers
  if (!answer || answer.shown.length < 2) return undefined
  const shown = answer.kind === 'logit' ? Float32Array.from(softmax(answer.shown)) : answer.shown
  const [best] = bestAnswers({ shown, kind: 'probability' }, state.network.labels, 1)
  return best && { value: best.score, label: best.label, of: 'class' }
}

/** The mean over places of the probability of the best class there; of one channel that of yes or no. Values are logits. */
function ofPlaces({ data, dims }: { data: Float32Array; dims: readonly number[] }, labels: readonly string[]): Sureness {
  const [, a = 1, b = 1, c = 1] = dims
  const last = c === labels.length || (a !== labels.length && c < a)
  const [channels, places] = last ? [c, a * b] : [a, b * c]
  const at = (place: number, channel: number): number => data[last ? place * channels + channel : channel * places + place] as number
  const counts = new Float64Array(channels)
  const row = new Float32Array(channels)
  let total = 0
  for (let p = 0; p < places; p++) {
    let best = 0
    for (let k = 0; k < channels; k++) {
      row[k] = at(p, k)
      if ((row[k] as number) > (row[best] as number)) best = k
    }
    counts[best] = (counts[best] as number) + 1
    total += channels === 1 ? 1 / (1 + Math.exp(-Math.abs(row[0] as number))) : (softmax(row)[best] as number)
  }
  return { value: total / places, label: labelOf(fitting(labels, channels), counts.indexOf(Math.max(...counts))), of: 'places' }
}
