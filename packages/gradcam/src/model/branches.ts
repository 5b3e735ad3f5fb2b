/** @file Inlines If nodes whose condition is known, so that the rest of the library sees the branch that is taken. */
import { create } from '@bufbuild/protobuf'
import { type GraphProto, type ModelProto, type NodeProto, NodeProtoSchema, type TensorProto } from 'onnx-buf'
import { amended } from './amended.ts'
import { type KnownValues, knownValues } from './known-values.ts'

// branches within branches; exporters write one or two levels
const deepest = 32

/**
 * The same model without If nodes of known condition; the very same object where it has none.
 *
 * @param conditions values that the graph alone does not tell, as where they hang on the size of the image
 */
export function inlineBranches(model: ModelProto, conditions: ReadonlyMap<string, readonly number[]> = new Map()): ModelProto {
  const graph = model.graph
  if (!graph?.node.some(({ opType, domain }) => opType === 'If' && isStandard(domain))) return model
  const known = knownValues(graph)
  const initializers: TensorProto[] = []
  let inlined = 0

  const expand = (nodes: readonly NodeProto[], depth: number): NodeProto[] =>
    nodes.flatMap((node) => {
      const branch = depth < deepest ? takenBranch(node, (name) => conditions.get(name) ?? known.find(name)) : undefined
      if (!branch) return [node]
      const { nodes: body, initializers: constants } = bodyOf(branch, node, `${node.name || node.output[0] || 'If'}#${inlined++}/`)
      known.add(body, constants)
      initializers.push(...constants)
      return expand(body, depth + 1)
    })
  const nodes = expand(graph.node, 0)
  if (inlined === 0) return model
  // fields are shared, not cloned: weights stay views
  return amended(model, { graph: amended(graph, { node: nodes, initializer: [...graph.initializer, ...initializers] }) })
}

const isStandard = (domain: string): boolean => domain === '' || domain === 'ai.onnx'

function takenBranch(node: NodeProto, find: KnownValues['find']): GraphProto | undefined {
  if (node.opType !== 'If' || !isStandard(node.domain)) return undefined
  const condition = find(node.input[0] ?? '')
  if (condition?.length !== 1) return undefined
  const name = condition[0] === 0 ? 'else_branch' : 'then_branch'
  return node.attribute.find((attribute) => attribute.name === name)?.g
}

/** The branch's nodes and constants: what it makes is prefixed, what it puts out gets the names of the If's outputs. */
function bodyOf(branch: GraphProto, call: NodeProto, prefix: string): { nodes: NodeProto[]; initializers: TensorProto[] } {
  const names = new Map<string, string>()
  for (const { name } of branch.initializer) names.set(name, `${prefix}${name}`)
  for (const node of branch.node) for (const name of node.output) if (name) names.set(name, `${prefix}${name}`)
  // an output that a node of the branch makes is made under the outer name; anything else is passed on
  const made = new Set(branch.node.flatMap((node) => node.output))
  const passed: NodeProto[] = []
  const claimed = new Set<string>()
  branch.output.forEach(({ name }, i) => {
    const outer = call.output[i]
    if (!outer) return
    if (made.has(name) && !claimed.has(name)) names.set(name, outer)
    else passed.push(create(NodeProtoSchema, { name: outer, opType: 'Identity', input: [name], output: [outer] }))
    claimed.add(name)
  })
  return {
    nodes: [...branch.node, ...passed].map((node) => renamed(node, names, prefix)),
    initializers: branch.initializer.map((tensor) => amended(tensor, { name: `${prefix}${tensor.name}` })),
  }
}

/** Names of the branch replaced everywhere, also where inner branches and loop bodies read them. */
function renamed(node: NodeProto, names: ReadonlyMap<string, string>, prefix: string): NodeProto {
  const rename = (name: string): string => names.get(name) ?? name
  return amended(node, {
    name: `${prefix}${node.name || (node.output.find(Boolean) ?? node.opType)}`,
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: node.attribute.map((attribute) =>
      attribute.g ? amended(attribute, { g: renamedGraph(attribute.g, names, prefix) }) : attribute,
    ),
  })
}

function renamedGraph(graph: GraphProto, names: ReadonlyMap<string, string>, prefix: string): GraphProto {
  return amended(graph, {
    node: graph.node.map((node) => renamed(node, names, prefix)),
    output: graph.output.map((output) => (names.has(output.name) ? amended(output, { name: names.get(output.name) ?? '' }) : output)),
  })
}
