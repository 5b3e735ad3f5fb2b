/** @file Shapes and small values of all tensors, worked out in plain numbers for one, two and three images; nothing is opened or run. */
import type { ElementType, Tensor } from '../../core/tensor.ts'
import { elementTypeOf } from '../../io/onnx-tensor.ts'
import { constantOf, type Dim, type Graph, type GraphNode, type Shape } from '../graph.ts'
import { aliases, operatorName } from '../operators.ts'
import type { InputShapes } from '../tensor-info.ts'
import { moving } from './moving.ts'
import { products } from './products.ts'
import { type Seen, seenNode, type ShapeRule, type Sizes } from './seen.ts'
import { single } from './single.ts'
import { isSmall, valueOf, valuesOf } from './values.ts'
import { windows } from './windows.ts'

const rules: ReadonlyMap<string, ShapeRule> = new Map(Object.entries({ ...single, ...windows, ...products, ...moving }))

/** What is known of tensors before: by the runtime, which gives sizes of the batch by name. */
export interface Hints {
  types: ReadonlyMap<string, ElementType>
  shapes: ReadonlyMap<string, Shape>
}

/** Types, sizes and small values for one number of images; what no rule tells is left out. */
export function seenFor(graph: Graph, inputShapes: InputShapes, images: number, hints: Hints): Map<string, Seen> {
  const seen = new Map<string, Seen>()
  const sizesOf = (shape: Shape): Sizes | undefined => {
    const sizes = shape.map((dim) => sizeAt(dim, images))
    return sizes.every((size) => size !== undefined) ? sizes : undefined
  }
  const add = (name: string, type: ElementType | undefined, shape: Shape | undefined): void => {
    const sizes = shape && sizesOf(shape)
    if (type && sizes) seen.set(name, { type, shape: sizes })
  }
  for (const { name, type } of graph.inputs) add(name, type ?? 'float32', inputShapes[name] ?? [])
  for (const [name, { dataType, dims }] of graph.initializers) add(name, elementTypeOf(dataType), dims.map(Number))
  for (const node of graph.nodes) {
    const outs = outputsOf(graph, node, (name) => withValue(graph, seen, name))
    for (const [i, name] of node.outputs.entries()) {
      const out = outs[i]
      if (name === '') continue
      if (out) seen.set(name, out)
      else add(name, hints.types.get(name), hints.shapes.get(name))
    }
  }
  return seen
}

/** A tensor as it is read: an initializer's elements are looked up once, when a rule asks for them. */
function withValue(graph: Graph, seen: Map<string, Seen>, name: string): Seen | undefined {
  const own = seen.get(name)
  if (!own || 'value' in own || !graph.initializers.has(name)) return own
  let value: Seen['value'] | null = null
  const read: Seen = {
    ...own,
    get value() {
      if (value === null) value = isSmall(own.shape) ? constantValues(graph, name) : undefined
      return value
    },
  }
  seen.set(name, read)
  return read
}

function constantValues(graph: Graph, name: string): Seen['value'] {
  const tensor = constantOf(graph, name)
  return tensor && valuesOf(tensor)
}

function outputsOf(graph: Graph, node: GraphNode, seen: (name: string) => Seen | undefined): readonly (Seen | undefined)[] {
  const [first = ''] = node.outputs
  if (node.operator === 'Constant' && node.domain === '') {
    const tensor = constantOf(graph, first)
    return tensor ? [{ type: tensor.type, shape: tensor.dims, value: valuesOf(tensor) }] : []
  }
  const name = operatorName(node)
  const rule = rules.get(name in aliases ? aliases[name as keyof typeof aliases] : name)
  // before opset 7 an attribute told where an operand is laid on another
  if (!rule || node.attributes.has('broadcast')) return []
  const own = seenNode(node, graph.opset, seen)
  const outs = rule(own) ?? []
  return outs.map((out, i) => (out && i === 0 ? { ...out, value: valueOf(own, out) } : out))
}

/** The size that a dimension has with some number of images. */
function sizeAt(dim: Dim, images: number): number | undefined {
  if (typeof dim === 'number') return dim
  const [, slope = '1', , start = '0'] = /^(?:(\d+)\*)?([^*+]+)(?:\+(-?\d+))?$/.exec(dim) ?? []
  return Number(slope) * images + Number(start)
}

/** A small value as the runtime would give it. */
export function tensorOfSeen({ type, shape, value }: Seen): Tensor | undefined {
  if (!value?.every((each) => type.startsWith('float') || Number.isSafeInteger(each))) return undefined
  const dims = [...shape]
  if (type === 'int64') return { type, dims, data: BigInt64Array.from(value, BigInt) }
  if (type === 'int32') return { type, dims, data: Int32Array.from(value) }
  if (type === 'float32') return { type, dims, data: Float32Array.from(value) }
  if (type === 'float64') return { type, dims, data: Float64Array.from(value) }
  return type === 'bool' || type === 'uint8' ? { type, dims, data: Uint8Array.from(value) } : undefined
}
