/** @file RotaryEmbedding (opset 23) and the runtime's own: pairs of numbers of each head, turned by angles of its position (arXiv:2104.09864). */
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import type { RuleContext } from '../rule.ts'
import { headsOf, joined } from './attention.ts'

/** The first 2·r numbers of each head [batch, heads, length, size] in pairs, turned: cos and sin [batch or 1, length, r]. */
function turned(g: Builder, x: Value, cos: Value, sin: Value, interleaved: boolean): Value {
  const [batch, heads, length, size] = x.shape as [Dim, number, Dim, number]
  const half = cos.shape.at(-1) as number
  const over = (angle: Value): Value => g.reshape(angle, [angle.shape[0] as Dim, 1, angle.shape[1] as Dim, half])
  const [c, s] = [over(cos), over(sin)]
  const moving = size === 2 * half ? x : g.slice(x, 3, 0, 2 * half)
  const pairs = interleaved ? g.reshape(moving, [batch, heads, length, half, 2]) : moving
  const side = (from: number): Value =>
    interleaved
      ? g.reshape(g.slice(pairs, 4, from, from + 1), [batch, heads, length, half])
      : g.slice(pairs, 3, from * half, (from + 1) * half)
  const [a, b] = [side(0), side(1)]
  const both = [g.sub(g.mul(c, a), g.mul(s, b)), g.add(g.mul(s, a), g.mul(c, b))]
  const column = (value: Value): Value => g.reshape(value, [batch, heads, length, half, 1])
  const together = interleaved ? g.reshape(g.concat(both.map(column), 4), moving.shape) : g.concat(both, 3)
  return moving === x ? together : g.concat([together, g.slice(x, 3, 2 * half, size)], 3)
}

function rotated(context: RuleContext, heads: number, angles: (cache: number) => Value, caches: readonly [number, number]): Value {
  const { g, x } = context
  const apart = headsOf(context, x, heads)
  const y = turned(g, apart, angles(caches[0]), angles(caches[1]), context.int('interleaved', 0) !== 0)
  return x.shape.length === 4 ? y : joined(g, y)
}

/** Inputs: X, cos, sin, and positions in these, or angles for each place. */
export const RotaryEmbedding = composite((context) => {
  const { g } = context
  const angles = (position: number): Value =>
    context.has(3) ? g.gather(context.input(position), context.input(3), 0) : context.input(position)
  return rotated(context, context.int('num_heads', 0), angles, [1, 2])
})

/** Inputs: X, positions or the first of them, cos, sin. */
export const inMicrosoftForm = composite((context) => {
  const { g, x, b: positions } = context
  if (context.int('is_packed_batching', 0) !== 0) context.refuse('packed batches are not supported')
  const width = context.int('rotary_embedding_dim', 0) || 2 * (context.c.shape[1] as number)
  const heads = context.int('num_heads', 0) || (x.shape.length === 3 ? (x.shape[2] as number) / width : 0)
  const length = x.shape.at(-2)
  const angles = (position: number): Value => {
    const cache = context.input(position)
    if (positions.shape.length === 2) return g.gather(cache, positions, 0)
    const [first = 0] = context.integers(1, 'positions')
    if (typeof length !== 'number') return context.refuse('its length is free')
    const rows = g.slice(cache, 0, first, first + length)
    return g.reshape(rows, [1, ...rows.shape])
  }
  return rotated(context, heads, angles, [2, 3])
})
