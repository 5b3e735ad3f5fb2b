/** @file Largest and smallest along axes: ReduceMax and ReduceMin share a tie equally; TopK's values go back to their places. */
import type { Dim } from '../../graph/graph.ts'
import { fixedDims, type Rule } from '../rule.ts'
import { reducedAxes, unreduced } from './reduction.ts'
import { scatterComputedRows } from './selection.ts'

const extremum: Rule = (context) => {
  const { g, x, y } = context
  const axes = reducedAxes(context)
  const taken = g.mask(g.equal(x, unreduced(context, y, axes)), x.type)
  return [g.mul(taken, g.div(unreduced(context, context.dy, axes), g.sum(taken, axes)))]
}

export const ReduceMax: Rule = extremum
export const ReduceMin: Rule = extremum

/** Each value goes back to the place that it came from. */
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
  const flat = g.reshape(sums, [...values.shape.slice(0, -1), size])
  return [g.transpose(flat, back)]
}
