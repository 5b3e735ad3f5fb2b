/** @file From the outputs of a run to explanations: scores as they are shown, maps, warnings. */
import { GradcamError, type Warning } from '../core/errors.ts'
import type { ExplanationData, Prediction, ScoreKind } from './explanation.ts'
import type { Shape } from '../graph/graph.ts'
import type { Layers, Probability } from '../graph/layers.ts'
import type { Method } from '../method/definition.ts'
import type { Fusion } from '../method/fusion.ts'
import type { OptionValues } from '../method/options.ts'
import { normalizeSorted, type PostProcessing } from '../method/post.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import { softmax } from '../core/numbers.ts'
import type { Grid } from '../core/pixels.ts'
import type { Objective } from '../objective/objective.ts'
import { isBinary } from '../objective/classes.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import { version } from '../core/version.ts'
import { diagnoseLabels, diagnoseLayer, diagnoseMap, diagnosePlaces, diagnoseSaturation, diagnoseScore } from './diagnose.ts'

/** What is known about a network beside its graph. */
export interface NetworkInfo {
  /** As explanations call it. */
  name: string
  /** One for each class, in their order; they are left aside where they are not as many. */
  labels: readonly string[]
  /** How its images are prepared; methods that need black or white ask for it. */
  preprocessing: Preprocessing | undefined
  /** Whether the outputs are classes of which one is right: a softmax is implied where the model has none. */
  singleLabel: boolean
}

/** Labels, where there are as many as classes: else they belong to something else. */
export const fitting = (labels: readonly string[], classes: number): readonly string[] => (labels.length === classes ? labels : [])

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
  outputs: { logits: string; probabilities: string | undefined }
  probabilityKind: Probability | undefined
  /** Operator of the reduction layer. */
  reduction: string
}

/** Reads the network's answer, one per image. */
export function readAnswers(
  run: Readonly<Record<string, Tensor>>,
  { outputs, probabilityKind, reduction }: AnswerOutputs,
  about: NetworkInfo,
): Answer[] {
  const logits = outputOf(run, outputs.logits)
  const [batch, classes] = logits.dims as [number, number]
  const own = outputs.probabilities === undefined ? undefined : toFloat32(outputOf(run, outputs.probabilities))
  const labels = fitting(about.labels, classes)
  const singleLabel = about.singleLabel && labels.length > 0
  return Array.from({ length: batch }, (_, n) => {
    const scores = toFloat32(logits).subarray(n * classes, (n + 1) * classes)
    const { kind, shown } = shownScores(scores, own?.subarray(n * classes, (n + 1) * classes), { probabilityKind, reduction, singleLabel })
    const top = bestAnswers({ shown, kind }, about.labels, 5)
    return { logits: scores, shown, kind, top, labels }
  })
}

/** The best answers by label, best first. One score with two labels answers for both: below zero it is the first, above zero the second. */
export function bestAnswers({ shown, kind }: Pick<Answer, 'shown' | 'kind'>, labels: readonly string[], count: number): Prediction[] {
  const names = fitting(labels, shown.length)
  const answer = (index: number, score: number, label: string | undefined): Prediction => ({
    index,
    label: label ?? `class ${index}`,
    score,
  })
  if (!isBinary(shown.length, labels)) return best(shown, count).map((index) => answer(index, shown[index] as number, names[index]))
  const [score = Number.NaN] = shown
  const second = kind === 'probability' ? score : 1 / (1 + Math.exp(-score))
  const both = [answer(0, 1 - second, labels[0]), answer(1, second, labels[1])]
  return (second < 0.5 ? both : both.reverse()).slice(0, count)
}

/** A named output of a run. */
export function outputOf(run: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const value = run[name]
  if (value) return value
  throw new GradcamError('internal', `the run did not return ${name}`, { hint: 'please report this with the model' })
}

/** Everything that one explanation is made of. */
export interface Finished {
  about: NetworkInfo
  answer: Answer
  layers: Layers
  featureShape: Shape
  method: Method
  options: OptionValues
  post: PostProcessing
  /** How the maps of several feature layers became one. */
  fusion?: Fusion
  /** A class, or an objective with the score that it gives this image. */
  target: { index: number } | { objective: Objective; score: number }
  raw: Grid
  map: Grid
  details: ExplanationData['details']
  /** Of the input and of the method. */
  warnings: readonly Warning[]
  runtime: string
  region: ExplanationData['region']
  photo: ExplanationData['photo']
  timings: Readonly<Record<string, number>>
}

/** Puts one explanation together; percentiles, which graphs cannot do, are taken here. */
export function explanationOf(done: Finished): ExplanationData {
  const { about, answer, layers, method, target, raw, map, post } = done
  normalizeSorted(map.data, post.normalize)
  const { index, label, score, logit, scoreKind } = targetFacts(target, answer)
  const names = (method.family === 'cam' ? layers.features : [layers.feature]).map(({ name }) => name)
  // made a thousand times for all classes of a network: spreading costs more than all else here
  const all = [
    done.warnings,
    diagnoseScore(logit),
    ...(index === undefined ? [] : [diagnoseLabels(about.labels.length, answer.logits.length), diagnosePlaces(layers.reduction, label)]),
    method.family === 'cam' ? diagnoseLayer(layers.feature) : [],
    diagnoseMap(raw.data, post),
    index === undefined ? [] : diagnoseSaturation(layers.reduction.operator, logit),
  ]
  return {
    index,
    label,
    score,
    scoreKind,
    logit,
    map,
    raw,
    method: method.name,
    featureLayer: names.join(' + '),
    reductionLayer: layers.reduction.name,
    top: ('objective' in target && target.objective.answers) || answer.top,
    details: done.details,
    region: done.region,
    photo: done.photo,
    marked: 'objective' in target ? target.objective.marked : undefined,
    provenance: {
      model: about.name,
      method: method.name,
      options: done.options,
      featureLayer: layers.feature,
      ...(names.length > 1 ? { featureLayers: names, fusion: done.fusion ?? 'mean' } : {}),
      reductionLayer: layers.reduction,
      featureShape: done.featureShape,
      settings: post,
      versions: { gradcam: version, runtime: done.runtime },
    },
    warnings: all.flat(),
    timings: done.timings,
  }
}

function targetFacts(
  target: Finished['target'],
  { labels, shown, logits, kind }: Answer,
): Pick<ExplanationData, 'index' | 'label' | 'score' | 'logit' | 'scoreKind'> {
  const index = 'index' in target ? target.index : target.objective.index
  if (index !== undefined)
    return {
      index,
      label: labels[index] ?? `class ${index}`,
      score: shown[index] as number,
      logit: logits[index] as number,
      scoreKind: kind,
    }
  const { objective, score } = target as { objective: Objective; score: number }
  return { index, label: objective.label, score, logit: score, scoreKind: 'value' }
}

/** The i-th map of a tensor [.., h, w]. */
export function gridAt({ dims, data }: Tensor, i: number): Grid {
  const [height, width] = dims.slice(-2) as [number, number]
  const size = height * width
  return { width, height, data: (data as Float32Array).slice(i * size, (i + 1) * size) }
}

interface ScoreFacts {
  probabilityKind: Probability | undefined
  /** Operator of the reduction layer. */
  reduction: string
  singleLabel: boolean
}

/** Scores as they are shown: probabilities wherever there are some. */
function shownScores(
  logits: Float32Array,
  own: Float32Array | undefined,
  { probabilityKind, reduction, singleLabel }: ScoreFacts,
): { kind: ScoreKind; shown: Float32Array } {
  if (own) return { kind: 'probability', shown: probabilityKind === 'log-softmax' ? own.map(Math.exp) : own }
  if (['Softmax', 'Sigmoid'].includes(reduction)) return { kind: 'probability', shown: logits }
  if (!singleLabel || logits.length < 2) return { kind: 'logit', shown: logits }
  return { kind: 'implied-probability', shown: Float32Array.from(softmax(logits)) }
}

/** Indices of the largest values, largest first, earlier ones first among equals. */
export function best(values: Float32Array, count: number): number[] {
  return Array.from(values.keys())
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .slice(0, count)
}
