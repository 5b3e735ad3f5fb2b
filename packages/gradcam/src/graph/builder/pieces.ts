/** @file The builder's Pad, Slice, Concat and Gather, in the forms of every opset. */
import type { Dim, Value } from '../graph.ts'
import type { Builder } from './builder.ts'
import type { Emitter } from './emission.ts'

export type Pieces = Pick<Builder, 'pad' | 'padAlong' | 'slice' | 'concat' | 'gather'>

export function pieces({ opset, node, int64, scalar }: Emitter): Pieces {
  const pad: Builder['pad'] = (x, begins, ends, value = 0) => {
    const cropped = crop(x, begins, ends)
    const pads = [...begins, ...ends].map((amount) => Math.max(amount, 0))
    if (pads.every((amount) => amount === 0)) return cropped
    const rank = x.shape.length
    const shape = cropped.shape.map((dim, i) => (typeof dim === 'number' ? dim + (pads[i] ?? 0) + (pads[i + rank] ?? 0) : dim))
    if (opset < 11) return node('Pad', [cropped], { type: x.type, shape }, { pads, value: { float: value } })
    return node('Pad', [cropped, int64(pads), value === 0 ? undefined : scalar(value, x.type)], { type: x.type, shape })
  }
  /** Negative paddings as one Slice: not every provider takes them in Pad. */
  const crop = (x: Value, begins: readonly number[], ends: readonly number[]): Value => {
    const axes = x.shape.flatMap((_, i) => ((begins[i] ?? 0) < 0 || (ends[i] ?? 0) < 0 ? [i] : []))
    if (axes.length === 0) return x
    const start = (axis: number): number => Math.max(0, -(begins[axis] ?? 0))
    const stop = (axis: number): number => ((ends[axis] ?? 0) < 0 ? (ends[axis] ?? 0) : 2 ** 31 - 1)
    const shape = x.shape.map((dim, i) => (typeof dim === 'number' ? dim - start(i) + Math.min(0, ends[i] ?? 0) : dim))
    if (opset < 10) return node('Slice', [x], { type: x.type, shape }, { axes, starts: axes.map(start), ends: axes.map(stop) })
    return node('Slice', [x, int64(axes.map(start)), int64(axes.map(stop)), int64(axes)], { type: x.type, shape })
  }
  const slice: Builder['slice'] = (x, axis, start, end) => {
    const shape = x.shape.map((dim, i) => (i === axis ? end - start : dim))
    if (start === 0 && end === x.shape[axis]) return x
    if (opset < 10) return node('Slice', [x], { type: x.type, shape }, { axes: [axis], starts: [start], ends: [end] })
    return node('Slice', [x, int64([start]), int64([end]), int64([axis])], { type: x.type, shape })
  }
  const concat: Builder['concat'] = (parts, axis) => {
    const first = parts[0] as Value
    if (parts.length === 1) return first
    const lengths = parts.map((part) => part.shape[axis] as Dim)
    const total = lengths.every((length) => typeof length === 'number') ? sizeSum(lengths) : lengths.join('+')
    return node('Concat', parts, { type: first.type, shape: first.shape.map((dim, i) => (i === axis ? total : dim)) }, { axis })
  }
  const gather: Builder['gather'] = (x, indices, axis) =>
    node(
      'Gather',
      [x, indices],
      { type: x.type, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)] },
      { axis },
    )

  const padAlong: Builder['padAlong'] = (x, axis, before, after) => {
    const along = (amount: number): number[] => x.shape.map((_, i) => (i === axis ? amount : 0))
    return pad(x, along(before), along(after))
  }

  return { pad, padAlong, slice, concat, gather }
}

const sizeSum = (dims: readonly Dim[]): number => dims.reduce<number>((total, dim) => total + Number(dim), 0)
