/** @file Operators that are no part of ONNX: which a model has, what depends on them, and what to do without. */
import { GradcamError } from '../core/errors.ts'
import type { Graph, GraphNode } from './graph.ts'
import { operatorName, traits } from './operators.ts'

/** Operator sets that ONNX Runtime brings along. */
const known = /^(?:|ai\.onnx(?:\.(?:ml|preview(?:\.training)?|training))?|com\.microsoft(?:\..*)?|com\.ms\..*|org\.pytorch\.aten)$/

/** Nodes of operator sets that no runtime of ours has. */
export const customNodes = ({ nodes }: Graph): GraphNode[] => nodes.filter(({ domain }) => !known.test(domain))

/** Tensors that custom nodes make, and all that is computed of these. */
export function behindCustom(graph: Graph): ReadonlySet<string> {
  const behind = new Set<string>()
  const add = (node: GraphNode): void => {
    for (const name of node.outputs) if (name) behind.add(name)
  }
  for (const node of customNodes(graph)) add(node)
  if (behind.size > 0) for (const node of graph.nodes) if (node.inputs.some((name) => behind.has(name))) add(node)
  return behind
}

const unregistered = /(?:([\w.]+):)?(\w+)\(-?\d+\) is not a registered function\/op|No Op registered for (\w+) with/

/**
 * An error of the runtime in terms of the model: where it lacks an operator, which, and what to do. Any other error as it is.
 *
 * @param error what the runtime said; undefined where nothing of the graph is left without its custom nodes
 */
export function customRefusal(graph: Graph, error?: unknown): unknown {
  const refused = error instanceof GradcamError && error.code === 'model-refused' ? unregistered.exec(error.message) : null
  if (error !== undefined && !refused) return error
  const nodes = customNodes(graph)
  const [, domain = '', name = '', operator = name] = refused ?? []
  if (domain === 'com.microsoft.nchwc') {
    return new GradcamError(
      'unsupported-operator',
      'the model was optimised for one kind of processor, whose operators this engine lacks',
      {
        hint: 'use the native `engine`, or save the model again with graph_optimization_level = ORT_ENABLE_EXTENDED instead of ORT_ENABLE_ALL',
        cause: error,
      },
    )
  }
  const found =
    nodes.length > 0
      ? nodes
      : graph.nodes.filter((node) => node.operator === operator && node.domain === domain && !traits.has(operatorName(node)))
  const counts = new Map<string, number>()
  for (const each of found) {
    const named = `${each.operator} of ${each.domain === '' ? 'no operator set' : each.domain}`
    counts.set(named, (counts.get(named) ?? 0) + 1)
  }
  const listed = [...counts].slice(0, 6).map(([named, count]) => (count > 1 ? `${count} × ${named}` : named))
  const [first] = found
  if (!first) return error
  return new GradcamError('unsupported-operator', `the model has custom operators, which ONNX does not know: ${listed.join(', ')}`, {
    hint: wayOut(graph, first, new Set(found)),
    node: { name: first.name, operator: first.operator },
    cause: error,
  })
}

/** What can be cut off: an end behind the network, or a beginning in front of it. */
function wayOut({ inputs, initializers, consumers, outputs }: Graph, node: GraphNode, custom: ReadonlySet<GraphNode>): string {
  const computed = node.inputs.filter((name) => name !== '' && !initializers.has(name))
  const first = computed.some((name) => inputs.some((input) => input.name === name))
  const [reads = ''] = computed
  const [makes = ''] = node.outputs
  const ends = node.outputs.every(
    (name) => outputs.some((output) => output.name === name) || (consumers.get(name) ?? []).every((each) => custom.has(each)),
  )
  const names = inputs.map(({ name }) => JSON.stringify(name)).join(', ')
  const cut = (from: string, to: string): string => `onnx.utils.extract_model("model.onnx", "cut.onnx", [${from}], [${to}])`
  if (first && !ends)
    return `cut it off, and give what it makes as the input: ${cut(JSON.stringify(makes), outputs.map(({ name }) => JSON.stringify(name)).join(', '))}; or export the network without it`
  return `explain what lies in front of it: \`reductionLayer: '${reads}'\`; or cut it off: ${cut(names, JSON.stringify(reads))}`
}
