/** @file Shapes of matrix products, and of what reads all elements of some axes. */
import { axesIn, axisIn, broadcast, numbersAt, type SeenNode, type ShapeRule, type Sizes } from './seen.ts'

/** As numpy's matmul. */
function multiplied(a: Sizes | undefined, b: Sizes | undefined): number[] | undefined {
  if (!a || !b || a.length === 0 || b.length === 0) return undefined
  const left = a.length === 1 ? [1, ...a] : a
  const right = b.length === 1 ? [...b, 1] : b
  if (left.at(-1) !== right.at(-2)) return undefined
  const outer = broadcast(left.slice(0, -2), right.slice(0, -2))
  if (!outer) return undefined
  return [...outer, ...(a.length === 1 ? [] : left.slice(-2, -1)), ...(b.length === 1 ? [] : right.slice(-1))]
}

const matmul: ShapeRule = ({ inputs: [a, b] }) => {
  const shape = multiplied(a?.shape, b?.shape)
  return a && shape && [{ type: a.type, shape }]
}

const ofIntegers: ShapeRule = ({ inputs: [a, b] }) => {
  const shape = multiplied(a?.shape, b?.shape)
  return shape && [{ type: 'int32', shape }]
}

const quantised: ShapeRule = ({ inputs }) => {
  const shape = multiplied(inputs[0]?.shape, inputs[3]?.shape)
  const type = inputs[7]?.type
  return shape && type && [{ type, shape }]
}

const gemm: ShapeRule = ({ inputs: [a, b, c], int, given }) => {
  if (a?.shape.length !== 2 || b?.shape.length !== 2) return undefined
  const [rows = 0, inner] = int('transA', 0) ? a.shape.toReversed() : a.shape
  const [own, columns = 0] = int('transB', 0) ? b.shape.toReversed() : b.shape
  const shape = [rows, columns]
  const fits = !given(2) || (c && broadcast(c.shape, shape)?.join() === shape.join())
  return inner === own && fits ? [{ type: a.type, shape }] : undefined
}

/** Letters alone, with a result that is named: `bhid,bhjd->bhij`. */
const einsum: ShapeRule = ({ inputs, string }) => {
  const [, terms = '', result = ''] = /^([a-zA-Z,]+)->([a-zA-Z]*)$/.exec(string('equation', '').replaceAll(' ', '')) ?? []
  const sizes = new Map<string, number>()
  const operands = terms.split(',')
  const [first] = inputs
  if (terms === '' || !first || operands.length !== inputs.length) return undefined
  for (const [i, letters] of operands.entries()) {
    const shape = inputs[i]?.shape
    if (shape?.length !== letters.length) return undefined
    for (const [axis, letter] of letters.split('').entries()) {
      const size = shape[axis] as number
      if ((sizes.get(letter) ?? size) !== size) return undefined
      sizes.set(letter, size)
    }
  }
  const shape = result.split('').map((letter) => sizes.get(letter) ?? -1)
  return shape.includes(-1) ? undefined : [{ type: first.type, shape }]
}

/** The axes that a reduction takes together; all of them where none is named. */
export function reducedAxes(node: SeenNode, rank: number): number[] | undefined {
  const all = Array.from({ length: rank }, (_, axis) => axis)
  if (node.given(1) && !node.inputs[1]?.value) return undefined
  const named = numbersAt(node, 1, 'axes') ?? []
  if (named.length === 0) return node.int('noop_with_empty_axes', 0) === 1 ? [] : all
  return axesIn(named, rank)
}

const withoutAxes = (shape: Sizes, axes: readonly number[], kept: boolean): number[] =>
  kept ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size)) : shape.filter((_, axis) => !axes.includes(axis))

const reduction: ShapeRule = (node) => {
  const [x] = node.inputs
  const axes = x && reducedAxes(node, x.shape.length)
  return axes && [{ type: x.type, shape: withoutAxes(x.shape, axes, node.int('keepdims', 1) === 1) }]
}

const position: ShapeRule = ({ inputs: [x], int }) => {
  const axis = x && axisIn(int('axis', 0), x.shape.length)
  return axis === undefined ? undefined : [{ type: 'int64', shape: withoutAxes(x?.shape ?? [], [axis], int('keepdims', 1) === 1) }]
}

const topK: ShapeRule = (node) => {
  const [x] = node.inputs
  const [count = -1] = node.given(1) ? (node.inputs[1]?.value ?? []) : [node.int('k', -1)]
  const axis = x && axisIn(node.int('axis', -1), x.shape.length)
  if (!x || axis === undefined || count < 0 || count > (x.shape[axis] ?? 0)) return undefined
  const shape = x.shape.with(axis, count)
  return [
    { type: x.type, shape },
    { type: 'int64', shape },
  ]
}

/** Queries by keys and values, with heads as an axis or as parts of the last one. */
const attention: ShapeRule = ({ inputs: [query, , value], int }) => {
  if (!query || !value || query.shape.length !== value.shape.length || query.shape[0] !== value.shape[0]) return undefined
  const last = value.shape.at(-1) ?? 0
  if (query.shape.length === 4) return [{ type: query.type, shape: [...query.shape.slice(0, -1), last] }]
  const [heads, own] = [int('q_num_heads', 0), int('kv_num_heads', 0)]
  if (query.shape.length !== 3 || heads < 1 || own < 1 || last % own !== 0) return undefined
  return [{ type: query.type, shape: [...query.shape.slice(0, -1), heads * (last / own)] }]
}

/** `reduces`: operators that take axes together. */
export const products = {
  MatMul: matmul,
  MatMulInteger: ofIntegers,
  QLinearMatMul: quantised,
  Gemm: gemm,
  Einsum: einsum,
  Attention: attention,
  TopK: topK,
  ArgMax: position,
  ArgMin: position,
  ...Object.fromEntries(
    ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'SumSquare', 'LogSum', 'LogSumExp'].map((name) => [`Reduce${name}`, reduction]),
  ),
} satisfies Record<string, ShapeRule>
