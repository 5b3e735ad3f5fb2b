/** @file ScatterElements and ScatterND: updates written over, added to, multiplied with or compared with places of a tensor. */
import type { Value } from '../../graph/graph.ts'
import { type Contribution, fixedDims, type Rule, type RuleContext } from '../rule.ts'
import { elementPlaces, tuplePlaces } from './gathering.ts'

/** The operator's own places: what lies there, and writing there. */
interface Places {
  read(from: Value): Value
  write(into: Value, updates: Value, reduction: string): Value
  /** Whether no place is written twice, as far as that is known. */
  distinct(): boolean
}

function scattered(context: RuleContext, { read, write, distinct }: Places): Contribution[] {
  const { g, x, c: updates, y, dy } = context
  const reduction = context.string('reduction', 'none')
  const both = (data: () => Value, update: () => Value): Contribution[] => [
    context.wants(0) ? data() : undefined,
    undefined,
    context.wants(2) ? update() : undefined,
  ]
  switch (reduction) {
    case 'none':
      return both(
        () => write(dy, g.filled(0, updates), 'none'),
        () => read(dy),
      )
    case 'add':
      return both(
        () => dy,
        () => read(dy),
      )
    case 'mul':
      return both(
        () => g.mul(dy, write(g.filled(1, x), updates, 'mul')),
        // the product of all other factors
        () => (distinct() ? read(g.mul(dy, x)) : g.div(read(g.mul(dy, y)), updates)),
      )
    default: {
      // min and max: a tie is shared equally
      const kept = g.mask(g.equal(x, y), dy.type)
      const written = g.mask(g.equal(read(y), updates), dy.type)
      const share = g.div(dy, write(kept, written, 'add'))
      return both(
        () => g.mul(kept, share),
        () => g.mul(written, read(share)),
      )
    }
  }
}

const allDifferent = (places: readonly number[]): boolean => new Set(places).size === places.length
const reducing = (reduction: string): Record<string, string> => (reduction === 'none' ? {} : { reduction })

/** y = x, but y[…, indices[…, k, …], …] = updates[…, k, …] */
export const ScatterElements: Rule = (context) => {
  const { g, x, b: indices } = context
  const axis = context.axis(0)
  return scattered(context, {
    read: (from) => g.node('GatherElements', [from, indices], { type: from.type, shape: indices.shape }, { axis }),
    write: (into, updates, reduction) => g.node('ScatterElements', [into, indices, updates], into, { axis, ...reducing(reduction) }),
    distinct() {
      if (!context.constant(1)) return false
      return allDifferent(
        elementPlaces(context.integers(1, 'indices'), fixedDims(context, indices.shape), fixedDims(context, x.shape), axis),
      )
    },
  })
}

/** y = x, but y[indices[k, 0], indices[k, 1], …] = updates[k], whole slices */
export const ScatterND: Rule = (context) => {
  const { g, x, b: indices, c: slices } = context
  return scattered(context, {
    read: (from) => g.node('GatherND', [from, indices], { type: from.type, shape: slices.shape }),
    write: (into, updates, reduction) => g.node('ScatterND', [into, indices, updates], into, reducing(reduction)),
    distinct() {
      if (!context.constant(1)) return false
      const depth = Number(indices.shape.at(-1))
      return allDifferent(
        tuplePlaces(context.integers(1, 'indices'), fixedDims(context, indices.shape), fixedDims(context, x.shape.slice(0, depth)), 0),
      )
    },
  })
}
