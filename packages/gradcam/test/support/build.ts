/** @file Small models for tests: an array of nodes, weights by name, and what goes in and out. */
import { create, toBinary } from '@bufbuild/protobuf'
import { FunctionProtoSchema, type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { type AttributeValue, attributeOf } from '../../src/graph/emit.ts'
import type { Shape } from '../../src/graph/graph.ts'
import { dataTypeOf, protoOf } from '../../src/io/onnx-tensor.ts'
import type { ElementType, Tensor } from '../../src/core/tensor.ts'

export interface NodeSpec {
  operator: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: Readonly<Record<string, AttributeValue | Tensor>>
  domain: string
}

export interface ModelSpec {
  /** Shapes by name; a string is a free dimension. */
  inputs: Readonly<Record<string, Shape>>
  outputs: Readonly<Record<string, Shape>>
  nodes: readonly NodeSpec[]
  weights?: Readonly<Record<string, Tensor>>
  opset?: number
  irVersion?: number
  /** Element type of inputs and outputs. */
  type?: ElementType
  /** Element types of single inputs. */
  types?: Readonly<Record<string, ElementType>>
  /** Element types of single outputs. */
  outputTypes?: Readonly<Record<string, ElementType>>
  /** Lists the weights as inputs, too, as models of IR 3 do. */
  weightsAreInputs?: boolean
  /** Domains of its operators beside the default one, each at version 1. */
  domains?: readonly string[]
  /** Local functions of the domain `local`. */
  functions?: readonly { name: string; inputs: readonly string[]; outputs: readonly string[]; nodes: readonly NodeSpec[] }[]
}

/** `node('Conv', ['x', 'w'], 'y', { pads: [1, 1, 1, 1] })`: integers unless wrapped as `{ float }`. */
export const node = (
  operator: string,
  inputs: readonly string[],
  outputs: string | readonly string[],
  attributes: NodeSpec['attributes'] = {},
  domain = '',
): NodeSpec => ({ operator, inputs, outputs: typeof outputs === 'string' ? [outputs] : outputs, attributes, domain })

const isTensor = (value: AttributeValue | Tensor): value is Tensor => typeof value === 'object' && 'data' in value

const nodeProto = ({ operator, inputs, outputs, attributes, domain }: NodeSpec) => ({
  opType: operator,
  name: `${outputs[0] ?? operator}/node`,
  domain,
  input: [...inputs],
  output: [...outputs],
  attribute: Object.entries(attributes).map(([name, value]) =>
    isTensor(value) ? { name, type: 4, t: protoOf(value, '') } : attributeOf(name, value),
  ),
})

const port = (name: string, shape: Shape, type: ElementType) => ({
  name,
  type: { value: { case: 'tensorType' as const, value: { elemType: dataTypeOf(type), shape: { dim: shape.map(dimension) } } } },
})

const dimension = (dim: number | string) => ({
  value: typeof dim === 'number' ? { case: 'dimValue' as const, value: BigInt(dim) } : { case: 'dimParam' as const, value: dim },
})

/** The message, for tests that change something in it. */
export function modelProto(spec: ModelSpec): ModelProto {
  const {
    inputs,
    outputs,
    nodes,
    weights = {},
    opset = 13,
    irVersion = 8,
    type = 'float32',
    domains = [],
    functions = [],
    types = {},
    outputTypes = {},
  } = spec
  const listed = spec.weightsAreInputs ? Object.entries(weights).map(([name, tensor]) => port(name, tensor.dims, tensor.type)) : []
  const opsets = [{ domain: '', version: BigInt(opset) }]
  return create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport: [...opsets, ...[...domains, ...(functions.length > 0 ? ['local'] : [])].map((domain) => ({ domain, version: 1n }))],
    graph: {
      name: 'test',
      node: nodes.map(nodeProto),
      initializer: Object.entries(weights).map(([name, tensor]) => protoOf(tensor, name)),
      input: [...Object.entries(inputs).map(([name, shape]) => port(name, shape, types[name] ?? type)), ...listed],
      output: Object.entries(outputs).map(([name, shape]) => port(name, shape, outputTypes[name] ?? type)),
    },
    functions: functions.map((fn) =>
      create(FunctionProtoSchema, {
        name: fn.name,
        domain: 'local',
        input: [...fn.inputs],
        output: [...fn.outputs],
        node: fn.nodes.map(nodeProto),
        opsetImport: opsets,
      }),
    ),
  })
}

/** The model's file. */
export const buildModel = (spec: ModelSpec): Uint8Array => toBinary(ModelProtoSchema, modelProto(spec))
