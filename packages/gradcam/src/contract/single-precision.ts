/** @file A model in float64 as the same one in float32: ONNX Runtime has no float64 kernels for convolutions. */
import { toBinary } from '@bufbuild/protobuf'
import { type AttributeProto, type GraphProto, ModelProtoSchema, type NodeProto, type TensorProto, type ValueInfoProto } from 'onnx-buf'
import { type ExternalData, tensorOf, protoOf, dataTypeOf } from '../io/onnx-tensor.ts'
import { toFloat32 } from '../core/tensor.ts'
import type { Graph } from '../graph/graph.ts'
import { type Model, readModel } from '../graph/model.ts'
import { traitsOf } from '../graph/operators.ts'
import { amended } from '../model/amended.ts'
import { externalReader, isExternal } from '../model/external.ts'

const double = dataTypeOf('float64')
const single = dataTypeOf('float32')

/** Whether a linear layer of the model computes in float64. */
export const isDouble = ({ graph }: Model): boolean =>
  graph.nodes.some((node) => {
    const { kind } = traitsOf(node)
    const linear = kind === 'convolution' || kind === 'dense' || kind === 'batch-normalisation'
    return linear && node.inputs.some((name) => storedType(graph, name) === double)
  })

/** The element type of a weight, wherever it is stored. */
const storedType = ({ initializers, producers }: Graph, name: string): number | undefined =>
  initializers.get(name)?.dataType ?? producers.get(name)?.attributes.get('value')?.t?.dataType

/** The same model with every float64 as float32. Its bytes are new ones, and hold the weights. */
export function inSinglePrecision(model: Model): Model {
  const { proto, external } = model
  if (!proto.graph) return model
  const converted = amended(proto, { graph: graphInSingle(proto.graph, externalReader(external)) })
  // weights that lay elsewhere are in the new bytes, too: those on disk are found by places in the old file
  return { ...readModel(toBinary(ModelProtoSchema, converted)), file: model.file ?? model.bytes, rewritten: true }
}

const graphInSingle = (graph: GraphProto, external: ExternalData): GraphProto =>
  amended(graph, {
    initializer: graph.initializer.map((tensor) => tensorInSingle(tensor, external)),
    node: graph.node.map((node) => nodeInSingle(node, external)),
    input: graph.input.map(infoInSingle),
    output: graph.output.map(infoInSingle),
    valueInfo: graph.valueInfo.map(infoInSingle),
  })

function tensorInSingle(tensor: TensorProto, external: ExternalData): TensorProto {
  if (tensor.dataType !== double) return isExternal(tensor) ? protoOf(tensorOf(tensor, external), tensor.name) : tensor
  const wide = tensorOf(tensor, external)
  return protoOf({ type: 'float32', dims: wide.dims, data: toFloat32(wide) }, tensor.name)
}

/** Casts to float64 become casts to float32. */
function nodeInSingle(node: NodeProto, external: ExternalData): NodeProto {
  const attribute = node.attribute.map((each): AttributeProto => {
    if (each.t?.dataType === double) return amended(each, { t: tensorInSingle(each.t, external) })
    if (each.g) return amended(each, { g: graphInSingle(each.g, external) })
    return (each.name === 'to' || each.name === 'dtype') && Number(each.i) === double ? amended(each, { i: BigInt(single) }) : each
  })
  return attribute.every((each, i) => each === node.attribute[i]) ? node : amended(node, { attribute })
}

function infoInSingle(info: ValueInfoProto): ValueInfoProto {
  const kind = info.type?.value
  if (!info.type || kind?.case !== 'tensorType' || kind.value.elemType !== double) return info
  const value = { case: 'tensorType' as const, value: amended(kind.value, { elemType: single }) }
  return amended(info, { type: amended(info.type, { value }) })
}
