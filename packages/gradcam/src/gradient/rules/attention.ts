/** @file Attention (opset 23) out of plain nodes; keys and values of the past are refused. */
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import { fixedDims, type RuleContext } from '../rule.ts'
import { triangle } from './triangle.ts'

/** [batch, length, heads·size] to [batch, heads, length, size]; four axes stay as they are. */
export function headsOf({ g, refuse }: RuleContext, x: Value, count: number): Value {
  if (x.shape.length === 4) return x
  if (count === 0) refuse('it has neither four axes nor a number of heads')
  const [batch, length, width] = x.shape as [Dim, Dim, number]
  return g.transpose(g.reshape(x, [batch, length, count, width / count]), [0, 2, 1, 3])
}

/** The reverse: [batch, heads, length, size] to [batch, length, heads·size]. */
export function joined(g: Builder, x: Value): Value {
  const [batch, heads, length, size] = x.shape as [Dim, number, Dim, number]
  return g.reshape(g.transpose(x, [0, 2, 1, 3]), [batch, length, heads * size])
}

/** Scores of every query and key: scale·Q·Kᵀ */
export const products = (g: Builder, query: Value, key: Value, scale: number): Value =>
  g.matmul(g.mul(query, scale), g.transpose(key, [0, 1, 3, 2]))

/** Keys and values once per query head: neighbours have them in common (grouped-query attention, arXiv:2305.13245). */
function spread(g: Builder, x: Value, queryHeads: number): Value {
  const [batch, heads, length, size] = x.shape as [Dim, number, Dim, number]
  if (heads === queryHeads) return x
  const apart = g.expand(g.reshape(x, [batch, heads, 1, length, size]), [batch, heads, queryHeads / heads, length, size])
  return g.reshape(apart, [batch, queryHeads, length, size])
}

// what the runtime takes for blocked: the least finite number and below
const blocked = { float16: -65504, other: -3.4028234663852886e38 }

/** softmax(scores + mask) along the keys, the future hidden where `is_causal` says so; a query that may see no key at all weighs them 0. */
function weightsOf(context: RuleContext, scores: Value): Value {
  const { g } = context
  const lowest = scores.type === 'float16' ? blocked.float16 : blocked.other
  const mask = context.optional(3)
  let seen = scores
  if (mask) seen = mask.type === 'bool' ? g.where(mask, seen, lowest) : g.add(seen, mask)
  if (context.int('is_causal', 0) !== 0) {
    const [rows, columns] = fixedDims(context, scores.shape.slice(-2)) as [number, number]
    const past = triangle(g, rows, columns, scores.type, (row, column) => column <= row)
    seen = g.where(g.greater(past, 0), seen, lowest)
  }
  const softmax = (x: Value): Value => g.node('Softmax', [x], scores, { axis: 3 })
  if (!mask) return softmax(seen)
  const open = g.greater(seen, lowest)
  return g.mul(softmax(g.where(open, seen, lowest)), g.mask(open, scores.type))
}

/** Y = softmax(C + mask)·V, C = c·tanh(S/c) where softcap c is set, S = scale·Q·Kᵀ. Vaswani et al. 2017, arXiv:1706.03762 */
export const Attention = composite((context) => {
  const { g, x, b, c } = context
  if ([4, 5, 6].some(context.has)) context.refuse('keys and values of the past are not supported', 'export the model without a cache')
  if ([1, 2, 3].some(context.cotangentOf)) context.refuse('only its first output can be differentiated')
  const query = headsOf(context, x, context.int('q_num_heads', 0))
  const [queryHeads, size] = [query.shape[1] as number, query.shape[3] as number]
  const shared = (each: Value): Value => spread(g, headsOf(context, each, context.int('kv_num_heads', 0)), queryHeads)
  const scores = products(g, query, shared(b), context.float('scale', 1 / Math.sqrt(size)))
  const cap = context.float('softcap', 0)
  const bent = cap === 0 ? scores : g.mul(g.unary('Tanh', g.mul(scores, 1 / cap)), cap)
  const y = g.matmul(weightsOf(context, bent), shared(c))
  return x.shape.length === 4 ? y : joined(g, y)
})
