/** @file The scores from which an output is made: what a network does to them at its end, by rank, index, percent or name, is looked through. */
import { toFloat32 } from '../core/tensor.ts'
import { attributesOf } from './attributes.ts'
import { constantOf, type Graph, type GraphNode, type Shape } from './graph.ts'
import { type Traits, traitsOf } from './operators.ts'

/** What turns scores into probabilities. */
export type Probability = NonNullable<Traits['probability']>

/** Where the scores of an output are, and what was done to them. */
export interface Scores {
  /** The tensor of scores: logits, where a softmax or sigmoid follows. */
  tensor: string
  /** The function that makes probabilities of them, its tensor, and the axis over which a softmax runs. */
  probability: { kind: Probability; node: GraphNode; tensor: string; axis: number | undefined } | undefined
  /** Whether the output is a probability times 100. */
  percent: boolean
  /** The node that chooses among scores (ArgMax, TopK) or names them (ZipMap), and the axis of the classes before it. */
  chosen: { node: GraphNode; axis: number | undefined } | undefined
  /** The node that rounds the scores to whole numbers. */
  quantised: GraphNode | undefined
}

// longer chains of nodes that only move values are none
const longestChain = 24

/** Looks back from an output. `shapeOf` tells ranks, for axes that count from the end. */
export function scoresBefore(graph: Graph, shapeOf: (name: string) => Shape | undefined, output: string): Scores {
  const found: Scores = { tensor: output, probability: undefined, percent: false, chosen: undefined, quantised: undefined }
  let name = output
  for (let step = 0; step < longestChain; step++) {
    const node = graph.producers.get(name)
    const [data] = node?.inputs ?? []
    if (!node || data === undefined) return found
    const { moves, probability } = traitsOf(node)
    const hundred = timesHundred(graph, node)
    if (probability) {
      const kind = { kind: probability, node, tensor: node.outputs[0] as string, axis: softmaxAxis(graph, node, shapeOf) }
      const rounding = roundingBehind(graph, data)
      return { ...found, tensor: rounding?.inputs[0] ?? data, probability: kind, quantised: rounding ?? found.quantised }
    }
    if (isChoice(node)) {
      if (found.chosen) return found
      found.chosen = { node, axis: choiceAxis(node, shapeOf) }
      found.tensor = data
    } else if (rounds(graph, node)) {
      found.quantised ??= node
      found.tensor = data
    } else if (hundred !== undefined && probabilityBehind(graph, hundred)) found.percent = true
    else if (!moves || moves === 'joins' || moves === 'pads' || node.operator === 'DequantizeLinear') {
      // values that are only moved stay what they are, where nothing is done to them
      if (!isPair(graph, node)) return found
    }
    name = hundred ?? data
  }
  return found
}

/** ArgMax and TopK give ranks and indices, ZipMap names. */
const isChoice = ({ operator }: GraphNode): boolean => operator === 'ArgMax' || operator === 'TopK' || operator === 'ZipMap'

function choiceAxis(node: GraphNode, shapeOf: (name: string) => Shape | undefined): number | undefined {
  if (node.operator === 'ZipMap') return 1
  return fromFront(attributesOf(node).int('axis', node.operator === 'TopK' ? -1 : 0), shapeOf(node.inputs[0] ?? ''))
}

/** The axis of a softmax; before opset 13 it runs over all axes from there on. */
function softmaxAxis(graph: Graph, node: GraphNode, shapeOf: (name: string) => Shape | undefined): number | undefined {
  if (traitsOf(node).probability === 'sigmoid') return undefined
  return fromFront(attributesOf(node).int('axis', graph.opset < 13 ? 1 : -1), shapeOf(node.inputs[0] ?? ''))
}

function fromFront(axis: number, shape: Shape | undefined): number | undefined {
  if (axis >= 0) return axis
  return shape ? axis + shape.length : undefined
}

/** A QuantizeLinear that ends a network, alone or with the DequantizeLinear behind it. */
const rounds = (graph: Graph, node: GraphNode): boolean => node.operator === 'QuantizeLinear' && graph.producers.has(node.inputs[0] ?? '')

/** The QuantizeLinear of a pair that makes a tensor: scores that it cuts off have no gradient, those in front of it say the same. */
function roundingBehind(graph: Graph, name: string): GraphNode | undefined {
  const node = graph.producers.get(name)
  const before = node && isPair(graph, node) ? graph.producers.get(node.inputs[0] ?? '') : undefined
  return before && rounds(graph, before) ? before : undefined
}

/** A DequantizeLinear behind a QuantizeLinear. */
const isPair = (graph: Graph, node: GraphNode): boolean =>
  node.operator === 'DequantizeLinear' && graph.producers.get(node.inputs[0] ?? '')?.operator === 'QuantizeLinear'

/** Whether a softmax or sigmoid lies before a tensor, and nothing else but moves. */
function probabilityBehind(graph: Graph, name: string): boolean {
  let node = graph.producers.get(name)
  for (let step = 0; node && step < longestChain; step++) {
    const { moves, probability } = traitsOf(node)
    if (probability) return probability !== 'log-softmax'
    if (!moves || moves === 'joins' || moves === 'pads') return false
    node = graph.producers.get(node.inputs[0] ?? '')
  }
  return false
}

/** The tensor that a node multiplies by 100; undefined for other nodes. */
function timesHundred(graph: Graph, { operator, inputs }: GraphNode): string | undefined {
  if (operator !== 'Mul') return undefined
  const [a = '', b = ''] = inputs
  const isHundred = (name: string): boolean => {
    const constant = constantOf(graph, name)
    return constant !== undefined && constant.data.length === 1 && Math.abs((toFloat32(constant)[0] as number) - 100) < 1e-3
  }
  return isHundred(b) ? a : isHundred(a) ? b : undefined
}
