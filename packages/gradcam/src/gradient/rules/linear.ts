/** @file Gemm and MatMul. A picked class becomes one row of the weights. */
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import type { Rule } from '../rule.ts'

/** For each image the weights of its class: [N, features] out of [K, features] (or of [features, K]). */
function pickRows(g: Builder, weights: Value, index: Value, classAxis: 0 | 1): Value {
  const rows = g.gather(weights, index, classAxis)
  return classAxis === 0 ? rows : g.transpose(rows, [1, 0])
}

const swap = (g: Builder, x: Value): Value => {
  const rank = x.shape.length
  const axes = Array.from({ length: rank }, (_, i) => i)
  return g.transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2])
}

/** Y = α·A′·B′ + β·C */
export const Gemm: Rule = (context) => {
  const { g, x: a, b, cotangent } = context
  const alpha = context.float('alpha', 1)
  const beta = context.float('beta', 1)
  const [transA, transB] = [context.int('transA', 0) !== 0, context.int('transB', 0) !== 0]
  const scaled = (value: Value, factor: number): Value => (factor === 1 ? value : g.mul(value, factor))
  const gradientA = (): Value => {
    if (cotangent.kind === 'pick' && !transA) return pickRows(g, b, cotangent.index, transB ? 0 : 1)
    const product = (left: Value, right: Value) => g.matmul(left, right)
    return transA ? product(transB ? swap(g, b) : b, swap(g, context.dy)) : product(context.dy, transB ? b : swap(g, b))
  }
  const gradientB = (): Value => {
    const input = transA ? a : swap(g, a)
    return transB ? g.matmul(swap(g, context.dy), swap(g, input)) : g.matmul(input, context.dy)
  }
  return [
    context.wants(0) ? scaled(gradientA(), alpha) : undefined,
    context.wants(1) ? scaled(gradientB(), alpha) : undefined,
    context.wants(2) ? scaled(context.dy, beta) : undefined,
  ]
}

export const MatMul: Rule = (context) => {
  const { g, x: a, b, cotangent } = context
  if (cotangent.kind === 'pick' && !context.wants(1) && a.shape.length === 2 && b.shape.length === 2) {
    return [pickRows(g, b, cotangent.index, 1)]
  }
  // vectors stand as a row on the left and as a column on the right
  const left = a.shape.length === 1 ? g.reshape(a, [1, ...a.shape]) : a
  const right = b.shape.length === 1 ? g.reshape(b, [...b.shape, 1]) : b
  let dy = context.dy
  if (b.shape.length === 1) dy = g.reshape(dy, [...dy.shape, 1])
  if (a.shape.length === 1) dy = g.reshape(dy, [...dy.shape.slice(0, -1), 1, ...dy.shape.slice(-1)])
  const vector = (value: Value, from: Value): Value =>
    from.shape.length === 1 ? g.reshape(g.reduceTo(value, from === a ? left.shape : right.shape), from.shape) : value
  return [
    context.wants(0) ? vector(g.matmul(dy, swap(g, right)), a) : undefined,
    context.wants(1) ? vector(g.matmul(swap(g, left), dy), b) : undefined,
  ]
}
