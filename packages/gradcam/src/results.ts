/** @file From the outputs of a run to explanations: scores as they are shown, maps, warnings. */
import { GradcamError, type Warning } from './errors.ts'
import type { ExplainedGraph, ExplainedSettings } from './explain.ts'
import {
  diagnoseLabels,
  diagnoseLayer,
  diagnoseMap,
  diagnoseSaturation,
  type ExplanationData,
  type Prediction,
  type ScoreKind,
} from './explanation.ts'
import { normalizePercentile } from './method/post.ts'
import type { Preprocessing } from './model/preprocessing.ts'
import { type Tensor, toFloat32 } from './tensor.ts'
import { version } from './version.ts'

/** What is known about a network beside its graph. */
export interface NetworkFacts {
  name: string
  labels: readonly string[]
  preprocessing: Preprocessing | undefined
  /** Whether the outputs are classes of which one is right: a softmax is implied where the model has none. */
  singleLabel: boolean
}

/** Labels, where there are as many as classes: else they belong to something else. */
export const fitting = (labels: readonly string[], classes: number): readonly string[] => (labels.length === classes ? labels : [])

export interface Finished {
  explained: ExplainedGraph
  run: Record<string, Tensor>
  about: NetworkFacts
  settings: ExplainedSettings
  /** Of the input, the same for all. */
  warnings: readonly Warning[]
  /** The classes asked for, where they were. */
  indices: readonly number[]
  runtime: string
  region: ExplanationData['region']
  photo: ExplanationData['photo']
  timings: Record<string, number>
}

/** Takes the outputs of a run apart: one explanation per picture and target. */
export function collect(results: ExplanationData[][], finished: Finished): void {
  const { explained, run, about, settings } = finished
  const tensor = (name: string): Tensor => {
    const value = run[name]
    if (!value) throw new GradcamError('internal', `the run did not return ${name}`, { hint: 'please report this with the model' })
    return value
  }
  const logits = tensor(explained.outputs.logits)
  const chosen = explained.outputs.targets === undefined ? undefined : tensor(explained.outputs.targets)
  const raw = tensor(explained.outputs.raw)
  const map = tensor(explained.outputs.map)
  const [batch, classes] = logits.dims as [number, number]
  const { count } = settings.targets
  const own = explained.outputs.probabilities === undefined ? undefined : toFloat32(tensor(explained.outputs.probabilities))
  const labels = fitting(about.labels, classes)
  const { method, size: _size, targets: _targets, featureLayer: _feature, reductionLayer: _reduction, ...post } = settings
  for (let n = 0; n < batch; n++) {
    const scores = toFloat32(logits).subarray(n * classes, (n + 1) * classes)
    const { kind, shown } = shownScores(scores, own?.subarray(n * classes, (n + 1) * classes), {
      probabilityKind: explained.probabilityKind,
      reduction: explained.layers.reduction.operator,
      singleLabel: about.singleLabel && labels.length > 0,
    })
    const predict = (index: number): Prediction => ({ index, label: labels[index] ?? `class ${index}`, score: shown[index] as number })
    const top = best(shown, 5).map(predict)
    for (let t = 0; t < count; t++) {
      const index = chosen ? Number(chosen.data[n * count + t]) : (finished.indices[t] as number)
      const rawGrid = gridAt(raw, n * count + t)
      const mapGrid = gridAt(map, n * count + t)
      if (post.normalize === 'percentile') normalizePercentile(mapGrid.data)
      results[n]?.push({
        ...predict(index),
        scoreKind: kind,
        logit: scores[index] as number,
        map: mapGrid,
        raw: rawGrid,
        method: method.name,
        featureLayer: explained.layers.feature.name,
        reductionLayer: explained.layers.reduction.name,
        top,
        region: finished.region,
        photo: finished.photo,
        provenance: {
          model: about.name,
          method: method.name,
          featureLayer: explained.layers.feature,
          reductionLayer: explained.layers.reduction,
          featureShape: explained.featureShape,
          settings: post,
          versions: { gradcam: version, runtime: finished.runtime },
        },
        warnings: [
          ...finished.warnings,
          ...diagnoseLabels(about.labels.length, classes),
          ...diagnoseLayer(explained.layers.feature),
          ...diagnoseMap(rawGrid.data, post),
          ...diagnoseSaturation(explained.layers.reduction.operator, scores[index] as number),
        ],
        timings: finished.timings,
      })
    }
  }
}

function gridAt({ dims, data }: Tensor, i: number): ExplanationData['map'] {
  const [height, width] = dims.slice(-2) as [number, number]
  const size = height * width
  return { width, height, data: (data as Float32Array).slice(i * size, (i + 1) * size) }
}

export interface ScoreFacts {
  probabilityKind: ExplainedGraph['probabilityKind']
  /** Operator of the reduction layer. */
  reduction: string
  singleLabel: boolean
}

/** Scores as they are shown: probabilities wherever there are some. */
export function shownScores(
  logits: Float32Array,
  own: Float32Array | undefined,
  { probabilityKind, reduction, singleLabel }: ScoreFacts,
): { kind: ScoreKind; shown: Float32Array } {
  if (own) return { kind: 'probability', shown: probabilityKind === 'log-softmax' ? own.map(Math.exp) : own }
  if (['Softmax', 'Sigmoid'].includes(reduction)) return { kind: 'probability', shown: logits }
  if (!singleLabel || logits.length < 2) return { kind: 'logit', shown: logits }
  const max = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const powers = logits.map((value) => Math.exp(value - max))
  const total = powers.reduce((a, b) => a + b, 0)
  return { kind: 'implied-probability', shown: powers.map((value) => value / total) }
}

/** Indices of the largest values, largest first, earlier ones first among equals. */
export function best(values: Float32Array, count: number): number[] {
  return Array.from(values.keys())
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .slice(0, count)
}
