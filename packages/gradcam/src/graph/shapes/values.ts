/** @file Elements that hang on sizes and constants alone, where there are few: what Reshape, Slice and Resize read. */
import { type ElementType, sizeOf, type Tensor } from '../../core/tensor.ts'
import { tensorOf } from '../../io/onnx-tensor.ts'
import { cutsOf, permutation } from './moving.ts'
import { reducedAxes } from './products.ts'
import { axisIn, indicesOf, placeOf, type Seen, type SeenNode, type Sizes } from './seen.ts'

// sizes and bounds have a handful; larger tables are left to the runtime
const maxElements = 1024

type Values = readonly number[] | undefined
type Valued = Seen & { value: readonly number[] }

/** Whether a tensor has so few elements that they are followed. */
export const isSmall = (shape: Sizes): boolean => sizeOf(shape) <= maxElements

/** The elements of a constant, where there are few and numbers hold them. */
export function valuesOf({ type, dims, data }: Tensor): Values {
  if (!isSmall(dims) || !(type in roundings)) return undefined
  return Array.from(data as ArrayLike<number | bigint>, Number)
}

// types in which the runtime computes sizes, and how a result is brought to one
const roundings: Partial<Record<ElementType, (value: number) => number>> = {
  float32: Math.fround,
  float64: (value) => value,
  int64: Math.trunc,
  int32: (value) => value | 0,
  bool: (value) => (value === 0 ? 0 : 1),
  uint8: (value) => value & 255,
}

const isWhole = (type: ElementType): boolean => type === 'int64' || type === 'int32' || type === 'uint8'

/** Operators on the elements of their operands at one place. */
const arithmetic: Readonly<Record<string, (type: ElementType, ...operands: number[]) => number>> = {
  Add: (_, a = 0, b = 0) => a + b,
  Sub: (_, a = 0, b = 0) => a - b,
  Mul: (_, a = 0, b = 0) => a * b,
  Div: (type, a = 0, b = 0) => (isWhole(type) && b === 0 ? Number.NaN : a / b),
  // of negative numbers an attribute tells which rest is meant
  Mod: (_, a = 0, b = 0) => (a < 0 || b <= 0 ? Number.NaN : a % b),
  Neg: (_, a = 0) => 0 - a,
  Abs: (_, a = 0) => Math.abs(a),
  Floor: (_, a = 0) => Math.floor(a),
  Ceil: (_, a = 0) => Math.ceil(a),
  Sqrt: (_, a = 0) => Math.sqrt(a),
  Max: (_, ...all) => Math.max(...all),
  Min: (_, ...all) => Math.min(...all),
  Equal: (_, a, b) => Number(a === b),
  Greater: (_, a = 0, b = 0) => Number(a > b),
  GreaterOrEqual: (_, a = 0, b = 0) => Number(a >= b),
  Less: (_, a = 0, b = 0) => Number(a < b),
  LessOrEqual: (_, a = 0, b = 0) => Number(a <= b),
  And: (_, a, b) => Number(a !== 0 && b !== 0),
  Or: (_, a, b) => Number(a !== 0 || b !== 0),
  Not: (_, a) => Number(a === 0),
  Where: (_, a, b = 0, c = 0) => (a === 0 ? c : b),
  Cast: (_, a = 0) => a,
}

function computed({ node, inputs }: SeenNode, { type, shape }: Seen): Values {
  const operation = arithmetic[node.operator]
  const round = roundings[type]
  if (!operation || !round) return undefined
  const operands = inputs as Valued[]
  const values = Array.from(indicesOf(shape), (index) =>
    operation(type, ...operands.map((own) => own.value[placeOf(index, own.shape)] as number)),
  )
  return values.every((value) => !Number.isNaN(value)) ? values.map(round) : undefined
}

const copies = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity'])
const folds: Readonly<Record<string, (a: number, b: number) => number>> = {
  ReduceProd: (a, b) => a * b,
  ReduceSum: (a, b) => a + b,
  ReduceMax: Math.max,
  ReduceMin: Math.min,
}

/** Elements that an operator moves: for each index of the result, the index in the first input. */
function moved(node: SeenNode, { shape }: Seen, from: (index: Sizes) => Sizes): Values {
  const [x] = node.inputs as [Valued]
  return Array.from(indicesOf(shape), (index) => x.value[placeOf(from(index), x.shape)] as number)
}

function joined({ inputs, int }: SeenNode, { shape }: Seen): Values {
  const parts = inputs as Valued[]
  const axis = axisIn(int('axis', 1), shape.length)
  if (axis === undefined) return undefined
  return Array.from(indicesOf(shape), (index) => {
    let at = index[axis] as number
    for (const part of parts) {
      const size = part.shape[axis] as number
      if (at < size) return part.value[placeOf(index.with(axis, at), part.shape)] as number
      at -= size
    }
    return Number.NaN
  })
}

function gathered(node: SeenNode, out: Seen): Values {
  const [x, places] = node.inputs as [Valued, Valued]
  const axis = axisIn(node.int('axis', 0), x.shape.length)
  if (axis === undefined) return undefined
  const size = x.shape[axis] as number
  if (places.value.some((place) => place < -size || place >= size)) return undefined
  const rank = places.shape.length
  return moved(node, out, (index) => {
    const place = places.value[placeOf(index.slice(axis, axis + rank), places.shape)] as number
    return [...index.slice(0, axis), place < 0 ? place + size : place, ...index.slice(axis + rank)]
  })
}

function sliced(node: SeenNode, out: Seen): Values {
  const cuts = cutsOf(node)
  return cuts && moved(node, out, (index) => index.map((i, axis) => (cuts[axis]?.start ?? 0) + i * (cuts[axis]?.step ?? 1)))
}

function permuted(node: SeenNode, out: Seen): Values {
  const axes = permutation(node, out.shape.length)
  return axes && moved(node, out, (index) => index.map((_, axis) => index[axes.indexOf(axis)] as number))
}

function folded(node: SeenNode, { type, shape }: Seen): Values {
  const [x] = node.inputs as [Valued]
  const fold = folds[node.node.operator]
  const axes = reducedAxes(node, x.shape.length)
  const round = roundings[type]
  if (!fold || !axes || !round || sizeOf(x.shape) === 0) return undefined
  const totals: number[] = Array.from({ length: sizeOf(shape) })
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
  for (const [i, index] of [...indicesOf(x.shape)].entries()) {
    const at = placeOf(index, kept)
    const own = x.value[i] as number
    totals[at] = totals[at] === undefined ? own : round(fold(totals[at], own))
  }
  return totals
}

function made({ node, inputs }: SeenNode, { type, shape }: Seen): Values {
  if (node.operator === 'Range') {
    const [from = 0, , by = 0] = inputs.map((each) => each?.value?.[0] ?? 0)
    return isWhole(type) ? Array.from({ length: shape[0] ?? 0 }, (_, i) => from + i * by) : undefined
  }
  const given = node.attributes.get('value')?.t
  const [value] = given ? (valuesOf(tensorOf(given)) ?? []) : [0]
  return value === undefined ? undefined : Array.from({ length: sizeOf(shape) }, () => value)
}

/** The elements of a node's result, where all that it reads is known. */
export function valueOf(node: SeenNode, out: Seen): Values {
  const { operator, domain } = node.node
  if (domain !== '' || !isSmall(out.shape) || !(out.type in roundings)) return undefined
  if (out.value || node.inputs.some((input, at) => node.given(at) && !input?.value)) return out.value
  if (copies.has(operator)) return node.inputs[0]?.value
  if (operator === 'Concat') return joined(node, out)
  if (operator === 'Gather') return gathered(node, out)
  if (operator === 'Slice') return sliced(node, out)
  if (operator === 'Transpose') return permuted(node, out)
  if (operator === 'Expand') return moved(node, out, (index) => index)
  if (operator === 'Range' || operator === 'ConstantOfShape') return made(node, out)
  return operator in folds ? folded(node, out) : computed(node, out)
}
