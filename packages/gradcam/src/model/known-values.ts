/** @file Small integers and conditions of a graph that are known without running it: constants, and arithmetic on declared shapes. */
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from 'onnx-buf'
import { tensorOf } from '../io/onnx-tensor.ts'

export interface KnownValues {
  /** The elements in row-major order; undefined where they are not known, NaN for a free dimension. */
  find(name: string): readonly number[] | undefined
  /** Nodes and constants that joined the graph. */
  add(nodes: readonly NodeProto[], initializers: readonly TensorProto[]): void
}

const maxElements = 64
const deepest = 64

type Values = readonly number[] | undefined

export function knownValues(graph: GraphProto): KnownValues {
  const initializers = new Map<string, TensorProto>()
  const producers = new Map<string, NodeProto>()
  const shapes = new Map([...graph.valueInfo, ...graph.input, ...graph.output].map((info) => [info.name, shapeOf(info)]))
  const add: KnownValues['add'] = (nodes, tensors) => {
    for (const tensor of tensors) initializers.set(tensor.name, tensor)
    for (const node of nodes) for (const name of node.output) producers.set(name, node)
  }
  add(graph.node, graph.initializer)

  const find = (name: string, depth = 0): Values => {
    const tensor = initializers.get(name)
    if (tensor) return valuesOf(tensor)
    const node = producers.get(name)
    if (!node || depth > deepest || (node.domain !== '' && node.domain !== 'ai.onnx')) return undefined
    if (node.opType === 'Constant') return constantOf(node)
    if (node.opType === 'Shape') {
      const dims = initializers.get(node.input[0] ?? '')?.dims.map(Number) ?? shapes.get(node.input[0] ?? '')
      return node.attribute.length === 0 ? dims : undefined
    }
    const inputs = node.input.map((input) => find(input, depth + 1))
    return inputs.every((input) => input !== undefined) ? computed(node, inputs) : undefined
  }
  return { find: (name) => (find(name)?.some(Number.isNaN) ? undefined : find(name)), add }
}

function shapeOf({ type }: ValueInfoProto): Values {
  const kind = type?.value
  if (kind?.case !== 'tensorType') return undefined
  return kind.value.shape?.dim.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : Number.NaN))
}

function valuesOf(tensor: TensorProto): Values {
  const count = tensor.dims.reduce((n, dim) => n * Number(dim), 1)
  if (count > maxElements || tensor.dataLocation === 1) return undefined
  return Array.from(tensorOf(tensor).data as ArrayLike<number | bigint>, Number)
}

function constantOf(node: NodeProto): Values {
  const [attribute] = node.attribute
  if (attribute?.name === 'value' && attribute.t) return valuesOf(attribute.t)
  if (attribute?.name === 'value_int') return [Number(attribute.i)]
  return attribute?.name === 'value_ints' ? attribute.ints.map(Number) : undefined
}

/** Comparisons, element by element. */
const comparisons: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  Equal: (x, y) => x === y,
  Greater: (x, y) => x > y,
  Less: (x, y) => x < y,
  And: (x, y) => x !== 0 && y !== 0,
  Or: (x, y) => x !== 0 || y !== 0,
}

/** Operators that exporters compute conditions with; of shapes only vectors and scalars occur. */
function computed({ opType }: NodeProto, [a = [], b = []]: readonly (readonly number[])[]): Values {
  if (['Identity', 'Cast', 'Squeeze', 'Unsqueeze'].includes(opType)) return a
  if (opType === 'Gather') return b.map((i) => a[i < 0 ? i + a.length : i] ?? Number.NaN)
  if (opType === 'Not') return a.map((x) => (Number.isNaN(x) ? x : Number(x === 0)))
  const holds = Object.hasOwn(comparisons, opType) ? comparisons[opType] : undefined
  if (!holds || (a.length !== b.length && a.length !== 1 && b.length !== 1)) return undefined
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => {
    const [x, y] = [a[a.length === 1 ? 0 : i] ?? Number.NaN, b[b.length === 1 ? 0 : i] ?? Number.NaN]
    return Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : Number(holds(x, y))
  })
}
