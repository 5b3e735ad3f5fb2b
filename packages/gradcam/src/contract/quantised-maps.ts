/** @file Tensors that operators on integers make, as floats by their own scale and zero point: such maps can be layers, and can be named. */
import { create } from '@bufbuild/protobuf'
import { type NodeProto, NodeProtoSchema } from 'onnx-buf'
import { type Graph, graphOf } from '../graph/graph.ts'
import type { Model } from '../graph/model.ts'
import { readNames } from '../graph/nodes.ts'
import { operatorName, traitsOf } from '../graph/operators.ts'
import { amended } from '../model/amended.ts'
import { externalReader } from '../model/external.ts'

/** Position of the output's scale; its zero point comes behind it. */
const scaleAt: Readonly<Record<string, number>> = {
  ...{ QLinearConv: 6, QLinearMatMul: 6, 'com.microsoft:QLinearAdd': 6, 'com.microsoft:QLinearMul': 6, 'com.microsoft:QGemm': 7 },
  ...{ 'com.microsoft:QLinearConcat': 0, 'com.microsoft:QLinearLeakyRelu': 3, 'com.microsoft:QLinearSigmoid': 3 },
  ...{ 'com.microsoft:QLinearAveragePool': 3, 'com.microsoft:QLinearGlobalAveragePool': 3 },
}

/** Nodes that only move integers keep their scale. */
function stepsOf(graph: Graph, name: string): readonly string[] | undefined {
  const maker = graph.producers.get(name)
  if (!maker) return undefined
  const at = scaleAt[operatorName(maker)]
  if (at !== undefined) return maker.inputs[at] ? maker.inputs.slice(at, at + 2).filter(Boolean) : undefined
  const { moves, kind } = traitsOf(maker)
  if (moves === 'joins' || (moves === undefined && maker.operator !== 'MaxPool') || kind === 'quantiser' || kind === 'dequantiser')
    return undefined
  return maker.operator === 'Cast' ? undefined : stepsOf(graph, maker.inputs[0] ?? '')
}

/**
 * The same model with every such tensor dequantised, under its own name, and quantised again for those that read it: the integers are the
 * same. The very same model where it has none.
 */
export function withQuantisedMaps(model: Model): Model {
  const { proto, graph } = model
  const outputs = new Set(graph.outputs.map(({ name }) => name))
  const inBranches = new Set(graph.nodes.flatMap((node) => readNames(node).filter((name) => !node.inputs.includes(name))))
  const isRead = (name: string): boolean => graph.consumers.get(name)?.some(({ operator }) => operator !== 'DequantizeLinear') ?? false
  const steps = new Map(
    graph.nodes.flatMap((node): [string, readonly string[]][] => {
      const [name = ''] = node.outputs
      const own = outputs.has(name) || inBranches.has(name) || !isRead(name) ? undefined : stepsOf(graph, name)
      return own ? [[name, own]] : []
    }),
  )
  if (steps.size === 0 || !proto.graph) return model
  const nodes = proto.graph.node.flatMap((node) => {
    const read = amended(node, { input: node.input.map((name) => (steps.has(name) ? again(name) : name)) })
    const [name = ''] = node.output
    const own = steps.get(name)
    return own ? [amended(read, { output: [integers(name), ...node.output.slice(1)] }), ...asFloats(name, own)] : [read]
  })
  const valueInfo = proto.graph.valueInfo.filter(({ name }) => !steps.has(name))
  const changed = amended(proto, { graph: amended(proto.graph, { node: nodes, valueInfo }) })
  return { ...model, proto: changed, rewritten: true, graph: graphOf(changed, externalReader(model.external)) }
}

const integers = (name: string): string => `${name}/integers`
const again = (name: string): string => `${name}/quantised`

const asFloats = (name: string, steps: readonly string[]): NodeProto[] => [
  create(NodeProtoSchema, { opType: 'DequantizeLinear', name: `${name}/floats`, input: [integers(name), ...steps], output: [name] }),
  create(NodeProtoSchema, { opType: 'QuantizeLinear', name: again(name), input: [name, ...steps], output: [again(name)] }),
]
