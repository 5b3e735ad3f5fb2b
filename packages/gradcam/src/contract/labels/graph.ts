/** @file Labels that the graph itself holds: the strings or numbers of a ZipMap or classifier, a table of strings that an index picks from. */
import type { Graph, GraphNode } from '../../graph/graph.ts'
import { maxLabels } from './listed.ts'
import type { LabelSource } from './source.ts'

// TensorProto.DataType.STRING
const stringType = 8

/** What the nodes of a graph say. */
export const labelsOfGraph = (graph: Graph): LabelSource[] =>
  graph.nodes.flatMap((node) => {
    const labels = node.domain === 'ai.onnx.ml' ? ofNode(node) : ofTable(graph, node)
    // 0, 1, 2 … name nothing
    const tells = labels.length > 0 && labels.length <= maxLabels && labels.some((label, index) => label !== String(index))
    return tells ? [{ source: 'graph', from: `${node.operator} ${node.name}`, labels } as const] : []
  })

function ofNode({ operator, attributes }: GraphNode): string[] {
  const strings = (name: string): string[] => (attributes.get(name)?.strings ?? []).map((bytes) => new TextDecoder().decode(bytes))
  const integers = (...names: readonly string[]): bigint[] => names.flatMap((name) => attributes.get(name)?.ints ?? [])
  if (operator === 'LabelEncoder') {
    const labels = strings('values_strings')
    return integers('keys_int64s').every((key, index) => key === BigInt(index)) ? labels : []
  }
  const labels = strings('classlabels_strings')
  return labels.length > 0 ? labels : integers('classlabels_int64s', 'classlabels_ints').map(String)
}

/** The answer as text: a list of strings, of which the best class picks one. */
function ofTable({ initializers }: Graph, { operator, inputs }: GraphNode): string[] {
  const table = operator === 'Gather' ? initializers.get(inputs[0] ?? '') : undefined
  if (!table || table.dataType !== stringType || table.dims.length !== 1) return []
  return table.stringData.map((bytes) => new TextDecoder().decode(bytes))
}
