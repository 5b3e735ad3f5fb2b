/** @file What a method comes to for one image and one objective, and the one place that makes an explanation of it. */
import type { Warning } from '../core/errors.ts'
import type { Grid } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import { version } from '../core/version.ts'
import type { Graph, Shape } from '../graph/graph.ts'
import type { LayerChoice, Layers } from '../graph/layers.ts'
import { scoresBefore } from '../graph/scores.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { normalizeSorted } from '../method/post.ts'
import { labelOf } from '../objective/class-scores.ts'
import type { Objective } from '../objective/objective.ts'
import type { Answer } from './answers.ts'
import { diagnoseLabels, diagnoseLayer, diagnosePlaces, diagnoseScore, diagnoseSimilarity, isToItself } from './diagnose.ts'
import { diagnoseSaturation, doubtOf, type MapSituation } from './diagnose-map.ts'
import type { ExplanationData, Provenance } from './explanation.ts'
import type { PreparedBatch } from './prepare.ts'
import type { Digests } from './provenance.ts'
import { knownFrom, preprocessingOf, replaySettings, replayTarget } from './record.ts'
import type { MethodRequest } from './request.ts'
import type { ExplainerState } from './state.ts'

export interface MapResult {
  objective: Objective
  /** The class that is explained; undefined where the objective is no single class. */
  index: number | undefined
  /** The score of an objective that is no class. */
  score: number | undefined
  /** How far the score could move with what it was differentiated by, to first order, and the size of what it is made of; where known. */
  moves?: number | undefined
  scale?: number | undefined
  /** Whether the method saw the score stay as it was, whatever it changed. */
  unmoved?: boolean
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

/** The explanations of one image. What they share is made once: a network may have thousands of classes. */
export function explanationsOf(
  state: ExplainerState,
  batch: PreparedBatch,
  wanted: MethodRequest,
  results: readonly MapResult[],
  digests: Pick<Digests, 'model' | 'inputs'>,
): ExplanationData[] {
  const settings = replaySettings(batch, wanted)
  const own = { ...digests, files: [] }
  const firsts = new Map<Layers, Provenance>()
  return results.map((result) => {
    const { layers, objective, index, explained } = result
    const { spec: target, files } = replayTarget(objective, index)
    const request = { target, ...settings }
    const first = firsts.get(layers) ?? provenanceOf(state, batch, wanted, result, { request, digests: own })
    firsts.set(layers, first)
    // a copy with other values is fast, adding to a copy is not
    const provenance = { ...first, reductionLayer: explained, request, digests: files.length === 0 ? own : { ...digests, files } }
    return explanationOf(state, batch, wanted, result, provenance)
  })
}

function provenanceOf(
  state: ExplainerState,
  batch: PreparedBatch,
  { method, values, post }: MethodRequest,
  { layers, explained, featureShape }: MapResult,
  { request, digests }: Pick<Provenance, 'request' | 'digests'>,
): Provenance {
  const several = method.family === 'cam' && layers.features.length > 1
  return {
    model: state.network.name,
    method: method.name,
    options: values,
    featureLayer: layers.feature,
    featureLayers: several ? layers.features.map(({ name }) => name) : undefined,
    fusion: several ? batch.request.fusion : undefined,
    reductionLayer: explained,
    featureShape,
    settings: post,
    smoothing: batch.request.smoothing,
    versions: { gradcam: version, runtime: state.runtime.name },
    device: state.usedDevice(),
    request,
    preprocessing: preprocessingOf(state, batch),
    knownFrom: knownFrom(state, batch),
    digests,
  }
}

/** The explanation of a result. Percentiles, which graphs cannot do, are taken here. */
function explanationOf(
  { network, model }: ExplainerState,
  { given, info, warnings }: PreparedBatch,
  { method, post }: MethodRequest,
  result: MapResult,
  provenance: Provenance,
): ExplanationData {
  const { objective, index, answer, layers, explained, raw, map, timings } = result
  normalizeSorted(map.data, post.normalize)
  const known = index === undefined ? undefined : { label: labelOf(answer.labels, index), logit: answer.logits[index] as number }
  const label = known?.label ?? objective.label
  const logit = known?.logit ?? result.score ?? Number.NaN
  const probability = probabilityOf(model.graph, info, known ? [explained.name] : objective.reads)
  const situation: MapSituation = {
    ...{ method, post, label, feature: layers.feature.name, places: raw.width * raw.height },
    quantised: warnings.some(({ code }) => code === 'gradient-quantized'),
    probability,
    sure: (probability?.operator === 'Sigmoid' || kindOf(objective.spec) === 'box') && logit > 0 && logit <= 1 ? logit : undefined,
    ...{
      moves: result.moves,
      scale: result.scale,
      unmoved: result.unmoved,
      fixed: result.warnings.some(({ code }) => code === 'class-constant'),
      toItself: isToItself(objective.spec, logit),
    },
  }
  const doubt = doubtOf(raw.data, situation)
  if (doubt.nothing) map.data.fill(0)
  const all = [
    warnings,
    result.warnings,
    diagnoseScore(logit),
    known ? [] : diagnoseSimilarity(objective.spec, logit),
    known ? diagnoseLabels(network, answer.logits.length) : [],
    known ? diagnosePlaces(layers.reduction, label) : [],
    method.family === 'cam' ? diagnoseLayer(layers.feature) : [],
    doubt.warnings,
    method.gradient ? diagnoseSaturation(situation, logit, known !== undefined || kindOf(objective.spec) === 'value') : [],
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
    featureLayer: provenance.featureLayers?.join(' + ') ?? layers.feature.name,
    reductionLayer: explained.name,
    top: objective.answers ?? answer.top,
    details: result.details || objective.details ? { ...objective.details, ...result.details } : undefined,
    region: given.region,
    photo: given.photo,
    marked: objective.marked,
    provenance,
    // flattening a thousand times costs more than all else here
    warnings: all.every(({ length }) => length === 0) ? [] : all.flat(),
    timings,
  }
}

const kindOf = (spec: unknown): string | undefined => (Object(spec) as { kind?: string }).kind

/** What makes probabilities of scores that are explained, and of what; undefined where they are none. */
function probabilityOf(graph: Graph, info: TensorInfo, reads: readonly string[]): MapSituation['probability'] {
  for (const name of reads) {
    const { probability } = scoresBefore(graph, (tensor) => info.find(tensor)?.shape, name)
    if (probability && probability.kind !== 'log-softmax')
      return { operator: probability.node.operator, logits: probability.node.inputs[0] ?? '' }
  }
  return undefined
}

/** The i-th map of a tensor [.., h, w]. */
export function gridAt({ dims, data }: Tensor, i: number): Grid {
  const [height, width] = dims.slice(-2) as [number, number]
  const size = height * width
  return { width, height, data: (data as Float32Array).slice(i * size, (i + 1) * size) }
}
