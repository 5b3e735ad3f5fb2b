/** @file Operators that move elements without changing them. */
import type { Builder } from '../../graph/emit.ts'
import { type Dim, isFloat, type Value } from '../../graph/graph.ts'
import { toFloat32 } from '../../core/tensor.ts'
import { pickable } from '../cotangent.ts'
import { fixedDims, type Rule, type RuleContext, wrapped } from '../rule.ts'
import { passed } from './arithmetic.ts'
import { dilate } from './conv-input-gradient.ts'
import { selectionMatrix } from './selection.ts'

/** Back to the shape of the input; a pick stays one while its classes stay on axis 1. */
const reshaped: Rule = (context) => {
  const { g, x, y, cotangent } = context
  const kept = cotangent.kind === 'pick' && pickable(x.shape) && x.shape[0] === y.shape[0] && x.shape[1] === y.shape[1]
  return [kept ? cotangent : g.reshape(context.dy, x.shape)]
}

export const Reshape: Rule = reshaped
export const Flatten: Rule = reshaped
export const Squeeze: Rule = reshaped
export const Unsqueeze: Rule = reshaped

export const Identity: Rule = (context) => [passed(context, 0)]

/** At inference Dropout is the identity; in training mode too where its ratio is 0, as some exporters leave it. */
export const Dropout: Rule = (context) => {
  const isZero = (position: number): boolean => {
    const value = context.has(position) ? context.constant(position) : undefined
    return value !== undefined && toFloat32(value)[0] === 0
  }
  if (context.has(2) && !isZero(2) && !isZero(1))
    context.refuse('it drops at random (training mode)', 'export the model in evaluation mode')
  return [passed(context, 0)]
}

export const Cast: Rule = (context) => {
  const { g, x, y, cotangent } = context
  if (!isFloat(x.type) || !isFloat(y.type)) return [undefined]
  return [cotangent.kind === 'pick' ? cotangent : g.cast(context.compact, x.type)]
}

/** Cast to the type of the second input. */
export const CastLike: Rule = (context) => [...Cast(context), undefined]

export const Transpose: Rule = (context) => {
  const { g, x, dy } = context
  const permutation = context.ints('perm') ?? [...x.shape.keys()].reverse()
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis))
  return [g.transpose(dy, inverse)]
}

export const Concat: Rule = (context) => {
  const { g, node, dy } = context
  const axis = context.axis(1)
  const lengths = node.inputs.map((_, i) => context.input(i).shape[axis] as Dim)
  // pieces of batches are measured at run time
  if (lengths.some((length) => typeof length === 'string') && g.opset >= 13) {
    const pieces = lengths.map((length) => ({ type: dy.type, shape: dy.shape.map((dim, i) => (i === axis ? length : dim)) }))
    return g.nodes('Split', [dy, g.shapeVector(lengths)], pieces, { axis })
  }
  let start = 0
  return node.inputs.map((_, i) => {
    const [length] = fixedDims(context, lengths.slice(i, i + 1)) as [number]
    const part = context.wants(i) ? g.slice(dy, axis, start, start + length) : undefined
    start += length
    return part
  })
}

export const Split: Rule = (context) => {
  const { g, node } = context
  const axis = context.axis(0)
  const parts = node.outputs.map((_, i) => context.gradient(i) ?? g.filled(0, context.output(i)))
  return [g.concat(parts, axis)]
}

interface Range {
  axis: number
  start: number
  end: number
  step: number
}

/** The slice, one range per axis, with begin and end inside the tensor as the operator clamps them. */
function sliceRanges(context: RuleContext): Range[] {
  const { x, opset } = context
  const rank = x.shape.length
  const given = opset < 10
  const starts = given ? (context.ints('starts') ?? []) : context.integers(1, 'starts')
  const ends = given ? (context.ints('ends') ?? []) : context.integers(2, 'ends')
  const axes = given ? context.ints('axes') : context.has(3) ? context.integers(3, 'axes') : undefined
  const steps = !given && context.has(4) ? context.integers(4, 'steps') : undefined
  return starts.map((from, i) => {
    const axis = wrapped(axes?.[i] ?? i, rank)
    const step = steps?.[i] ?? 1
    const size = x.shape[axis] as Dim
    if (typeof size === 'string') {
      // the whole of a free dimension may be taken, and nothing else
      if (from === 0 && step === 1 && (ends[i] ?? 0) >= 2 ** 31 - 1) return { axis, start: 0, end: 0, step: 1 }
      return context.refuse(`it cuts the free dimension ${size}`)
    }
    const bound = (v: number, low: number, high: number): number => Math.min(Math.max(v < 0 ? v + size : v, low), high)
    const start = step > 0 ? bound(from, 0, size) : bound(from, 0, size - 1)
    const end = step > 0 ? bound(ends[i] ?? 0, 0, size) : bound(ends[i] ?? 0, -1, size - 1)
    return { axis, start, end, step }
  })
}

/** The taken elements go back to their places between zeros. */
export const Slice: Rule = (context) => {
  const { g, x } = context
  let { dy } = context
  for (const { axis, start, end, step } of sliceRanges(context)) {
    const size = x.shape[axis] as Dim
    if (typeof size === 'string') continue
    const count = Math.max(0, Math.ceil((end - start) / step))
    if (count === 0) return [g.filled(0, x)]
    const first = step > 0 ? start : start + (count - 1) * step
    if (step < 0 && count > 1) dy = reversed(context, dy, axis, count)
    dy = dilate(g, dy, axis, Math.abs(step))
    const span = (count - 1) * Math.abs(step) + 1
    dy = g.padAlong(dy, axis, first, size - first - span)
  }
  return [dy]
}

function reversed({ g }: RuleContext, x: Value, axis: number, count: number): Value {
  return g.gather(x, g.int64(Array.from({ length: count }, (_, i) => count - 1 - i)), axis)
}

export const Pad: Rule = (context) => {
  const { g, x, opset, dy } = context
  const rank = x.shape.length
  const mode = context.string('mode', 'constant')
  const given = opset < 11 ? (context.ints('pads') ?? context.ints('paddings') ?? []) : context.integers(1, 'pads')
  const axes = context.has(3) ? context.integers(3, 'axes').map((axis) => wrapped(axis, rank)) : [...x.shape.keys()]
  const begins = new Array<number>(rank).fill(0)
  const ends = new Array<number>(rank).fill(0)
  axes.forEach((axis, i) => {
    begins[axis] = given[i] ?? 0
    ends[axis] = given[i + axes.length] ?? 0
  })
  if (mode === 'constant')
    return [cropped(g, dy, begins, ends), undefined, context.wants(2) ? valueGradient(context, begins, ends) : undefined]
  let gradient = dy
  for (const axis of axes) {
    const [before, after] = [begins[axis] ?? 0, ends[axis] ?? 0]
    if (before !== 0 || after !== 0)
      gradient = gathered(context, gradient, axis, sources(context, mode, x.shape[axis] as Dim, before, after))
  }
  return [gradient]
}

/** The reverse of a padding. */
const cropped = (g: Builder, x: Value, begins: readonly number[], ends: readonly number[]): Value => {
  const negative = (amounts: readonly number[]): number[] => amounts.map((amount) => -amount)
  return g.pad(x, negative(begins), negative(ends))
}

/** What the padding value received: everything that did not come from the input. */
function valueGradient({ g, dy, c }: RuleContext, begins: readonly number[], ends: readonly number[]): Value {
  const axes = [...begins.keys()]
  const padding = (amounts: readonly number[]): number[] => amounts.map((amount) => Math.max(amount, 0))
  const inner = cropped(g, dy, padding(begins), padding(ends))
  return g.reshape(g.sub(g.sum(dy, axes), g.sum(inner, axes)), c.shape)
}

/** Which place of the input each place of the padded axis shows. */
function sources(context: RuleContext, mode: string, dim: Dim, before: number, after: number): { from: number[]; size: number } {
  const [size] = fixedDims(context, [dim]) as [number]
  const period = 2 * (size - 1)
  const from = Array.from({ length: before + size + after }, (_, i) => {
    const place = i - before
    if (mode === 'edge') return Math.min(Math.max(place, 0), size - 1)
    if (mode === 'wrap') return ((place % size) + size) % size
    const folded = period === 0 ? 0 : ((place % period) + period) % period
    return folded < size ? folded : period - folded
  })
  return { from, size }
}

/** Sums the gradient of copies into their sources: a product with a 0/1 matrix along one axis. */
function gathered({ g }: RuleContext, dy: Value, axis: number, { from, size }: { from: number[]; size: number }): Value {
  const order = [...dy.shape.keys()].filter((i) => i !== axis).concat(axis)
  const back = order.map((_, i) => order.indexOf(i))
  const weights = selectionMatrix(g, from, size, dy.type)
  if (order.length === 1) return g.reshape(g.matmul(g.reshape(dy, [1, from.length]), weights), [size])
  return g.transpose(g.matmul(g.transpose(dy, order), weights), back)
}
