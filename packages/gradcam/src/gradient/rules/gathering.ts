/** @file Gather, GatherElements, GatherND, TopK: what was taken goes back to its place, what was taken twice is summed. */
import { type Dim, times, type Value } from '../../graph/graph.ts'
import { sizeOf } from '../../core/tensor.ts'
import { fixedDims, freeBatchHint, type Rule, type RuleContext, wrapped } from '../rule.ts'
import { product, scatterComputedRows, scatterRows, wrappedIndices } from './selection.ts'

/** Rows [a, K, b] for scattering; of the three at most one may be free. */
function rowsOf(context: RuleContext, shape: readonly [Dim, Dim, Dim]): Value {
  if (shape.filter((dim) => typeof dim === 'string').length > 1) context.refuse('several of its dimensions are free', freeBatchHint)
  return context.g.reshape(context.dy, shape)
}

/** y = x[…, indices, …] along one axis */
export const Gather: Rule = (context) => {
  const { g, x, b: indices } = context
  const axis = context.axis(0)
  const size = x.shape[axis] as Dim
  if (typeof size === 'string') return [gatheredFromBatch(context, axis, size)]
  const rows = rowsOf(context, [product(x.shape.slice(0, axis)), product(indices.shape), product(x.shape.slice(axis + 1))])
  const places = context.constant(1)
  if (places) {
    const index = Array.from(places.data as ArrayLike<number | bigint>, (i) => wrapped(Number(i), size))
    return [g.reshape(scatterRows(g, rows, index, size), x.shape)]
  }
  const index = g.reshape(wrappedIndices(g, indices, size), [product(indices.shape)])
  return [g.reshape(scatterComputedRows(g, rows, index, size), x.shape)]
}

/** The axis is the batch, perhaps flattened together with others: image by image where that can be told, else wherever indices point. */
function gatheredFromBatch(context: RuleContext, axis: number, size: string): Value {
  const { g, x, b: indices } = context
  const inner = product(x.shape.slice(axis + 1))
  const own = axis === 0 ? context.info.perImage(context.node.inputs[1] ?? '') : undefined
  const [batch] = indices.shape
  if (own && typeof batch === 'string' && size === times(batch, own.stride)) {
    const index = Array.from(own.first.data as ArrayLike<number | bigint>, Number)
    // an image that points into another one is none of these
    if (index.every((place) => place >= 0 && place < own.stride)) {
      return g.reshape(scatterRows(g, g.reshape(context.dy, [batch, index.length, inner]), index, own.stride), x.shape)
    }
  }
  const count = product(indices.shape)
  const outer = product(x.shape.slice(0, axis))
  if (typeof outer === 'string' || typeof inner === 'string') context.refuse('several of its dimensions are free', freeBatchHint)
  const length = g.cast(g.shapeVector([size]), 'float32')
  const index = g.reshape(wrappedIndices(g, indices, length), [count])
  return g.reshape(scatterComputedRows(g, g.reshape(context.dy, [outer, count, inner]), index, size), x.shape)
}

/** Where in the flattened tensor each element of constant indices lies: x[…, indices[…, k, …], …] */
export function elementPlaces(indices: readonly number[], shape: readonly number[], dims: readonly number[], axis: number): number[] {
  return indices.map((index, k) => {
    let rest = k
    let place = 0
    let stride = 1
    for (let i = dims.length - 1; i >= 0; i--) {
      const at = rest % (shape[i] as number)
      rest = (rest - at) / (shape[i] as number)
      place += (i === axis ? wrapped(index, dims[i] as number) : at) * stride
      stride *= dims[i] as number
    }
    return place
  })
}

/** y[…, k, …] = x[…, indices[…, k, …], …] */
export const GatherElements: Rule = (context) => {
  const { g, x, b: indices, dy } = context
  const axis = context.axis(0)
  if (context.constant(1)) {
    const dims = fixedDims(context, x.shape)
    const places = elementPlaces(context.integers(1, 'indices'), fixedDims(context, indices.shape), dims, axis)
    return [g.reshape(scatterRows(g, g.reshape(dy, [1, places.length, 1]), places, sizeOf(dims)), x.shape)]
  }
  const [size] = fixedDims(context, [x.shape[axis] as Dim]) as [number]
  const opened = (value: Value): Value => g.reshape(value, [...value.shape.slice(0, axis + 1), 1, ...value.shape.slice(axis + 1)])
  const iota = g.iota([size, ...x.shape.slice(axis + 1).map(() => 1)], 'float32')
  const hits = g.mask(g.equal(opened(wrappedIndices(g, indices, size)), iota), dy.type)
  const sums = g.sum(g.mul(hits, opened(dy)), [axis], false)
  // indices may cover a corner of the other axes only
  const behind = x.shape.map((dim, i) => (typeof dim === 'number' && i !== axis ? dim - Number(indices.shape[i]) : 0))
  const none = behind.map(() => 0)
  return [g.pad(sums, none, behind)]
}

/** Where each tuple of constant indices [batch…, K…, n] points in the flattened [batch…, d₁ … dₙ]. */
export function tuplePlaces(tuples: readonly number[], shape: readonly number[], dims: readonly number[], batchDims: number): number[] {
  const depth = shape.at(-1) as number
  const perBatch = sizeOf(shape.slice(batchDims, -1))
  return Array.from({ length: sizeOf(shape.slice(0, -1)) }, (_, k) => {
    let place = Math.floor(k / perBatch)
    for (let j = 0; j < depth; j++) {
      const size = dims[batchDims + j] as number
      place = place * size + wrapped(tuples[k * depth + j] as number, size)
    }
    return place
  })
}

/** y[b, k] = x[b, indices[b, k, 0], indices[b, k, 1], …], whole slices of x */
export const GatherND: Rule = (context) => {
  const { g, x, b: indices } = context
  const batchDims = context.int('batch_dims', 0)
  const [depth] = fixedDims(context, indices.shape.slice(-1)) as [number]
  const batch = x.shape.slice(0, batchDims)
  const slice = product(x.shape.slice(batchDims + depth))
  const pointed = fixedDims(context, x.shape.slice(batchDims, batchDims + depth))
  if (context.constant(1)) {
    const dims = [...fixedDims(context, batch), ...pointed]
    const places = tuplePlaces(context.integers(1, 'indices'), fixedDims(context, indices.shape), dims, batchDims)
    return [g.reshape(scatterRows(g, rowsOf(context, [1, places.length, slice]), places, sizeOf(dims)), x.shape)]
  }
  const count = product(indices.shape.slice(batchDims, -1))
  const strides = pointed.map((_, j) => sizeOf(pointed.slice(j + 1)))
  const index = wrappedIndices(g, indices, g.floats(pointed, [depth], 'float32'))
  const places = g.sum(g.mul(index, g.floats(strides, [depth], 'float32')), [indices.shape.length - 1], false)
  const rows = rowsOf(context, [product(batch), count, slice])
  return [g.reshape(scatterComputedRows(g, rows, g.reshape(places, [product(batch), count]), sizeOf(pointed)), x.shape)]
}

/** The largest or smallest along an axis: each value goes back to the place that it came from. */
export const TopK: Rule = (context) => {
  const { g, x, dy } = context
  const axis = context.axis(-1)
  const [size] = fixedDims(context, [x.shape[axis] as Dim]) as [number]
  const order = [...x.shape.keys()].filter((i) => i !== axis).concat(axis)
  const back = order.map((_, i) => order.indexOf(i))
  // the axis of the values last: [..., k]
  const values = g.transpose(dy, order)
  const places = g.cast(g.transpose(context.output(1), order), 'float32')
  const sums = scatterComputedRows(g, g.reshape(values, [...values.shape, 1]), places, size)
  return [g.transpose(g.reshape(sums, [...values.shape.slice(0, -1), size]), back)]
}

/** y = on where the index is that of the place, else off: only these two values have a gradient. */
export const OneHot: Rule = (context) => {
  const { g, x: indices, c: values, y, dy } = context
  if (!context.wants(2)) return []
  const axis = wrapped(context.int('axis', -1), y.shape.length)
  const [depth] = fixedDims(context, [y.shape[axis] as Dim]) as [number]
  const opened = g.reshape(wrappedIndices(g, indices, depth), [...y.shape.slice(0, axis), 1, ...y.shape.slice(axis + 1)])
  const places = g.iota([depth, ...y.shape.slice(axis + 1).map(() => 1)], 'float32')
  const axes = [...y.shape.keys()]
  const on = g.sum(g.mul(g.mask(g.equal(opened, places), dy.type), dy), axes)
  const off = g.sub(g.sum(dy, axes), on)
  const flat = (value: Value): Value => g.reshape(value, [1])
  return [undefined, undefined, g.reshape(g.concat([flat(off), flat(on)], 0), values.shape)]
}
