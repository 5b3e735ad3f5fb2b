/** @file Which nodes lie between two tensors. */
import type { Graph, GraphNode } from './graph.ts'
import { readNames } from './nodes.ts'
import { traitsOf } from './operators.ts'

/** Names of all tensors that a tensor is computed from, itself included. */
export function ancestors(graph: Graph, name: string): Set<string> {
  const found = new Set<string>()
  const open = [name]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === '' || found.has(next)) continue
    found.add(next)
    const maker = graph.producers.get(next)
    if (maker) open.push(...readNames(maker))
  }
  return found
}

/** Names of all tensors that are computed from any of the given ones, those included. */
export function descendants(graph: Graph, names: readonly string[]): Set<string> {
  const found = new Set(names)
  for (const node of graph.nodes)
    if (readNames(node).some((name) => found.has(name))) for (const name of node.outputs) if (name) found.add(name)
  return found
}

/** Names of all tensors that are computed from constants alone. Random numbers and what subgraphs make are left out. */
export function fixedTensors(graph: Graph): Set<string> {
  const fixed = new Set(graph.initializers.keys())
  for (const node of graph.nodes) if (followsFrom(fixed, node)) for (const name of node.outputs) if (name) fixed.add(name)
  return fixed
}

/** Whether a node always computes the same from fixed tensors. */
export const followsFrom = (fixed: ReadonlySet<string>, node: GraphNode): boolean =>
  traitsOf(node).kind !== 'random' &&
  node.proto.attribute.every(({ g }) => g === undefined) &&
  node.inputs.every((name) => name === '' || fixed.has(name))

/** The nodes on any way from one tensor to others, in their order. */
export function nodesBetween(graph: Graph, from: string, ...to: readonly string[]): GraphNode[] {
  const before = new Set(to.flatMap((name) => [...ancestors(graph, name)]))
  const after = descendants(graph, [from])
  return graph.nodes.filter(
    (node) => node.outputs.some((name) => before.has(name) && after.has(name)) && readNames(node).some((name) => after.has(name)),
  )
}
