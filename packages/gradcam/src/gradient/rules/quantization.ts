/** @file QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear: rounding is passed straight through (Bengio et al. 2013, arXiv:1308.3432). */
import type { Value } from '../../graph/graph.ts'
import type { ElementType } from '../../core/tensor.ts'
import type { Rule, RuleContext } from '../rule.ts'

const ranges: Partial<Record<ElementType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
}

/** A scale or zero point, as floats, laid along its axis. */
function parameter(context: RuleContext, position: number, like: Value): Value {
  const { g } = context
  if (context.int('block_size', 0) !== 0) context.refuse('blocks with scales of their own are not supported')
  const value = g.cast(context.input(position), like.type)
  if (value.shape.length !== 1 || value.shape[0] === 1) return value
  const axis = context.axis(1)
  const laid = like.shape.map((dim, i) => (i === axis ? dim : 1))
  return g.reshape(value, laid)
}

/** q = clip(round(x/scale) + zero): dx = dq/scale where the rounded value lies inside the integer range, else 0. */
export const QuantizeLinear: Rule = (context) => {
  const { g, x, compact } = context
  const { type } = context.result
  const [lowest, highest] = ranges[type] ?? context.refuse(`its output type ${type} is not supported`)
  const scale = parameter(context, 1, x)
  const known = context.has(2) ? context.constant(2) : undefined
  const zero = known?.data.length === 1 ? Number(known.data[0]) : context.has(2) ? parameter(context, 2, x) : 0
  const steps = g.div(x, scale)
  // halves are rounded to even: with an even zero point −½ below the range comes in and ½ above it does not
  const edge = (bound: number): Value | number => (typeof zero === 'number' ? bound - zero : g.sub(bound, zero))
  const [low, high] = [edge(lowest - 0.5), edge(highest + 0.5)]
  const slope = g.div(compact, scale)
  if (typeof zero === 'number' && zero % 2 !== 0) return [g.where(g.greater(steps, low), g.where(g.greater(steps, high), 0, slope), 0)]
  return [g.where(g.less(steps, low), 0, g.where(g.less(steps, high), slope, 0))]
}

/** x = (q − zero) · scale */
export const DequantizeLinear: Rule = (context) => {
  const { g, x, y, dy } = context
  const centred = (): Value => {
    const steps = g.cast(x, y.type)
    return context.has(2) ? g.sub(steps, parameter(context, 2, y)) : steps
  }
  const scaleGradient = (): Value => {
    const scale = parameter(context, 1, y)
    return g.reshape(g.reduceTo(g.mul(dy, centred()), scale.shape), context.b.shape)
  }
  return [context.wants(0) ? g.mul(dy, parameter(context, 1, y)) : undefined, context.wants(1) ? scaleGradient() : undefined]
}

/** The scale is chosen so that nothing lies outside: dx = dq/scale. */
export const DynamicQuantizeLinear: Rule = (context) => {
  const dq = context.gradient(0)
  return [dq && context.g.div(dq, context.output(1))]
}
