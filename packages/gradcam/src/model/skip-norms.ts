/** @file Splits fused normalisations into the sum that they normalise, which is a layer that all goes through, and the norm. */
import { create } from '@bufbuild/protobuf'
import { type GraphProto, type ModelProto, type NodeProto, NodeProtoSchema } from 'onnx-buf'
import { amended } from './amended.ts'
import { given } from './node-parts.ts'
import { readBy } from './order.ts'

/** Fused operators of ONNX Runtime, the operator of their norm, and where its parameters and the bias of the sum are. */
const fused: ReadonlyMap<string, { norm: string; parameters: readonly number[]; bias: number }> = new Map([
  ['SkipLayerNormalization', { norm: 'LayerNormalization', parameters: [2, 3], bias: 4 }],
  ['SkipSimplifiedLayerNormalization', { norm: 'SimplifiedLayerNormalization', parameters: [2], bias: 3 }],
])

/** The same model, its fused normalisations written as a sum and a norm; the very same object where it has none. */
export function splitSkipNorms(model: ModelProto): ModelProto {
  const { graph } = model
  if (!graph?.node.some((node) => fused.has(node.opType))) return model
  const read = new Set([...graph.node.flatMap(readBy), ...graph.output.map(({ name }) => name)])
  const nodes = graph.node.flatMap((node) => split(node, read))
  return nodes.length === graph.node.length ? model : amended(model, { graph: amended<GraphProto>(graph, { node: nodes }) })
}

function split(node: NodeProto, read: ReadonlySet<string>): NodeProto[] {
  const how = node.domain === 'com.microsoft' ? fused.get(node.opType) : undefined
  const [y = '', mean = '', deviation = ''] = node.output
  const [x = '', skip = ''] = node.input
  if (!how || [mean, deviation].some((name) => name !== '' && read.has(name)) || x === '' || skip === '') return [node]
  const sum = node.output[3] || `${y}/sum`
  const name = node.name || sum
  const bias = node.input[how.bias] ?? ''
  const part = (opType: string, suffix: string, input: string[], output: string, attribute: NodeProto['attribute'] = []): NodeProto =>
    create(NodeProtoSchema, { opType, name: `${name}/${suffix}`, input, output: [output], attribute })
  // a bias belongs to the layer in front, so that the last sum is the residual one
  const biased = bias === '' ? x : `${sum}/biased`
  const sums = [...(bias === '' ? [] : [part('Add', 'bias', [x, bias], biased)]), part('Add', 'sum', [biased, skip], sum)]
  if (y === '') return sums
  const parameters = given(...how.parameters.map((position) => node.input[position]))
  const epsilon = node.attribute.filter((each) => each.name === 'epsilon')
  return [...sums, part(how.norm, 'norm', [sum, ...parameters], y, epsilon)]
}
