/** @file Which feature layer and which reduction layer an explanation looks at, and why. */
import { badOption, GradcamError } from '../core/errors.ts'
import { nearestNames } from '../core/text.ts'
import type { TensorInfo } from './tensor-info.ts'
import { featureCandidates } from './features.ts'
import type { FeatureCandidate } from './tokens.ts'
import { type Graph, type GraphNode, type Shape, shapeText, type Value } from './graph.ts'
import { floatOf } from './quantised.ts'
import { channelAxes, type Layout, layoutOf } from './layout.ts'
import { traitsOf } from './operators.ts'
import { ancestors } from './path.ts'
import type { Probability } from './scores.ts'

/** A tensor that can be looked at, and why. */
export interface LayerCandidate {
  /** Name of the tensor. */
  name: string
  /** Operator that makes it; `Input` for an input of the graph. */
  operator: string
  /** Free dimensions by name. */
  shape: Shape
  why: string
}

/** A chosen layer, and what else could have been chosen. */
export interface LayerChoice extends LayerCandidate {
  /** What else could have been chosen, best first. */
  runnersUp: readonly LayerCandidate[]
}

export interface FeatureChoice extends LayerChoice {
  layout: Layout
  /** False where gradients of the score also reach the image past this layer, or the graph does not show where its places lie. */
  certain: boolean
  /** Why it is not certain. Default: gradients go past it. */
  doubt?: string
}

/** The tensor that scores are read from. */
export interface ReductionChoice extends LayerChoice {
  /** Axis of the classes; undefined where there is one class only. */
  axis: number | undefined
  /** Whether it holds scores of classes, which are the network's own answer. */
  classes: boolean
}

/** The feature layers and the reduction layer of an explanation. */
export interface Layers {
  /** The layer to explain; the deepest of several. */
  feature: FeatureChoice
  /** All layers to explain, the deepest last. */
  features: readonly FeatureChoice[]
  reduction: ReductionChoice
}

/** Layers chosen by the user. Default: chosen from the graph. */
export interface LayerOptions {
  /** Tensor or node whose activations are weighted; the maps of several are fused. */
  featureLayer?: string | readonly string[]
  /** Tensor or node whose class score is differentiated. */
  reductionLayer?: string
}

const maxRunnersUp = 4

/** Chooses the feature layer, or finds the ones that were named. `standIn`: where there is none, for methods that look at none. */
export function chooseLayers(
  graph: Graph,
  info: TensorInfo,
  options: LayerOptions,
  reduction: ReductionChoice,
  standIn?: FeatureChoice,
): Layers {
  const features = featuresBefore(graph, info, options, reduction.name, standIn)
  const before = ancestors(graph, reduction.name)
  for (const feature of features) {
    if (before.has(feature.name)) continue
    throw new GradcamError('no-gradient', `the reduction layer ${reduction.name} does not depend on the feature layer ${feature.name}`, {
      hint: 'name a feature layer that comes before the reduction layer; `layers()` lists candidates',
    })
  }
  return { feature: features.at(-1) as FeatureChoice, features, reduction }
}

/** One choice per feature layer. */
export const eachLayer = ({ features, reduction }: Layers): Layers[] =>
  features.map((feature) => ({ feature, features: [feature], reduction }))

/**
 * The layers for a score that reads other tensors than the reduction layer, and the first of those tensors.
 *
 * `before`: the feature layer is looked for before these tensors instead of before `reads`.
 * `standIn`: where there is no feature layer, for methods that look at none.
 */
export function layersBefore(
  graph: Graph,
  info: TensorInfo,
  options: LayerOptions,
  reduction: ReductionChoice,
  { reads, before }: { reads: readonly string[]; before?: readonly string[] | undefined },
  standIn?: FeatureChoice,
): { layers: Layers; explained: LayerChoice } {
  const [read = reduction.name] = reads
  if (read === reduction.name && before === undefined)
    return { layers: chooseLayers(graph, info, options, reduction, standIn), explained: reduction }
  const explained = read === reduction.name ? reduction : { ...candidate(graph, info.value(read), 'read by the target'), runnersUp: [] }
  const end = before ?? reads.find((name) => candidatesBefore(graph, info, name).length > 0) ?? read
  const features = featuresBefore(graph, info, options, end, standIn)
  const feature = features.at(-1) as FeatureChoice
  const behind = new Set(reads.flatMap((name) => [...ancestors(graph, name)]))
  if (features.every(({ name }) => behind.has(name))) return { layers: { feature, features, reduction }, explained }
  const problem = `the target reads ${reads.join(', ')}, which does not depend on the feature layer ${feature.name}`
  throw new GradcamError('no-gradient', problem, { hint: 'name a feature layer that comes before it; `layers()` lists candidates' })
}

/** Whether the values stay what they are, in their order. */
function keepsOrder(node: GraphNode): boolean {
  const { moves } = traitsOf(node)
  return moves === 'copies' || moves === 'reshapes'
}

/** The tensor of probabilities that follows the reduction layer, and the function that makes it; undefined where none does. */
export function probabilities(graph: Graph, reduction: string): { tensor: string; kind: Probability } | undefined {
  let names = [reduction]
  for (let depth = 0; depth < 8 && names.length > 0; depth++) {
    const readers = names.flatMap((name) => graph.consumers.get(name) ?? [])
    for (const reader of readers) {
      const kind = traitsOf(reader).probability
      if (kind && reader.outputs[0]) return { tensor: reader.outputs[0], kind }
    }
    names = readers.filter(keepsOrder).flatMap(({ outputs }) => outputs.filter(Boolean).slice(0, 1))
  }
  return undefined
}

/** The named layers, or the best one that the tensors `end` are computed from. */
const featuresBefore = (
  graph: Graph,
  info: TensorInfo,
  { featureLayer }: LayerOptions,
  end: string | readonly string[],
  standIn: FeatureChoice | undefined,
): FeatureChoice[] =>
  featureLayer === undefined ? [automaticFeature(graph, info, end) ?? standIn ?? refuse()] : namedFeatures(graph, info, featureLayer)

function refuse(): never {
  throw new GradcamError('no-features', 'the model has no feature map with more than one place before its reduction layer', {
    hint: 'name a convolutional layer of shape [N, C, height, width] as `featureLayer`, or an earlier `reductionLayer`; saliency, occlusion, rise and lime need no layer',
  })
}

/** The image in the place of a feature layer, for methods that look at none. */
export const imageAsFeature = (graph: Graph, { name, shape }: Value, layout: Layout): FeatureChoice => ({
  ...candidate(graph, { name, type: 'float32', shape }, 'the image itself: no feature layer was found, and none is looked at'),
  ...{ layout, certain: true, runnersUp: [] },
})

const found = new WeakMap<TensorInfo, Map<string, readonly FeatureCandidate[]>>()

/** The candidates before these tensors, best first: looked for once, as every image has the same. */
function candidatesBefore(graph: Graph, info: TensorInfo, end: string | readonly string[]): readonly FeatureCandidate[] {
  const known = found.get(info) ?? new Map<string, readonly FeatureCandidate[]>()
  found.set(info, known)
  const key = JSON.stringify(end)
  const candidates = known.get(key) ?? featureCandidates(graph, info, end)
  known.set(key, candidates)
  return candidates
}

function automaticFeature(graph: Graph, info: TensorInfo, reduction: string | readonly string[]): FeatureChoice | undefined {
  const [chosen, ...others] = candidatesBefore(graph, info, reduction)
  if (!chosen) return undefined
  const { value, why, layout, certain, doubt } = chosen
  const runnersUp = others.slice(0, maxRunnersUp).map((other) => candidate(graph, other.value, other.why))
  return { ...candidate(graph, value, why), layout, certain, ...(doubt === undefined ? {} : { doubt }), runnersUp }
}

// every layer is a map at the size of the input
const maxFeatures = 64

/** The layers that were named, each once, in the order of the graph. */
function namedFeatures(graph: Graph, info: TensorInfo, names: string | readonly string[]): FeatureChoice[] {
  const all = typeof names === 'string' ? [names] : names
  if (all.length === 0 || all.length > maxFeatures) {
    throw badOption(
      `${all.length} feature layers are named`,
      `name 1 to ${maxFeatures}, or leave \`featureLayer\` out for the one that is chosen by default`,
    )
  }
  const found = new Map(all.map((name) => namedFeature(graph, info, name)).map((feature) => [feature.name, feature]))
  if (found.size === 1) return [...found.values()]
  const place = new Map(graph.nodes.flatMap(({ outputs }, i) => outputs.map((name) => [name, i] as const)))
  return [...found.values()].sort((a, b) => (place.get(a.name) ?? -1) - (place.get(b.name) ?? -1))
}

function namedFeature(graph: Graph, info: TensorInfo, name: string): FeatureChoice {
  const value = named(graph, info, name, 'feature')
  const layout = layoutOf(graph, info, value.name, channelAxes(graph, info))
  if (layout) return { ...candidate(graph, value, 'named by you'), layout, certain: true, runnersUp: [] }
  throw new GradcamError('no-features', `the feature layer ${name} has shape ${shapeText(value.shape)}: no places to tell apart`, {
    hint: 'name a layer of shape [N, C, height, width] with more than one place; `layers()` lists candidates',
  })
}

/** A float tensor, or the one that a quantised tensor stands for, by its name or by that of the node that makes it. */
export function named(graph: Graph, info: TensorInfo, name: string, kind: 'feature' | 'reduction'): Value {
  const value = info.find(name) ?? info.find(graph.nodes.find((node) => node.name === name)?.outputs[0] ?? '')
  if (!value || graph.initializers.has(value.name)) {
    const names = new Set(graph.nodes.flatMap((node) => [node.name, ...node.outputs.filter(Boolean)]))
    const suggestions = nearestNames(name, [...names])
    throw new GradcamError('unknown-layer', `unknown ${kind} layer: ${name}`, {
      hint: suggestions.length > 0 ? `did you mean ${suggestions.join(', ')}?` : '`layers()` lists the layers worth looking at',
      suggestions,
      data: { option: `${kind}Layer`, value: name },
    })
  }
  const float = floatOf(graph, info, value)
  if (float) return float
  throw new GradcamError('unknown-layer', `the ${kind} layer ${name} holds ${value.type}, which has no gradient`, {
    hint: 'name a float tensor',
  })
}

/** A tensor as a candidate. */
export const candidate = (graph: Graph, { name, shape }: Value, why: string): LayerCandidate => ({
  name,
  operator: graph.producers.get(name)?.operator ?? 'Input',
  shape,
  why,
})
