/** @file Expand and Tile: every copy hands its gradient back, and copies are summed. */
import type { Dim } from '../../graph/graph.ts'
import type { Rule } from '../rule.ts'

/** The walk sums over broadcast axes. */
export const Expand: Rule = ({ dy }) => [dy]

/** [d₀·r₀, …] as [r₀, d₀, …], summed over the repeats. */
export const Tile: Rule = (context) => {
  const { g, x, dy } = context
  const repeats = context.integers(1, 'repeats')
  const split: Dim[] = []
  const axes: number[] = []
  x.shape.forEach((dim, axis) => {
    const repeat = repeats[axis] ?? 1
    if (repeat !== 1) axes.push(split.push(repeat) - 1)
    split.push(dim)
  })
  return [axes.length === 0 ? dy : g.sum(g.reshape(dy, split), axes, false)]
}
