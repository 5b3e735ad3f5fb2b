/** @file The typed graph: nodes in topological order, and who makes and who reads each tensor. */
import type { AttributeProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from 'onnx-buf'
import { GradcamError } from '../core/errors.ts'
import { elementTypeOf, type ExternalData, tensorOf } from '../io/onnx-tensor.ts'
import type { ElementType, Tensor } from '../core/tensor.ts'

/** A dimension: a number, or the name of a free one such as the batch. */
export type Dim = number | string
export type Shape = readonly Dim[]

/** A tensor of a graph: its name, element type and shape. */
export interface Value {
  name: string
  type: ElementType
  shape: Shape
}

/** What a model declares of a tensor; the shape, or single dimensions (''), may be missing. */
export interface DeclaredTensor {
  name: string
  type: ElementType | undefined
  shape: Shape | undefined
}

export interface GraphNode {
  /** The node's own name, or that of its first output where it has none. */
  name: string
  operator: string
  domain: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: ReadonlyMap<string, AttributeProto>
  proto: NodeProto
}

export interface Graph {
  nodes: readonly GraphNode[]
  /** Inputs that must be fed: initializers that older models list here too are left out. */
  inputs: readonly DeclaredTensor[]
  outputs: readonly DeclaredTensor[]
  /** Inner tensors whose type and shape the model declares. */
  declared: ReadonlyMap<string, DeclaredTensor>
  initializers: ReadonlyMap<string, TensorProto>
  producers: ReadonlyMap<string, GraphNode>
  consumers: ReadonlyMap<string, readonly GraphNode[]>
  /** The input that takes the image, where that is known: places are looked for on the ways from it. */
  image?: string
  /** Whether that image's channels are its last axis, where that is known. */
  channelsLast?: boolean
  /** Version of the default operator set. */
  opset: number
  external: ExternalData | undefined
}

/** Builds the typed graph of a decoded model. Nothing is copied. */
export function graphOf(proto: ModelProto, external?: ExternalData): Graph {
  const graph = proto.graph
  if (!graph || graph.node.length === 0) {
    throw new GradcamError('model-invalid', 'the model holds no graph', { hint: 'give an ONNX model with at least one node' })
  }
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]))
  const nodes = graph.node.map(nodeOf)
  const producers = new Map<string, GraphNode>()
  const consumers = new Map<string, GraphNode[]>()
  for (const node of nodes) {
    for (const name of node.outputs) if (name) producers.set(name, node)
    for (const name of new Set(node.inputs)) {
      if (!name) continue
      const readers = consumers.get(name)
      if (readers) readers.push(node)
      else consumers.set(name, [node])
    }
  }
  return {
    nodes,
    inputs: graph.input.filter((input) => !initializers.has(input.name)).map(declaredOf),
    outputs: graph.output.map(declaredOf),
    declared: new Map(graph.valueInfo.map((info) => [info.name, declaredOf(info)])),
    initializers,
    producers,
    consumers,
    opset: opsetOf(proto),
    external,
  }
}

function opsetOf(proto: ModelProto): number {
  const entry = proto.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')
  // models of IR 1 and 2 had no import and meant version 1
  return entry ? Number(entry.version) : 1
}

/** The typed view of a node. */
export function nodeOf(proto: NodeProto): GraphNode {
  return {
    name: proto.name || (proto.output.find(Boolean) ?? proto.opType),
    operator: proto.opType,
    domain: proto.domain === 'ai.onnx' ? '' : proto.domain,
    inputs: proto.input,
    outputs: proto.output,
    attributes: new Map(proto.attribute.map((attribute) => [attribute.name, attribute])),
    proto,
  }
}

function declaredOf(info: ValueInfoProto): DeclaredTensor {
  const kind = info.type?.value
  if (kind?.case !== 'tensorType') return { name: info.name, type: undefined, shape: undefined }
  const shape = kind.value.shape?.dim.map((dim): Dim => {
    if (dim.value.case === 'dimParam') return dim.value.value
    return dim.value.case === 'dimValue' && dim.value.value > 0n ? Number(dim.value.value) : ''
  })
  return { name: info.name, type: elementTypeOf(kind.value.elemType), shape }
}

/** The value of an initializer or a Constant node, also through Identity; undefined for computed tensors. */
export function constantOf(graph: Graph, name: string): Tensor | undefined {
  const initializer = graph.initializers.get(name)
  if (initializer) return tensorOf(initializer, graph.external)
  const node = graph.producers.get(name)
  if (!node || node.domain !== '') return undefined
  if (node.operator === 'Identity') return constantOf(graph, node.inputs[0] ?? '')
  return node.operator === 'Constant' ? constantValue(node) : undefined
}

function constantValue(node: GraphNode): Tensor | undefined {
  for (const [name, attribute] of node.attributes) {
    if (name === 'value' && attribute.t) return tensorOf(attribute.t)
    if (name === 'value_float') return { type: 'float32', dims: [], data: Float32Array.of(attribute.f) }
    if (name === 'value_floats') return { type: 'float32', dims: [attribute.floats.length], data: Float32Array.from(attribute.floats) }
    if (name === 'value_int') return { type: 'int64', dims: [], data: BigInt64Array.of(attribute.i) }
    if (name === 'value_ints') return { type: 'int64', dims: [attribute.ints.length], data: BigInt64Array.from(attribute.ints) }
  }
  return undefined
}

/** Whether a type can carry a gradient. */
export const isFloat = (type: ElementType | undefined): boolean =>
  type === 'float32' || type === 'float16' || type === 'bfloat16' || type === 'float64'

/** Whether two shapes are the same, free dimensions compared by name. */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((dim, i) => dim === b[i])

/** The shape that two operands broadcast to. */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const da = a[i - rank + a.length] ?? 1
    const db = b[i - rank + b.length] ?? 1
    return da === 1 ? db : da
  })
}

export const shapeText = (shape: Shape): string => `[${shape.join(', ')}]`

/** A free or fixed dimension times a number; equal sizes get equal names. */
export function times(dim: Dim, factor: number): Dim {
  if (typeof dim === 'number') return dim * factor
  const [, own = '1', symbol = dim] = /^(\d+)\*([^*+]+)$/.exec(dim) ?? []
  const all = Number(own) * factor
  return all === 1 ? symbol : `${all}*${symbol}`
}
