/** @file Operators on quantised tensors, by the float operators that they stand for: QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger. */
import type { Dim, Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import type { RuleContext } from '../rule.ts'
import { windowAttributes } from './window.ts'

/** Lays a scale or zero point, one or one per row or channel, along an axis of a tensor. */
export type Layout = (parameter: Value) => Value

const asIs: Layout = (parameter) => parameter

/** (q − zero) · scale, for a tensor with its scale and its zero point at the given inputs; −1 or an absent input: none. */
export function dequantized(context: RuleContext, position: number, scale: number, zero: number, layout: Layout = asIs): Value {
  const { g } = context
  const of = (at: number): Value | undefined => (at >= 0 && context.has(at) ? context.input(at) : undefined)
  const [factor, shift] = [of(scale), of(zero)]
  const type = factor?.type ?? 'float32'
  const steps = g.cast(context.input(position), type)
  const centred = shift ? g.sub(steps, layout(g.cast(shift, type))) : steps
  return factor ? g.mul(centred, layout(factor)) : centred
}

/** Back to the integers that the operator puts out. */
export function quantize(context: RuleContext, value: Value, scale: number, zero: number): Value {
  const type = context.result.type
  const parameters = [context.input(scale), context.has(zero) ? context.input(zero) : undefined]
  return context.g.node('QuantizeLinear', [value, ...parameters], { type, shape: value.shape })
}

/** One value per filter, as [K, 1, …]. */
const perFilter =
  ({ g }: RuleContext, filters: Value): Layout =>
  (parameter) =>
    parameter.shape[0] === undefined || parameter.shape[0] === 1
      ? parameter
      : g.reshape(parameter, [...parameter.shape, ...filters.shape.slice(1).map(() => 1)])

/** One value per row of the left operand, as […, M, 1]. */
const perRow =
  ({ g }: RuleContext): Layout =>
  (parameter) =>
    parameter.shape.length === 1 && parameter.shape[0] !== 1 ? g.reshape(parameter, [parameter.shape[0] as Dim, 1]) : parameter

function multiplied(context: RuleContext, a: Value, b: Value): Value {
  return context.g.node('MatMul', [a, b], { type: a.type, shape: context.result.shape })
}

/** Inputs: x and its scale and zero point, filters and theirs, those of the output, a bias in steps of both scales. */
export const QLinearConv = composite((context) => {
  const { g } = context
  const filters = context.input(3)
  const x = dequantized(context, 0, 1, 2)
  const weights = dequantized(context, 3, 4, 5, perFilter(context, filters))
  const bias = context.has(8) ? g.mul(g.cast(context.input(8), x.type), g.mul(context.input(1), context.input(4))) : undefined
  const y = g.node('Conv', [x, weights, bias], { type: x.type, shape: context.result.shape }, windowAttributes(context))
  return quantize(context, y, 6, 7)
})

/** Inputs: a, b, each with scale and zero point, then those of the output. */
export const QLinearMatMul = composite((context) => {
  const a = dequantized(context, 0, 1, 2, perRow(context))
  return quantize(context, multiplied(context, a, dequantized(context, 3, 4, 5)), 6, 7)
})

/** Integer sums of products, in steps of both scales. */
export const ConvInteger = composite((context) => {
  const x = dequantized(context, 0, -1, 2)
  const weights = dequantized(context, 1, -1, 3, perFilter(context, context.b))
  return context.g.node('Conv', [x, weights], { type: x.type, shape: context.result.shape }, windowAttributes(context))
})

export const MatMulInteger = composite((context) =>
  multiplied(context, dequantized(context, 0, -1, 2, perRow(context)), dequantized(context, 1, -1, 3)),
)
