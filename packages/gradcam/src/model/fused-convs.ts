/** @file Splits convolutions that ONNX Runtime fused with a sum, which is a layer, or a gate, which is none. */
import { create } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType as Kind,
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataType as Type,
  TensorProtoSchema,
} from 'onnx-buf'
import { amended } from './amended.ts'
import { part } from './node-parts.ts'

/** What may stay: a convolution and a rectifier are one layer. */
const rectifiers = new Set(['', 'Relu', 'LeakyRelu', 'Clip', 'HardSwish'])

const isFused = (node: NodeProto): boolean =>
  node.opType === 'FusedConv' && node.domain === 'com.microsoft' && (Boolean(node.input[3]) || !rectifiers.has(activationOf(node)))

const activationOf = ({ attribute }: NodeProto): string => new TextDecoder().decode(attribute.find(({ name }) => name === 'activation')?.s)

/** The same model, such convolutions in parts; the very same object where it has none. */
export function splitFusedConvs(model: ModelProto): ModelProto {
  const { graph } = model
  if (!graph?.node.some(isFused)) return model
  const opset = Number(model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 1)
  const node = graph.node.flatMap((each) => (isFused(each) ? convParts(each, opset) : [each]))
  return amended(model, { graph: amended<GraphProto>(graph, { node }) })
}

/** What follows the convolution; the rest is its own. */
const behind = new Set(['activation', 'activation_params'])

/** y = activation(W ∗ x + b + z), z optional; a node of an activation that is not known stays as it is. */
export function convParts(node: NodeProto, opset: number): NodeProto[] {
  const [x = '', w = '', bias = '', z = ''] = node.input
  const [y = ''] = node.output
  const activation = activationOf(node)
  const values = node.attribute.find(({ name }) => name === 'activation_params')?.floats ?? []
  const after = activation && activated(activation, values, z ? `${y}/sum` : `${y}/product`, y, opset)
  if (after === undefined) return [node]
  const product = z || after ? `${y}/product` : y
  const attribute = node.attribute.filter(({ name }) => !behind.has(name))
  const conv = create(NodeProtoSchema, {
    opType: 'Conv',
    name: node.name || product,
    input: bias ? [x, w, bias] : [x, w],
    output: [product],
    attribute,
  })
  const sum = z ? [part('Add', [product, z], after ? `${y}/sum` : y)] : []
  return [conv, ...sum, ...(after || [])]
}

const float = (name: string, f: number): AttributeProto => create(AttributeProtoSchema, { name, type: Kind.FLOAT, f })

/** Parameters of activations in their order. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  ...{ Relu: [], Tanh: [], Sigmoid: [], LeakyRelu: ['alpha'], HardSigmoid: ['alpha', 'beta'] },
}

function activated(operator: string, values: readonly number[], x: string, y: string, opset: number): NodeProto[] | undefined {
  const [low = -3.4e38, high = 3.4e38] = values
  if (operator === 'HardSwish') {
    // the runtime has no kernel for it at every opset, and its own parts would take names that are taken
    const gate = part('HardSigmoid', [x], `${y}/gate`, [float('alpha', 1 / 6), float('beta', 0.5)])
    return [gate, part('Mul', [x, `${y}/gate`], y)]
  }
  if (operator === 'Clip' && opset < 11) return [part('Clip', [x], y, [float('min', low), float('max', high)])]
  if (operator === 'Clip') return [number(`${y}/low`, low), number(`${y}/high`, high), part('Clip', [x, `${y}/low`, `${y}/high`], y)]
  const names = parameters[operator]
  return (
    names && [
      part(
        operator,
        [x],
        y,
        names.slice(0, values.length).map((name, i) => float(name, values[i] as number)),
      ),
    ]
  )
}

const number = (name: string, value: number): NodeProto =>
  part('Constant', [], name, [
    create(AttributeProtoSchema, {
      name: 'value',
      type: Kind.TENSOR,
      t: create(TensorProtoSchema, { dataType: Type.FLOAT, floatData: [value] }),
    }),
  ])
