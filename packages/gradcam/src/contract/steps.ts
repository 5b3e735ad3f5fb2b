/** @file What in a graph tells that an output holds steps of a sequence, each with a score for every symbol. */
import { attributesOf } from '../graph/attributes.ts'
import type { Graph, GraphNode } from '../graph/graph.ts'
import { integersOf } from './track.ts'

/** Why an output [N, T, C] or [T, N, C] holds steps; undefined where the graph does not tell. */
export function stepsBy(graph: Graph, name: string): string | undefined {
  if (recurrent(graph, name)) return 'a recurrent layer lies before it'
  const taken = rowsTaken(graph, name)
  return taken && `${taken.name || taken.outputs[0]} (${taken.operator}) leaves columns of a map, each of which gives scores`
}

const deepest = 32

function recurrent(graph: Graph, name: string): boolean {
  let node = graph.producers.get(name)
  for (let depth = 0; node && depth < deepest; depth++) {
    if (['LSTM', 'GRU', 'RNN'].includes(node.operator)) return true
    // a bias may stand first
    node = graph.producers.get(computedInputs(graph, node)[0] ?? '')
  }
  return false
}

const weighs = new Set(['MatMul', 'Gemm', 'Conv'])
const leaves = new Set(['Add', 'BatchNormalization', 'Cast', 'Dropout', 'Identity', 'LogSoftmax', 'Relu', 'Softmax', 'Transpose'])

/**
 * The node that takes away the one row of a map, as of a line of text, where nothing but weights and functions of one element lies between
 * it and the output. Tokens of a picture are made otherwise: they count rows and columns.
 */
function rowsTaken(graph: Graph, name: string): GraphNode | undefined {
  let weighed = false
  let node = graph.producers.get(name)
  for (let depth = 0; node && depth < deepest; depth++) {
    if (takesRow(graph, node)) return weighed ? node : undefined
    const [before, ...others] = computedInputs(graph, node)
    if (others.length > 0 || !(weighs.has(node.operator) || leaves.has(node.operator))) return undefined
    weighed ||= weighs.has(node.operator)
    node = graph.producers.get(before ?? '')
  }
  return undefined
}

/** Whether a node takes away one of the last two of four axes. */
function takesRow(graph: Graph, node: GraphNode): boolean {
  const averages = node.operator === 'ReduceMean' || node.operator === 'ReduceMax'
  if (!(node.operator === 'Squeeze' || (averages && attributesOf(node).int('keepdims', 1) === 0))) return false
  const axes = integersOf(graph, node, 1, 'axes')
  return axes?.length === 1 && [2, 3, -2, -1].includes(axes[0] as number)
}

const computedInputs = (graph: Graph, { inputs }: GraphNode): readonly string[] =>
  inputs.filter((input) => graph.producers.has(input) && graph.producers.get(input)?.operator !== 'Constant')
