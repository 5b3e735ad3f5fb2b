/** @file What a builder has emitted: nodes and constants, each under a name of its own. */
import { create } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
} from 'onnx-buf'
import { castFloat32, type ElementType, sizeOf, type Tensor } from '../../core/tensor.ts'
import { protoOf } from '../../io/onnx-tensor.ts'
import { neverEmitted } from '../../runtime/capabilities.ts'
import type { Value } from '../graph.ts'
import type { AttributeValue, Builder } from './builder.ts'

/** The part of a builder that all others emit through. */
export interface Emitter
  extends Pick<
    Builder,
    'opset' | 'emission' | 'input' | 'made' | 'node' | 'nodes' | 'copy' | 'instead' | 'record' | 'constant' | 'floats' | 'int64' | 'iota'
  > {
  scalar(value: number, type: ElementType): Value
}

/** Starts an emission. All names it makes begin with `prefix`, which no tensor of the model may share. */
export function createEmitter(opset: number, prefix: string): Emitter {
  const nodeList: NodeProto[] = []
  const initializers: TensorProto[] = []
  const instead = new Map<string, string>()
  const constants = new Map<string, Value>()
  const made = new Map<string, { value: Value; constant?: Tensor }>()
  let count = 0

  const copy: Builder['copy'] = ({ opType: operator, attribute }, inputs, results) => {
    const values = results.map(({ type, shape }): Value => ({ name: `${prefix}${operator}_${count++}`, type, shape }))
    for (const value of values) made.set(value.name, { value })
    const names = inputs.map((input) => input?.name ?? '')
    while (names.at(-1) === '') names.pop()
    nodeList.push(
      create(NodeProtoSchema, {
        name: values[0]?.name ?? '',
        opType: operator,
        input: names,
        output: values.map(({ name }) => name),
        attribute: [...attribute],
      }),
    )
    return values
  }
  const nodes: Builder['nodes'] = (operator, inputs, results, attributes = {}) => {
    const forbidden = neverEmitted(operator, results.length, attributes)
    if (forbidden !== undefined) throw new Error(forbidden)
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value))
    return copy(create(NodeProtoSchema, { opType: operator, attribute }), inputs, results)
  }
  const node: Builder['node'] = (operator, inputs, result, attributes) => nodes(operator, inputs, [result], attributes)[0] as Value

  const constant: Builder['constant'] = (tensor) => {
    const key = tensor.data.length <= 64 ? `${tensor.type}:${tensor.dims.join()}:${tensor.data.join()}` : undefined
    const known = key === undefined ? undefined : constants.get(key)
    if (known) return known
    const value = { name: `${prefix}constant_${count++}`, type: tensor.type, shape: tensor.dims }
    initializers.push(protoOf(tensor, value.name))
    made.set(value.name, { value, constant: tensor })
    if (key !== undefined) constants.set(key, value)
    return value
  }
  const floats: Builder['floats'] = (values, dims, type) => {
    if (type === 'float64') return constant({ type, dims, data: Float64Array.from(values) })
    return constant(castFloat32(Float32Array.from(values), type === 'float16' ? type : 'float32', dims))
  }
  const int64: Builder['int64'] = (values) =>
    constant({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, (v) => BigInt(v)) })
  const record: Builder['record'] = (make, keep) => {
    const start = nodeList.length
    const result = make()
    const emitted = nodeList.slice(start)
    if (keep && emitted.length > 0) nodeList.splice(start, emitted.length, ...keep(emitted))
    return { result, nodes: emitted }
  }
  return {
    opset,
    emission: { nodes: nodeList, initializers, instead },
    input(value) {
      made.set(value.name, { value })
      return value
    },
    made: (name) => made.get(name),
    node,
    nodes,
    copy,
    instead: (tensor, { name }) => void instead.set(tensor.name, name),
    record,
    constant,
    floats,
    int64,
    iota: (dims, type) => floats([...Array(sizeOf(dims)).keys()], dims, type),
    scalar: (value, type) => constant(scalarOf(value, type)),
  }
}

function scalarOf(value: number, type: ElementType): Tensor {
  switch (type) {
    case 'int64':
      return { type, dims: [], data: BigInt64Array.of(BigInt(value)) }
    case 'int32':
      return { type, dims: [], data: Int32Array.of(value) }
    case 'float64':
      return { type, dims: [], data: Float64Array.of(value) }
    default:
      return castFloat32(Float32Array.of(value), type, [])
  }
}

/** Attributes of a node to be; numbers are integers unless wrapped as `{ float }`. */
export function attributeOf(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: Kind.INT, i: BigInt(value) })
  if (typeof value === 'string') return create(AttributeProtoSchema, { name, type: Kind.STRING, s: new TextEncoder().encode(value) })
  if ('float' in value) return create(AttributeProtoSchema, { name, type: Kind.FLOAT, f: value.float })
  if ('floats' in value) return create(AttributeProtoSchema, { name, type: Kind.FLOATS, floats: [...value.floats] })
  return create(AttributeProtoSchema, { name, type: Kind.INTS, ints: value.map((item) => BigInt(item)) })
}
