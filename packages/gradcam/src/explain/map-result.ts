/** @file What a method comes to for one image and one objective, and the one place that makes an explanation of it. */
import type { Warning } from '../core/errors.ts'
import type { Grid } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import { version } from '../core/version.ts'
import type { Shape } from '../graph/graph.ts'
import type { LayerChoice, Layers } from '../graph/layers.ts'
import { normalizeSorted } from '../method/post.ts'
import { labelOf } from '../objective/class-scores.ts'
import type { Objective } from '../objective/objective.ts'
import type { Answer } from './answers.ts'
import {
  diagnoseLabels,
  diagnoseLayer,
  diagnoseMap,
  diagnosePlaces,
  diagnoseSaturation,
  diagnoseScore,
  diagnoseSimilarity,
} from './diagnose.ts'
import type { ExplanationData } from './explanation.ts'
import type { PreparedBatch } from './prepare.ts'
import type { Digests } from './provenance.ts'
import { preprocessingOf, replayOptions } from './record.ts'
import type { MethodRequest } from './request.ts'
import type { ExplainerState } from './state.ts'

export interface MapResult {
  objective: Objective
  /** The class that is explained; undefined where the objective is no single class. */
  index: number | undefined
  /** The score of an objective that is no class. */
  score: number | undefined
  answer: Answer
  layers: Layers
  /** What is differentiated. */
  explained: LayerChoice
  featureShape: Shape
  raw: Grid
  map: Grid
  details: ExplanationData['details']
  /** Of the method and of the objective. */
  warnings: readonly Warning[]
  timings: Readonly<Record<string, number>>
}

/** The explanation of a result. Percentiles, which graphs cannot do, are taken here. */
export function explanationOf(
  state: ExplainerState,
  batch: PreparedBatch,
  wanted: MethodRequest,
  result: MapResult,
  digests: Pick<Digests, 'model' | 'inputs'>,
): ExplanationData {
  const { network, runtime } = state
  const { given, request, warnings } = batch
  const { method, values, post } = wanted
  const { objective, index, answer, layers, explained, raw, map, timings } = result
  normalizeSorted(map.data, post.normalize)
  const asked = replayOptions(batch, wanted, objective, index)
  const names = (method.family === 'cam' ? layers.features : [layers.feature]).map(({ name }) => name)
  const known = index === undefined ? undefined : { label: labelOf(answer.labels, index), logit: answer.logits[index] as number }
  const label = known?.label ?? objective.label
  const logit = known?.logit ?? result.score ?? Number.NaN
  // made a thousand times for all classes of a network: spreading or flattening costs more than all else here
  const all = [
    warnings,
    result.warnings,
    diagnoseScore(logit),
    known ? [] : diagnoseSimilarity(objective.spec, logit),
    ...(known ? [diagnoseLabels(network.labels.length, answer.logits.length), diagnosePlaces(explained, label)] : []),
    method.family === 'cam' ? diagnoseLayer(layers.feature) : [],
    diagnoseMap(raw.data, post),
    known ? diagnoseSaturation(explained.operator, logit) : [],
  ]
  return {
    index,
    label,
    score: index === undefined ? logit : (answer.shown[index] as number),
    scoreKind: known ? answer.kind : 'value',
    logit,
    map,
    raw,
    method: method.name,
    featureLayer: names.join(' + '),
    reductionLayer: explained.name,
    top: objective.answers ?? answer.top,
    details: result.details || objective.details ? { ...objective.details, ...result.details } : undefined,
    region: given.region,
    photo: given.photo,
    marked: objective.marked,
    provenance: {
      model: network.name,
      method: method.name,
      options: values,
      featureLayer: layers.feature,
      ...(names.length > 1 ? { featureLayers: names, fusion: request.fusion } : {}),
      reductionLayer: explained,
      featureShape: result.featureShape,
      settings: post,
      ...(request.smoothing ? { smoothing: request.smoothing } : {}),
      versions: { gradcam: version, runtime: runtime.name },
      request: asked.request,
      preprocessing: preprocessingOf(state, batch),
      digests: { ...digests, files: asked.files },
    },
    warnings: all.every(({ length }) => length === 0) ? [] : all.flat(),
    timings,
  }
}

/** The i-th map of a tensor [.., h, w]. */
export function gridAt({ dims, data }: Tensor, i: number): Grid {
  const [height, width] = dims.slice(-2) as [number, number]
  const size = height * width
  return { width, height, data: (data as Float32Array).slice(i * size, (i + 1) * size) }
}
