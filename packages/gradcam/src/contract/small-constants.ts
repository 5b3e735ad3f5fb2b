/** @file Small constants, also where exporters compute them by nodes: a mean that is unsqueezed, the root of a variance. */
import { sizeOf, type Tensor, toFloat32 } from '../core/tensor.ts'
import { constantOf, type Graph, type GraphNode } from '../graph/graph.ts'
import { integersOf } from './track.ts'

/** Values with their shape. */
export interface SmallConstant {
  dims: readonly number[]
  values: readonly number[]
}

// one number for each channel, or a few rows of them
const mostValues = 64
const deepest = 12

/** The value of a constant of at most 64 elements; undefined for larger ones and for what depends on an input. */
export function smallConstant(graph: Graph, name: string | undefined, depth = 0): SmallConstant | undefined {
  if (!name || depth > deepest) return undefined
  const stored = graph.initializers.get(name)
  if (stored && sizeOf(stored.dims.map(Number)) > mostValues) return undefined
  const constant: Tensor | undefined = constantOf(graph, name)
  if (constant) return constant.data.length <= mostValues ? { dims: constant.dims, values: Array.from(toFloat32(constant)) } : undefined
  const maker = graph.producers.get(name)
  return maker && computed(graph, maker, depth + 1)
}

const single: ReadonlyMap<string, (value: number) => number> = new Map([
  ['Identity', (value: number) => value],
  ['Cast', (value: number) => value],
  ['Sqrt', Math.sqrt],
  ['Reciprocal', (value: number) => 1 / value],
  ['Neg', (value: number) => -value],
  ['Exp', Math.exp],
])
const double: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ['Add', (a: number, b: number) => a + b],
  ['Sub', (a: number, b: number) => a - b],
  ['Mul', (a: number, b: number) => a * b],
  ['Div', (a: number, b: number) => a / b],
  ['Pow', Math.pow],
  ['Max', Math.max],
])

function computed(graph: Graph, node: GraphNode, depth: number): SmallConstant | undefined {
  const a = smallConstant(graph, node.inputs[0], depth)
  if (!a) return undefined
  const one = single.get(node.operator)
  if (one) return { dims: a.dims, values: a.values.map(one) }
  const two = double.get(node.operator)
  if (two) {
    const b = smallConstant(graph, node.inputs[1], depth)
    if (!b || node.inputs.length !== 2) return undefined
    const [long, short] = a.values.length >= b.values.length ? [a, b] : [b, a]
    if (short.values.length !== 1 && short.values.length !== long.values.length) return undefined
    const at = (of: SmallConstant, i: number): number => of.values[of.values.length === 1 ? 0 : i] as number
    return {
      dims: long.dims.length >= short.dims.length ? long.dims : short.dims,
      values: long.values.map((_, i) => two(at(a, i), at(b, i))),
    }
  }
  return reshaped(graph, node, a)
}

function reshaped(graph: Graph, node: GraphNode, { dims, values }: SmallConstant): SmallConstant | undefined {
  if (node.operator === 'Reshape') {
    const target = integersOf(graph, node, 1, 'shape')
    const rest = target?.reduce((product, size) => (size > 0 ? product * size : product), 1) ?? 1
    return target && { dims: target.map((size, i) => (size === -1 ? values.length / rest : size === 0 ? (dims[i] ?? 1) : size)), values }
  }
  const axes = integersOf(graph, node, 1, 'axes')
  if (node.operator === 'Squeeze') return { dims: dims.filter((dim) => dim !== 1), values }
  if (node.operator !== 'Unsqueeze' || !axes) return undefined
  const rank = dims.length + axes.length
  const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)))
  const rest = [...dims]
  return { dims: Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (rest.shift() ?? 1))), values }
}
