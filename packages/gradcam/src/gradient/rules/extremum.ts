/** @file Largest and smallest along axes: ReduceMax and ReduceMin share a tie equally; TopK's values go back to their places. */
import type { Dim, Value } from '../../graph/graph.ts'
import { fixedDims, type Rule } from '../rule.ts'
import { reducedAxes, unreduced } from './reduction.ts'

const extremum: Rule = (context) => {
  const { g, x, y } = context
  const axes = reducedAxes(context)
  const taken = g.mask(g.equal(x, unreduced(context, y, axes)), x.type)
  return [g.mul(taken, g.div(unreduced(context, context.dy, axes), g.sum(taken, axes)))]
}

export const ReduceMax: Rule = extremum
export const ReduceMin: Rule = extremum

/** dx = dy · H, H [k, size] the places taken, one row with a single 1 per value */
export const TopK: Rule = (context) => {
  const { g, x, dy } = context
  const rank = x.shape.length
  const given = context.int('axis', -1)
  const axis = given < 0 ? given + rank : given
  const [size] = fixedDims(context, [x.shape[axis] as Dim]) as [number]
  const order = [...x.shape.keys()].filter((i) => i !== axis).concat(axis)
  // [..., k] beside the other axes
  const last = (value: Value): Value => g.transpose(value, order)
  const places = g.cast(last(context.output(1)), 'int32')
  const iota = g.constant({ type: 'int32', dims: [size], data: Int32Array.from({ length: size }, (_, i) => i) })
  const taken = g.mask(g.equal(g.reshape(places, [...places.shape, 1]), iota), x.type)
  const values = last(dy)
  const row = g.reshape(values, [...values.shape.slice(0, -1), 1, values.shape.at(-1) as Dim])
  const spread = g.matmul(row, taken)
  const flat = g.reshape(spread, [...values.shape.slice(0, -1), size])
  return [g.transpose(flat, order.map((_, i) => order.indexOf(i)))]
}
