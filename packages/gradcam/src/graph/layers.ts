/** @file Which feature layer and which reduction layer an explanation looks at, and why. */
import { GradcamError } from '../errors.ts'
import { nearestNames } from '../text.ts'
import type { Facts } from './facts.ts'
import { type Graph, type GraphNode, isFloat, type Shape, shapeText, type Value } from './graph.ts'
import { ancestors, descendants } from './path.ts'

export interface LayerCandidate {
  /** Name of the tensor. */
  name: string
  /** Operator that makes it; `Input` for an input of the graph. */
  operator: string
  /** Free dimensions by name. */
  shape: Shape
  why: string
}

export interface LayerChoice extends LayerCandidate {
  /** What else could have been chosen, best first. */
  runnersUp: readonly LayerCandidate[]
}

export interface Layers {
  feature: LayerChoice
  reduction: LayerChoice
}

export interface LayerOptions {
  /** Tensor or node whose activations are weighted. */
  featureLayer?: string
  /** Tensor or node whose class score is differentiated. */
  reductionLayer?: string
}

const passing = new Set(['Identity', 'Dropout', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Cast', 'QuantizeLinear', 'DequantizeLinear'])
export type Probability = 'softmax' | 'log-softmax' | 'sigmoid'

const probabilityOf = new Map<string, Probability>([
  ['Softmax', 'softmax'],
  ['LogSoftmax', 'log-softmax'],
  ['Sigmoid', 'sigmoid'],
])
const rectifiers = new Set(['Relu', 'Clip', 'PRelu', 'LeakyRelu', 'ThresholdedRelu', 'Elu', 'Selu', 'Celu', 'HardSwish', 'Mish', 'Gelu', 'Swish', 'Softplus'])
const gates = new Set(['Sigmoid', 'HardSigmoid'])
const carrying = new Set(['MaxPool', 'AveragePool', 'Identity', 'Dropout', 'Pad', 'Cast'])
const mostRunnersUp = 4

/** Chooses both layers, or finds the ones that were named. */
export function chooseLayers(graph: Graph, facts: Facts, options: LayerOptions = {}): Layers {
  const reduction = chooseReduction(graph, facts, options)
  const feature = options.featureLayer === undefined ? automaticFeature(graph, facts, reduction.name) : named(graph, facts, options.featureLayer, 'feature')
  if (!ancestors(graph, reduction.name).has(feature.name)) {
    throw new GradcamError('no-gradient', `the reduction layer ${reduction.name} does not depend on the feature layer ${feature.name}`, {
      hint: 'name a feature layer that comes before the reduction layer; `gradcam layers` lists candidates',
    })
  }
  return { feature, reduction }
}

/** The layer whose class score is differentiated: named, or found. */
export function chooseReduction(graph: Graph, facts: Facts, { reductionLayer }: LayerOptions): LayerChoice {
  return reductionLayer === undefined ? automaticReduction(graph, facts) : named(graph, facts, reductionLayer, 'reduction')
}

/** The tensor of probabilities that follows the reduction layer, and the function that makes it; undefined where none does. */
export function probabilities(graph: Graph, reduction: string): { tensor: string; kind: Probability } | undefined {
  let names = [reduction]
  for (let depth = 0; depth < 8 && names.length > 0; depth++) {
    const readers = names.flatMap((name) => graph.consumers.get(name) ?? [])
    for (const { operator, outputs } of readers) {
      const kind = probabilityOf.get(operator)
      if (kind && outputs[0]) return { tensor: outputs[0], kind }
    }
    names = readers.filter(({ operator }) => passing.has(operator)).flatMap(({ outputs }) => outputs.filter(Boolean).slice(0, 1))
  }
  return undefined
}

/** The model's output, or what goes into the softmax or sigmoid at its end. */
function automaticReduction(graph: Graph, facts: Facts): LayerChoice {
  const outputs = graph.outputs.map(({ name }) => facts.find(name)).filter((value) => value !== undefined && isFloat(value.type)) as Value[]
  const output = outputs[0]
  if (!output) throw new GradcamError('unsupported-model', 'the model has no float output', { hint: 'name a float tensor with --reduction-layer' })
  let name = output.name
  let steps = 0
  for (let node = graph.producers.get(name); node && passing.has(node.operator); node = graph.producers.get(name)) {
    name = node.inputs[0] ?? ''
    if (++steps > 16) break
  }
  const last = graph.producers.get(name)
  const runnersUp = outputs.map((value) => candidate(graph, value, 'output of the model'))
  const kind = last && probabilityOf.get(last.operator)
  if (last && kind) {
    const logits = facts.value(last.inputs[0] ?? '')
    return { ...candidate(graph, logits, `logits: the input of the ${kind} at the end`), runnersUp }
  }
  return { ...candidate(graph, output, 'output of the model'), runnersUp: runnersUp.slice(1) }
}

/** MATLAB's rule: the last rectifier, or the last sum or concatenation of rectified maps, that still has places to tell apart. */
function automaticFeature(graph: Graph, facts: Facts, reduction: string): LayerChoice {
  const before = ancestors(graph, reduction)
  const after = descendants(graph, graph.inputs.map(({ name }) => name))
  const onPath = graph.nodes.filter(({ outputs }) => outputs.some((name) => before.has(name) && after.has(name)))
  const rectified = new Set<string>()
  const activations: LayerCandidate[] = []
  const convolutions: LayerCandidate[] = []
  for (const node of onPath) {
    const value = facts.find(node.outputs[0] ?? '')
    if (!value || !isFloat(value.type) || value.name === reduction) continue
    const why = activationReason(graph, node, rectified)
    if (why !== undefined) rectified.add(value.name)
    else if (carrying.has(node.operator) && rectified.has(node.inputs[0] ?? '')) rectified.add(value.name)
    // maps of one channel are masks and attention, seldom features
    if (value.shape[1] === 1 || !spatial(value.shape)) continue
    if (why !== undefined) activations.push(candidate(graph, value, why))
    else if (node.operator === 'Conv') convolutions.push(candidate(graph, value, 'last convolution with more than one place'))
  }
  const found = (activations.length > 0 ? activations : convolutions).reverse()
  const [chosen, ...others] = found
  if (chosen) return { ...chosen, runnersUp: others.slice(0, mostRunnersUp) }
  throw new GradcamError('no-features', 'the model has no feature map with more than one place before its reduction layer', {
    hint: 'name a convolutional layer of shape [N, C, height, width] with --feature-layer, or an earlier reduction layer',
  })
}

/** Why a node counts as an activation, or undefined where it does not. */
function activationReason(graph: Graph, node: GraphNode, rectified: ReadonlySet<string>): string | undefined {
  if (node.domain === '' && rectifiers.has(node.operator)) return `last ${node.operator} with more than one place`
  if (node.operator === 'Mul' && gatesItself(graph, node)) return 'last gated activation (x · sigmoid) with more than one place'
  const gathers = node.operator === 'Add' || node.operator === 'Concat' || node.operator === 'Sum'
  const parts = node.inputs.filter((name) => graph.producers.has(name))
  if (gathers && parts.length > 1 && parts.length === node.inputs.length && parts.every((name) => rectified.has(name))) {
    return `last ${node.operator} that gathers rectified maps`
  }
  return undefined
}

/** x · sigmoid(x): SiLU, and hard-swish in two nodes. */
function gatesItself(graph: Graph, node: GraphNode): boolean {
  const [a = '', b = ''] = node.inputs
  const gateOf = (gate: string, x: string): boolean => {
    const maker = graph.producers.get(gate)
    return maker !== undefined && gates.has(maker.operator) && maker.inputs[0] === x
  }
  return gateOf(a, b) || gateOf(b, a)
}

/** [N, C, h, w] with more than one place. */
const spatial = (shape: Shape): boolean => shape.length === 4 && shape.slice(2).some((dim) => dim !== 1)

function named(graph: Graph, facts: Facts, name: string, kind: 'feature' | 'reduction'): LayerChoice {
  const value = facts.find(name) ?? facts.find(graph.nodes.find((node) => node.name === name)?.outputs[0] ?? '')
  if (!value || graph.initializers.has(value.name)) {
    const names = new Set(graph.nodes.flatMap((node) => [node.name, ...node.outputs.filter(Boolean)]))
    const suggestions = nearestNames(name, [...names])
    throw new GradcamError('unknown-layer', `unknown ${kind} layer: ${name}`, {
      hint: suggestions.length > 0 ? `did you mean ${suggestions.join(', ')}?` : '`gradcam layers` lists the layers worth looking at',
      suggestions,
    })
  }
  if (!isFloat(value.type)) {
    throw new GradcamError('unknown-layer', `the ${kind} layer ${name} holds ${value.type}, which has no gradient`, { hint: 'name a float tensor' })
  }
  if (kind === 'feature' && !spatial(value.shape)) {
    throw new GradcamError('no-features', `the feature layer ${name} has shape ${shapeText(value.shape)}: no places to tell apart`, {
      hint: 'name a layer of shape [N, C, height, width] with more than one place; `gradcam layers` lists candidates',
    })
  }
  return { ...candidate(graph, value, 'named by you'), runnersUp: [] }
}

const candidate = (graph: Graph, { name, shape }: Value, why: string): LayerCandidate => ({
  name,
  operator: graph.producers.get(name)?.operator ?? 'Input',
  shape,
  why,
})
