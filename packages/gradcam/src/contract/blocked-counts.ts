/** @file How many channels tensors have that ONNX Runtime laid out in blocks (com.microsoft.nchwc), of which the last may be filled up. */
import { attributesOf } from '../graph/attributes.ts'
import type { Graph, GraphNode } from '../graph/graph.ts'
import { traitsOf } from '../graph/operators.ts'

/** Operators of maps in blocks. */
export const blocks = 'com.microsoft.nchwc'

/** Shape of a convolution's filters as they lie in the file; empty where they are computed. */
export const filtersOf = (graph: Graph, { inputs }: GraphNode): readonly number[] =>
  graph.initializers.get(inputs[1] ?? '')?.dims.map(Number) ?? []

/** Whether each filter of a convolution sees a channel of its own. */
export const isDepthwise = (graph: Graph, node: GraphNode): boolean =>
  attributesOf(node).int('group', 1) > 1 && filtersOf(graph, node)[1] === 1

/** The inputs that have as many channels as the output. */
function alike(graph: Graph, node: GraphNode): readonly string[] {
  const { operator, domain, inputs } = node
  if (operator === 'Conv' && domain === blocks) return [...(isDepthwise(graph, node) ? inputs.slice(0, 1) : []), ...inputs.slice(3)]
  if (domain === blocks) return operator === 'ReorderOutput' && isLast(node) ? [] : inputs
  const { kind } = traitsOf(node)
  return kind === 'activation' || kind === 'function' || kind === 'sum' || kind === 'product' ? inputs : []
}

/** Whether channels are the last axis on the plain side. */
export const isLast = (node: GraphNode): boolean => attributesOf(node).int('channels_last', 0) !== 0

/** Numbers of channels by tensor: told where blocks end, from there back, and then forth from there. */
export function channelCounts(graph: Graph): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const set = (name: string | undefined, count: number | undefined): void => {
    if (name && count !== undefined && !counts.has(name)) counts.set(name, count)
  }
  for (const node of graph.nodes.toReversed()) {
    const [y = ''] = node.outputs
    const ends = node.operator === 'ReorderOutput'
    if (ends) set(node.inputs[0], attributesOf(node).int('channels', 0))
    if (ends && !isLast(node)) set(y, attributesOf(node).int('channels', 0))
    if (!(node.operator === 'ReorderInput' && isLast(node))) for (const name of alike(graph, node)) set(name, counts.get(y))
  }
  for (const node of graph.nodes) {
    const [y] = node.outputs
    const all = node.inputs.map((name) => counts.get(name))
    if (node.operator === 'Conv' || node.operator === 'FusedConv') set(y, filtersOf(graph, node)[0])
    else if (traitsOf(node).moves === 'joins') {
      const sum = all.reduce<number>((n, count) => n + (count ?? Number.NaN), 0)
      if (!Number.isNaN(sum) && attributesOf(node).int('axis', 0) === 1) set(y, sum)
    } else if (!(node.operator === 'ReorderInput' && isLast(node))) set(y, alike(graph, node).flatMap((name) => counts.get(name) ?? [])[0])
  }
  return counts
}
