/**
 * @file Operators of integers that ONNX Runtime fused, or laid out with channels last, as those of ONNX: a matrix product and the scales of
 * its factors, attention of quantised tokens, convolutions and pools of [N, H, W, C].
 */
import { create } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType as Kind,
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  TensorProto_DataType as Type,
} from 'onnx-buf'
import { amended } from './amended.ts'
import { given, part } from './node-parts.ts'

/** The same model with such operators in parts; the very same object where it has none. */
export function splitFusedIntegers(model: ModelProto): ModelProto {
  const { graph } = model
  const split = graph?.node.map((node) => (node.domain === 'com.microsoft' ? splits[node.opType]?.(node) : undefined))
  if (!graph || !split?.some(Boolean)) return model
  return amended(model, { graph: amended<GraphProto>(graph, { node: graph.node.flatMap((node, i) => split[i] ?? [node]) }) })
}

const integer = (name: string, i: number): AttributeProto => create(AttributeProtoSchema, { name, type: Kind.INT, i: BigInt(i) })
const integers = (name: string, values: readonly number[]): AttributeProto =>
  create(AttributeProtoSchema, { name, type: Kind.INTS, ints: values.map(BigInt) })

const splits: Readonly<Record<string, (node: NodeProto) => NodeProto[]>> = {
  /** Y = quantised(A)·B, in floats, + bias */
  DynamicQuantizeMatMul({ input: [a = '', b = '', scale = '', zero, bias], output: [y = ''] }) {
    const [own, ownScale, ownZero] = [`${y}/quantised`, `${y}/scale`, `${y}/zero`]
    return [
      part('DynamicQuantizeLinear', [a], [own, ownScale, ownZero]),
      ...scaledProduct({ a: own, b, scales: [ownScale, scale], zeros: [ownZero, zero], bias, y }),
    ]
  },
  /** Y = A·B, in floats, + bias */
  MatMulIntegerToFloat({ input: [a = '', b = '', aScale = '', bScale = '', aZero, bZero, bias], output: [y = ''] }) {
    return scaledProduct({ a, b, scales: [aScale, bScale], zeros: [aZero, bZero], bias, y })
  },
  /** Attention of what integers stand for. */
  QAttention(node) {
    const [x = '', weights = '', bias = '', scale = '', weightScale = '', mask, zero, weightZero, past] = node.input
    const [y = ''] = node.output
    return [
      part('DequantizeLinear', given(x, scale, zero), `${y}/tokens`),
      part('DequantizeLinear', given(weights, weightScale, weightZero), `${y}/weights`, [integer('axis', 1)]),
      amended(node, { opType: 'Attention', input: given(`${y}/tokens`, `${y}/weights`, bias, mask, past) }),
    ]
  },
  QLinearConv: channelsFirst('QLinearConv'),
  NhwcMaxPool: channelsFirst('MaxPool'),
}

interface Product {
  a: string
  b: string
  scales: readonly [string, string]
  zeros: readonly [string | undefined, string | undefined]
  bias: string | undefined
  y: string
}

function scaledProduct({ a, b, scales, zeros, bias, y }: Product): NodeProto[] {
  return [
    part('MatMulInteger', given(a, b, ...zeros), `${y}/integers`),
    part('Cast', [`${y}/integers`], `${y}/floats`, [integer('to', Type.FLOAT)]),
    part('Mul', [...scales], `${y}/scales`),
    part('Mul', [`${y}/floats`, `${y}/scales`], bias ? `${y}/scaled` : y),
    ...(bias ? [part('Add', [`${y}/scaled`, bias], y)] : []),
  ]
}

/** [N, H, W, C] with channels first, and back. */
function channelsFirst(operator: string): (node: NodeProto) => NodeProto[] {
  return (node) => {
    const [x = '', ...rest] = node.input
    const [y = ''] = node.output
    const own = (name: string) => node.attribute.find((each) => each.name === name)
    const plain = { opType: operator, domain: '', attribute: node.attribute.filter(({ name }) => name !== 'channels_last') }
    if (operator === 'QLinearConv' && !own('channels_last')?.i) return [amended(node, plain)]
    const rank = 2 + (own('kernel_shape')?.ints.length || 2)
    const places = Array.from({ length: rank - 2 }, (_, i) => i)
    return [
      part('Transpose', [x], `${y}/first`, [integers('perm', [0, rank - 1, ...places.map((i) => i + 1)])]),
      amended(node, { ...plain, input: [`${y}/first`, ...rest], output: [`${y}/made`] }),
      part('Transpose', [`${y}/made`], y, [integers('perm', [0, ...places.map((i) => i + 2), 1])]),
    ]
  }
}
