/** @file Sizes that hang on what an image shows, not on its size: how many places are not zero, how many boxes are kept. */
import type { Builder } from './emit.ts'
import type { Graph, GraphNode } from './graph.ts'
import { traitsOf } from './operators.ts'
import { followsFrom } from './path.ts'
import type { TensorInfo } from './tensor-info.ts'

const counting = new Set(['NonZero', 'NonMaxSuppression', 'Compress', 'Unique'])

/** Whether a tensor of the graph has as many elements as something in the image. */
export const sizesFromData = (graph: Graph): boolean => countingNode(graph) !== undefined

/** The first node that counts something in the image. */
export function countingNode(graph: Graph): GraphNode | undefined {
  if (!graph.nodes.some(({ operator }) => counting.has(operator))) return undefined
  const fixed = new Set(graph.initializers.keys())
  return graph.nodes.find((node) => {
    if (traitsOf(node).measures || followsFrom(fixed, node)) for (const name of node.outputs) if (name) fixed.add(name)
    return counting.has(node.operator) && !node.outputs.some((name) => fixed.has(name))
  })
}

/** Every tensor as long as it is known to be: a run in which it is not fails, where broadcasting would take one row for all. */
export const heldToSizes = (info: TensorInfo, g: Builder): TensorInfo => ({
  ...info,
  value(name) {
    const tensor = info.value(name)
    const { type, shape } = tensor
    return shape.every((dim) => typeof dim === 'number') ? g.node('Reshape', [tensor, g.int64(shape)], { type, shape }) : tensor
  },
})
