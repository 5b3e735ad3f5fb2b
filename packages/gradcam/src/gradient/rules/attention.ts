/** @file Attention (opset 23), by the formula; keys and values of the past are refused. */
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Value } from '../../graph/graph.ts'
import { fixedDims, type Rule, type RuleContext } from '../rule.ts'
import { triangle } from './triangle.ts'

/** One input as [batch, heads, length, size], made of that or of [batch, length, heads·size], and back. */
interface Heads {
  count: number
  split(value: Value): Value
  join(value: Value): Value
}

function headsOf({ g, refuse }: RuleContext, like: Value, count: number): Heads {
  if (like.shape.length === 4) return { count: like.shape[1] as number, split: (value) => value, join: (value) => value }
  if (count === 0) refuse('it has neither four axes nor a number of heads')
  const [batch, length] = like.shape as [Dim, Dim, number]
  return {
    count,
    split: (value) => g.transpose(g.reshape(value, [batch, length, count, (value.shape[2] as number) / count]), [0, 2, 1, 3]),
    join: (value) => g.reshape(g.transpose(value, [0, 2, 1, 3]), [batch, length, count * (value.shape[3] as number)]),
  }
}

/** Keys and values once per query head: `share` neighbours have them in common (grouped-query attention, arXiv:2305.13245). */
function spread(g: Builder, x: Value, share: number): Value {
  const [batch, heads, length, size] = x.shape as [Dim, number, Dim, number]
  if (share === 1) return x
  const apart = g.expand(g.reshape(x, [batch, heads, 1, length, size]), [batch, heads, share, length, size])
  return g.reshape(apart, [batch, heads * share, length, size])
}

/** The reverse of `spread`. */
function gathered(g: Builder, x: Value, share: number): Value {
  const [batch, heads, length, size] = x.shape as [Dim, number, Dim, number]
  return share === 1 ? x : g.sum(g.reshape(x, [batch, heads / share, share, length, size]), [2], false)
}

const swap = (g: Builder, x: Value): Value => g.transpose(x, [0, 1, 3, 2])

// what the runtime takes for blocked: the least finite number and below
const blocked = { float16: -65504, other: -3.4028234663852886e38 }

/** softmax(scores + mask) along the keys, the future hidden where `is_causal` says so; a query that may see no key at all weighs them 0. */
function weightsOf(context: RuleContext, scores: Value): Value {
  const { g } = context
  const lowest = scores.type === 'float16' ? blocked.float16 : blocked.other
  const mask = context.has(3) ? context.input(3) : undefined
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

function refuseCache(context: RuleContext): void {
  for (const position of [4, 5, 6]) {
    if (context.has(position)) context.refuse('keys and values of the past are not supported', 'export the model without a cache')
  }
  for (const position of [1, 2, 3]) if (context.gradient(position)) context.refuse('only its first output can be differentiated')
}

/**
 * Y = P·V, P = softmax(C + mask), C = c·tanh(S/c) where softcap c is set, S = scale·Q·Kᵀ:
 * dV = Pᵀ·dY, dP = dY·Vᵀ, dC = P·(dP − Σ dP·P), dS = dC·(1 − tanh²), dQ = scale·dS·K, dK = scale·dSᵀ·Q.
 * Vaswani et al. 2017, arXiv:1706.03762
 */
export const Attention: Rule = (context) => {
  const { g } = context
  refuseCache(context)
  const query = headsOf(context, context.input(0), context.int('q_num_heads', 0))
  const key = headsOf(context, context.input(1), context.int('kv_num_heads', 0))
  const value = headsOf(context, context.input(2), context.int('kv_num_heads', 0))
  const share = query.count / key.count
  const q = query.split(context.input(0))
  const k = spread(g, key.split(context.input(1)), share)
  const v = spread(g, value.split(context.input(2)), share)
  const dy = query.split(context.dy)

  const scale = context.float('scale', 1 / Math.sqrt(q.shape[3] as number))
  const cap = context.float('softcap', 0)
  const plain = g.mul(g.matmul(q, swap(g, k)), scale)
  const bent = cap === 0 ? undefined : g.unary('Tanh', g.mul(plain, 1 / cap))
  const p = weightsOf(context, bent ? g.mul(bent, cap) : plain)

  const needed = [0, 1, 3].some((position) => context.wants(position))
  const scoresGradient = (): Value => {
    const dp = g.matmul(dy, swap(g, v))
    return g.mul(p, g.sub(dp, g.sum(g.mul(dp, p), [3])))
  }
  const dc = needed ? scoresGradient() : undefined
  const ds = dc && (context.wants(0) || context.wants(1)) ? g.mul(bent ? g.mul(dc, g.sub(1, g.mul(bent, bent))) : dc, scale) : undefined
  return [
    ds && context.wants(0) ? query.join(g.matmul(ds, k)) : undefined,
    ds && context.wants(1) ? key.join(gathered(g, g.matmul(swap(g, ds), q), share)) : undefined,
    context.wants(2) ? value.join(gathered(g, g.matmul(swap(g, p), dy), share)) : undefined,
    context.wants(3) ? dc : undefined,
  ]
}
