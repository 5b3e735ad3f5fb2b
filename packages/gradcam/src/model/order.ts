/** @file Nodes in an order in which each comes after those that it reads from: a runtime sorts by itself, and so do we. */
import type { GraphProto, ModelProto, NodeProto } from 'onnx-buf'
import { amended } from './amended.ts'

/** The same model with its nodes in order, those of branches and loops too; the very same object where they are already. */
export function inOrder(model: ModelProto): ModelProto {
  if (!model.graph) return model
  const graph = sortedGraph(model.graph, 0)
  return graph === model.graph ? model : amended(model, { graph })
}

// deeper ones are refused when the graph is checked
const deepest = 64

function sortedGraph(graph: GraphProto, depth: number): GraphProto {
  const inner = depth < deepest ? graph.node.map((node) => withSortedBodies(node, depth + 1)) : graph.node
  const nodes = sorted(inner)
  return nodes.every((node, i) => node === graph.node[i]) ? graph : amended(graph, { node: nodes })
}

function withSortedBodies(node: NodeProto, depth: number): NodeProto {
  if (!node.attribute.some(({ g }) => g)) return node
  const attribute = node.attribute.map((each) => {
    const g = each.g && sortedGraph(each.g, depth)
    return g === each.g || !g ? each : amended(each, { g })
  })
  return attribute.every((each, i) => each === node.attribute[i]) ? node : amended(node, { attribute })
}

/** Names that a node reads, also those that its bodies take from outside. */
export function readBy(node: NodeProto): string[] {
  const names = [...node.input]
  for (const { g } of node.attribute) {
    if (!g) continue
    for (const inner of g.node) for (const name of readBy(inner)) names.push(name)
    for (const { name } of g.output) names.push(name)
  }
  return names
}

/** Whether each node stands behind those that it reads from, as in nearly all files. */
function standInOrder(nodes: readonly NodeProto[]): boolean {
  const waiting = new Set(nodes.flatMap(({ output }) => output))
  waiting.delete('')
  for (const node of nodes) {
    if (readBy(node).some((name) => waiting.has(name))) return false
    for (const name of node.output) waiting.delete(name)
  }
  return true
}

/** Each after its makers, otherwise as they stand. Nodes of a cycle come last, as they stand. */
function sorted(nodes: NodeProto[]): NodeProto[] {
  if (standInOrder(nodes)) return nodes
  const makers = new Map<string, number>()
  for (const [i, node] of nodes.entries()) for (const name of node.output) if (name !== '' && !makers.has(name)) makers.set(name, i)
  const sources = nodes.map((node, i) => [...new Set(readBy(node).flatMap((name) => makers.get(name) ?? []))].filter((from) => from !== i))
  if (sources.every((from, i) => from.every((each) => each < i))) return nodes
  const waiting = sources.map(({ length }) => length)
  const readers: number[][] = nodes.map(() => [])
  for (const [i, from] of sources.entries()) for (const each of from) readers[each]?.push(i)
  const placed = new Set<number>()
  // what waits for nothing is placed at once, and what waited for it alone right after: no recursion, whatever the depth
  for (const i of nodes.keys()) {
    const open = waiting[i] === 0 && !placed.has(i) ? [i] : []
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      placed.add(next)
      for (const reader of (readers[next] ?? []).toReversed()) {
        waiting[reader] = (waiting[reader] as number) - 1
        if (waiting[reader] === 0 && reader <= i) open.push(reader)
      }
    }
  }
  const order = [...placed, ...[...nodes.keys()].filter((i) => !placed.has(i))]
  return order.map((i) => nodes[i] as NodeProto)
}
