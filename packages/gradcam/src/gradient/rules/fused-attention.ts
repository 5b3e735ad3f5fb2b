/** @file ONNX Runtime's own attention (com.microsoft): Attention, MultiHeadAttention; without keys and values of the past. */
import type { Dim, Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import { fixedDims, type RuleContext } from '../rule.ts'
import { headsOf, joined, products } from './attention.ts'

/** What is added to the scores where a key is not to be seen: masks hold 1 for keys that are. */
function hidden(context: RuleContext, position: number, type: Value['type']): Value {
  const { g } = context
  const mask = context.input(position)
  const rank = mask.shape.length
  if (rank !== 2 && rank !== 3) context.refuse(`a mask of ${rank} dimensions is not supported`)
  const [batch, ...rest] = mask.shape as [Dim, ...Dim[]]
  const laid = g.reshape(g.cast(mask, type), [batch, ...(rank === 2 ? [1, 1] : [1]), ...rest])
  return g.mul(g.sub(1, laid), context.float('mask_filter_value', -10000))
}

interface Projections {
  query: Value
  key: Value
  value: Value
  mask: number
  bias: number
}

/** Y = softmax(scale·Q·Kᵀ + masks)·V, head by head. Vaswani et al. 2017, arXiv:1706.03762 */
function attended(context: RuleContext, { query, key, value, mask, bias }: Projections): Value {
  const { g } = context
  const count = context.int('num_heads', 1)
  const [q, k, v] = [query, key, value].map((each) => headsOf(context, each, count)) as [Value, Value, Value]
  const scale = context.float('scale', 0) || 1 / Math.sqrt(Number(q.shape[3]))
  let scores = products(g, q, k, scale)
  if (context.has(bias)) scores = g.add(scores, context.input(bias))
  if (context.has(mask)) scores = g.add(scores, hidden(context, mask, scores.type))
  if (context.int('unidirectional', 0) !== 0) scores = g.add(scores, future(context, scores))
  const shares = g.node('Softmax', [scores], scores, { axis: 3 })
  return joined(g, g.matmul(shares, v))
}

/** [S, L]: no position sees those after it. */
function future(context: RuleContext, scores: Value): Value {
  const [rows, columns] = fixedDims(context, scores.shape.slice(-2)) as [number, number]
  const filter = context.float('mask_filter_value', -10000)
  const values = Float32Array.from({ length: rows * columns }, (_, i) =>
    (i % columns) - (columns - rows) > Math.floor(i / columns) ? filter : 0,
  )
  return context.g.floats(values, [rows, columns], scores.type)
}

function withoutPast({ has, refuse }: RuleContext, positions: readonly number[]): void {
  if (positions.some(has)) refuse('keys and values of the past are not supported', 'export the encoder without a cache')
}

/** Inputs: x, the weights and biases of query, key and value side by side, mask, past, what is added to the scores. */
export const Attention = composite((context) => {
  const { g, x, b: weights } = context
  withoutPast(context, [4, 6])
  if (context.int('do_rotary', 0) !== 0) context.refuse('rotary embedding is not supported')
  const [total] = fixedDims(context, weights.shape.slice(1)) as [number]
  const widths = context.ints('qkv_hidden_sizes') ?? [total / 3, total / 3, total / 3]
  const product = g.matmul(x, weights)
  const projected = context.has(2) ? g.add(product, context.c) : product
  let start = 0
  const parts = widths.map((width) => g.slice(projected, 2, start, (start += width)))
  const [query, key, value] = parts as [Value, Value, Value]
  return attended(context, { query, key, value, mask: 3, bias: 5 })
})

/** Inputs: query, key, value, their biases side by side, mask, what is added to the scores, past. */
export const MultiHeadAttention = composite((context) => {
  const { g, x } = context
  withoutPast(context, [6, 7, 8])
  if (x.shape.length !== 3 || !context.has(1) || !context.has(2)) context.refuse('only separate query, key and value are supported')
  let start = 0
  const [query, key, value] = [0, 1, 2].map((position) => {
    const part = context.input(position)
    if (!context.has(3)) return part
    const width = part.shape.length === 4 ? Number(part.shape[1]) * Number(part.shape[3]) : Number(part.shape[2])
    const bias = g.slice(context.input(3), 0, start, (start += width))
    return part.shape.length === 4 ? part : g.add(part, bias)
  }) as [Value, Value, Value]
  return attended(context, { query, key, value, mask: 4, bias: 5 })
})
