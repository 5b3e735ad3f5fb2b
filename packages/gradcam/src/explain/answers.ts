/** @file The network's own answer: class scores as they are shown, and the best classes. */
import { internalError } from '../core/errors.ts'
import { softmax } from '../core/numbers.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import type { Probability } from '../graph/scores.ts'
import { byDistance, fitting, isBinary, labelOf } from '../objective/class-scores.ts'
import type { Prediction } from '../objective/objective.ts'
import type { ScoreKind } from './explanation.ts'
import type { NetworkInfo } from './state.ts'

/** What the network itself says of one image. */
export interface Answer {
  /** Class scores of the reduction layer. */
  logits: Float32Array
  /** The same as they are shown. */
  shown: Float32Array
  kind: ScoreKind
  top: readonly Prediction[]
  labels: readonly string[]
}

/** How to read the outputs of a run for the network's answer. */
export interface AnswerOutputs {
  outputs: { logits: string | undefined; probabilities: string | undefined }
  probabilityKind: Probability | undefined
  /** Operator of the reduction layer. */
  operator: string
  /** Whether scores are sums over places, which are the logits of no probability. */
  places: boolean
}

/** Reads the network's answer, one for each image. */
export function readAnswers(
  run: Readonly<Record<string, Tensor>>,
  { outputs, probabilityKind, operator, places }: AnswerOutputs,
  network: NetworkInfo,
  images: number,
): Answer[] {
  if (outputs.logits === undefined) return noAnswers(images)
  const logits = outputOf(run, outputs.logits)
  const [batch, classes] = logits.dims as [number, number]
  const own = outputs.probabilities === undefined ? undefined : toFloat32(outputOf(run, outputs.probabilities))
  const labels = fitting(network.labels, classes)
  const singleLabel = network.singleLabel && labels.length > 0 && !places
  return Array.from({ length: batch }, (_, n) => {
    const row = (values: Float32Array): Float32Array => values.subarray(n * classes, (n + 1) * classes)
    const scores = row(toFloat32(logits))
    const { kind, shown } = shownScores(scores, own && row(own), { probabilityKind, operator, singleLabel })
    return { logits: scores, shown, kind, top: bestAnswers({ shown, kind }, network.labels, 5), labels }
  })
}

/** Of a network that gives no classes. */
export const noAnswers = (images: number): Answer[] =>
  Array.from({ length: images }, () => ({ logits: new Float32Array(), shown: new Float32Array(), kind: 'logit', top: [], labels: [] }))

/** The best answers by label, best first. One score with two labels answers for both: below zero it is the first, above zero the second. */
export function bestAnswers({ shown, kind }: Pick<Answer, 'shown' | 'kind'>, labels: readonly string[], count: number): Prediction[] {
  if (isBinary(shown.length, labels)) {
    const [score = Number.NaN] = shown
    const second = kind === 'probability' ? score : 1 / (1 + Math.exp(-score))
    const both = [1 - second, second].map((each, index) => ({ index, label: labelOf(labels, index), score: each }))
    return (second < 0.5 ? both : both.reverse()).slice(0, count)
  }
  const names = fitting(labels, shown.length)
  return bestClassesOf(shown, count).map((index) => ({ index, label: labelOf(names, index), score: shown[index] as number }))
}

// of more than so many, all are sorted
const few = 16

/** Indices of the largest scores, largest first; earlier ones first among equals. */
export function bestClassesOf(scores: Float32Array, count: number): number[] {
  if (count > few) return byDistance(scores, Number.POSITIVE_INFINITY).slice(0, count)
  const best: number[] = []
  if (count === 0) return best
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number
    if (best.length === count && !(score > (scores[best[count - 1] as number] as number))) continue
    let at = Math.min(best.length, count - 1)
    for (; at > 0 && score > (scores[best[at - 1] as number] as number); at--) best[at] = best[at - 1] as number
    best[at] = i
  }
  return best
}

/** A named output of a run. */
export function outputOf(run: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const value = run[name]
  if (value) return value
  throw internalError(`the run did not return ${name}`)
}

interface ScoreInfo {
  probabilityKind: Probability | undefined
  operator: string
  singleLabel: boolean
}

/** Scores as they are shown: probabilities wherever there are some. */
function shownScores(
  logits: Float32Array,
  own: Float32Array | undefined,
  { probabilityKind, operator, singleLabel }: ScoreInfo,
): { kind: ScoreKind; shown: Float32Array } {
  if (own) return { kind: 'probability', shown: probabilityKind === 'log-softmax' ? own.map(Math.exp) : own }
  if (operator === 'Softmax' || operator === 'Sigmoid') return { kind: 'probability', shown: logits }
  if (!singleLabel || logits.length < 2) return { kind: 'logit', shown: logits }
  return { kind: 'implied-probability', shown: Float32Array.from(softmax(logits)) }
}
