/** @file ONNX Runtime's own operators on quantised tensors (com.microsoft), by the float operators that they stand for. */
import type { AttributeValue } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import { type Rule, type RuleContext, wrapped } from '../rule.ts'
import { dequantized, quantize } from './quantized.ts'
import { windowAttributes } from './window.ts'

/** Inputs: x, scale, zero point, then scale and zero point of the output. */
const unary = (forward: (context: RuleContext, x: Value) => Value): Rule =>
  composite((context) => quantize(context, forward(context, dequantized(context, 0, 1, 2)), 3, 4))

/** Inputs: a and b, each with scale and zero point, then those of the output. */
const binary = (forward: (context: RuleContext, a: Value, b: Value) => Value): Rule =>
  composite((context) => quantize(context, forward(context, dequantized(context, 0, 1, 2), dequantized(context, 3, 4, 5)), 6, 7))

export const QLinearAdd = binary(({ g }, a, b) => g.add(a, b))
export const QLinearMul = binary(({ g }, a, b) => g.mul(a, b))

export const QLinearSigmoid = unary(({ g }, x) => g.unary('Sigmoid', x))
export const QLinearLeakyRelu = unary((context, x) =>
  context.g.node('LeakyRelu', [x], x, { alpha: { float: context.float('alpha', 0.01) } }),
)
export const QLinearSoftmax = unary((context, x) => {
  const axis = context.axis(-1)
  if (axis !== x.shape.length - 1) context.refuse('only a softmax along the last axis is supported')
  return context.g.node('Softmax', [x], x, { axis })
})

/** A pool over [N, C, …], though the images may be [N, …, C]. */
function pooled(context: RuleContext, operator: string, x: Value, attributes: Record<string, AttributeValue>): Value {
  const { g } = context
  const shape = context.result.shape
  if (context.int('channels_last', 0) === 0) return g.node(operator, [x], { type: x.type, shape }, attributes)
  const rank = shape.length
  const first = [0, rank - 1, ...shape.slice(2).map((_, i) => i + 1)]
  const last = [0, ...shape.slice(2).map((_, i) => i + 2), 1]
  const result = { type: x.type, shape: first.map((axis) => shape[axis] ?? 1) }
  return g.transpose(g.node(operator, [g.transpose(x, first)], result, attributes), last)
}

export const QLinearGlobalAveragePool = unary((context, x) => pooled(context, 'GlobalAveragePool', x, {}))
export const QLinearAveragePool = unary((context, x) => pooled(context, 'AveragePool', x, windowAttributes(context)))

/** Inputs: scale and zero point of the output, then every part with its own. */
export const QLinearConcat = composite((context) => {
  const count = Math.floor((context.node.inputs.length - 2) / 3)
  const parts = Array.from({ length: count }, (_, i) => dequantized(context, 3 * i + 2, 3 * i + 3, 3 * i + 4))
  return quantize(context, context.g.concat(parts, wrapped(context.int('axis', 1), context.result.shape.length)), 0, 1)
})

/** Y = α·A′·B′ + C, C in steps of α and both scales. Inputs: A, B, each with scale and zero point, C, scale and zero point of Y. */
export const QGemm = composite((context) => {
  const { g } = context
  const transB = context.int('transB', 0)
  // one scale per column of B′
  const perColumn = (parameter: Value): Value =>
    transB !== 0 && parameter.shape.length === 1 && parameter.shape[0] !== 1 ? g.reshape(parameter, [...parameter.shape, 1]) : parameter
  const a = dequantized(context, 0, 1, 2)
  const b = dequantized(context, 3, 4, 5, perColumn)
  const alpha = context.float('alpha', 1)
  const steps = (): Value => g.mul(g.mul(context.input(1), context.input(4)), alpha)
  const c = context.has(6) ? g.mul(g.cast(context.input(6), a.type), steps()) : undefined
  const attributes = { transA: context.int('transA', 0), transB, alpha: { float: alpha } }
  const product = g.node('Gemm', [a, b], { type: a.type, shape: context.result.shape }, attributes)
  const y = c ? g.add(product, c) : product
  return context.has(7) ? quantize(context, y, 7, 8) : y
})
