/** @file Lists of nodes: what they read, which of them outputs need, and tensors computed in another way. */
import { create } from '@bufbuild/protobuf'
import { type NodeProto, NodeProtoSchema } from 'onnx-buf'
import { amended } from '../model/amended.ts'
import type { GraphNode } from './graph.ts'

/** The nodes that the outputs need, in their order. */
export function pruned(nodes: readonly NodeProto[], outputs: readonly string[], cut: ReadonlySet<string> = new Set()): NodeProto[] {
  const needed = new Set(outputs)
  const kept: NodeProto[] = []
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as NodeProto
    if (!node.output.some((name) => name !== '' && needed.has(name) && !cut.has(name))) continue
    kept.push(node)
    for (const name of namesRead(node)) needed.add(name)
  }
  return kept.reverse()
}

/** Names that a node reads, those of its subgraphs (If, Loop, Scan) among them. */
export function namesRead(node: NodeProto): string[] {
  const names = node.input.filter(Boolean)
  for (const attribute of node.attribute) {
    for (const graph of attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs) {
      for (const inner of graph.node) names.push(...namesRead(inner))
      names.push(...graph.output.map(({ name }) => name))
    }
  }
  return names
}

/** What a node reads, inside its branches and loop bodies too. */
export const readNames = ({ proto, inputs }: GraphNode): readonly string[] =>
  proto.attribute.some(({ g }) => g !== undefined) ? namesRead(proto) : inputs

/** Added tensors take the names of the tensors that they replace, and are computed where those were. */
export function withInstead(nodes: readonly NodeProto[], instead: ReadonlyMap<string, string>): readonly NodeProto[] {
  const made = new Set(nodes.flatMap(({ output }) => output))
  const names = new Map([...instead].flatMap(([tensor, value]) => (made.has(value) ? [[value, tensor] as const] : [])))
  if (names.size === 0) return nodes
  const replaced = new Set(names.values())
  const named = (name: string): string => names.get(name) ?? name
  const touched = ({ input, output }: NodeProto): boolean => [...input, ...output].some((name) => names.has(name))
  return sorted(
    nodes.map((node) => {
      const rest = withoutOutputs(node, replaced)
      return touched(rest) ? amended(rest, { input: rest.input.map(named), output: rest.output.map(named) }) : rest
    }),
  )
}

/** The same nodes, each after those that it reads from; otherwise in their order. */
function sorted(nodes: readonly NodeProto[]): NodeProto[] {
  const makers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)))
  const done = new Set<NodeProto>()
  const place = (node: NodeProto): void => {
    if (done.has(node)) return
    done.add(node)
    for (const name of namesRead(node)) {
      const maker = makers.get(name)
      if (maker) place(maker)
    }
    result.push(node)
  }
  const result: NodeProto[] = []
  for (const node of nodes) place(node)
  return result
}

/** A node whose outputs of these names are renamed, so that nothing reads them. */
export function withoutOutputs(node: NodeProto, names: ReadonlySet<string>): NodeProto {
  if (!node.output.some((name) => names.has(name))) return node
  return create(NodeProtoSchema, { ...node, output: node.output.map((name) => (names.has(name) ? `${name}/replaced` : name)) })
}
