/** @file DeformConv: each tap of a filter looks beside its own place, by an offset of that place, and may be weighed (arXiv:1811.11168). */
import type { Dim, Value } from '../../graph/graph.ts'
import { sizeOf } from '../../core/tensor.ts'
import { composite } from '../composite.ts'
import { fixedDims } from '../rule.ts'
import { windowsOf } from './window.ts'

/** Y = W ∗ (X at base + offset · mask) + b: samples by GridSample, then a product with the filters. */
export const DeformConv = composite((context) => {
  const { g, x, b: weights, c: offsets, y } = context
  const [batch] = x.shape as [Dim]
  const [channels, ...sizes] = fixedDims(context, x.shape.slice(1)) as [number, number, number]
  const [filters, perGroup, ...kernel] = fixedDims(context, weights.shape) as [number, number, number, number]
  if (sizes.length !== 2) context.refuse('only images of two axes are supported')
  const { strides, dilations, begins, output } = windowsOf(context, kernel)
  const [groups, fields] = [context.int('group', 1), context.int('offset_group', 1)]
  const [taps, places] = [sizeOf(kernel), sizeOf(output)]
  const many = g.reshape(x, [batch, fields, channels / fields, ...sizes])
  const own = (value: Value, field: number, of: readonly Dim[]): Value => g.reshape(g.slice(value, 1, field, field + 1), [batch, ...of])
  const moved = g.reshape(offsets, [batch, fields, taps, 2, places])
  const mask = context.has(4) ? g.reshape(context.input(4), [batch, fields, taps, places]) : undefined
  /** Where tap and place look on an axis without offset, [1, taps, places]. */
  const base = (axis: number): Value => {
    const step = axis === 0 ? (output[1] as number) : 1
    const reach = axis === 0 ? kernel[1] : 1
    const values = Array.from({ length: taps * places }, (_, i) => {
      const place = Math.floor((i % places) / step) % (output[axis] as number)
      const tap = Math.floor(Math.floor(i / places) / reach) % (kernel[axis] as number)
      return place * (strides[axis] as number) + tap * (dilations[axis] as number) - (begins[axis] as number)
    })
    return g.floats(values, [1, taps, places], x.type)
  }
  const parts = Array.from({ length: fields }, (_, field) => {
    const offset = own(moved, field, [taps, 2, places])
    /** −1 and 1 are the outer edges of the corner pixels; [N, taps, places, 1] */
    const coordinate = (axis: number): Value => {
      const place = g.add(base(axis), g.reshape(g.slice(offset, 2, axis, axis + 1), [batch, taps, places]))
      const size = sizes[axis] as number
      return g.reshape(g.sub(g.mul(g.add(place, 0.5), 2 / size), 1), [batch, taps, places, 1])
    }
    const grid = g.concat([coordinate(1), coordinate(0)], 3)
    const shape = [batch, channels / fields, taps, places]
    const image = own(many, field, [channels / fields, ...sizes])
    const samples = g.node('GridSample', [image, grid], { type: x.type, shape }, { mode: context.opset < 20 ? 'bilinear' : 'linear' })
    return mask ? g.mul(samples, g.reshape(own(mask, field, [taps, places]), [batch, 1, taps, places])) : samples
  })
  const samples = parts.length === 1 ? (parts[0] as Value) : g.concat(parts, 1)
  const columns = g.reshape(samples, [batch, groups, perGroup * taps, places])
  const product = g.matmul(g.reshape(weights, [1, groups, filters / groups, perGroup * taps]), columns)
  const sum = g.reshape(product, y.shape)
  return context.has(3) ? g.add(sum, g.reshape(context.input(3), [filters, 1, 1])) : sum
})
