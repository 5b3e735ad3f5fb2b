/** @file ScatterElements and ScatterND: updates written over, added to, multiplied with or compared with places of a tensor. */
import type { Value } from '../../graph/graph.ts'
import { type Contribution, fixedDims, type Rule, type RuleContext } from '../rule.ts'
import { elementPlaces, tuplePlaces } from './gathering.ts'

/** The operator's own places: what lies there, writing there, and where they are in the flattened tensor if indices are constant. */
interface Places {
  read(from: Value): Value
  write(into: Value, updates: Value, reduction: string): Value
  flattened(): readonly number[]
}

function scattered(context: RuleContext, places: Places): Contribution[] {
  const [data, updates] = gradients(context, places)
  return [context.wants(0) ? data() : undefined, undefined, context.wants(2) ? updates() : undefined]
}

/** What the tensor and the updates receive. */
function gradients(context: RuleContext, { read, write, flattened }: Places): readonly [data: () => Value, updates: () => Value] {
  const { g, x, c: updates, y, dy } = context
  switch (context.string('reduction', 'none')) {
    case 'none':
      return [() => write(dy, g.filled(0, updates), 'none'), () => read(dy)]
    case 'add':
      return [() => dy, () => read(dy)]
    case 'mul': {
      const distinct = (): boolean => context.constant(1) !== undefined && new Set(flattened()).size === flattened().length
      // the product of all other factors
      const others = (): Value => (distinct() ? read(g.mul(dy, x)) : g.div(read(g.mul(dy, y)), updates))
      return [() => g.mul(dy, write(g.filled(1, x), updates, 'mul')), others]
    }
    default: {
      // min and max: a tie is shared equally
      const kept = g.mask(g.equal(x, y), dy.type)
      const written = g.mask(g.equal(read(y), updates), dy.type)
      const share = g.div(dy, write(kept, written, 'add'))
      return [() => g.mul(kept, share), () => g.mul(written, read(share))]
    }
  }
}

const reducing = (reduction: string): Record<string, string> => (reduction === 'none' ? {} : { reduction })

/** y = x, but y[…, indices[…, k, …], …] = updates[…, k, …] */
export const ScatterElements: Rule = (context) => {
  const { g, x, b: indices } = context
  const axis = context.axis(0)
  return scattered(context, {
    read: (from) => g.node('GatherElements', [from, indices], { type: from.type, shape: indices.shape }, { axis }),
    write: (into, updates, reduction) => g.node('ScatterElements', [into, indices, updates], into, { axis, ...reducing(reduction) }),
    flattened: () => elementPlaces(context.integers(1, 'indices'), fixedDims(context, indices.shape), fixedDims(context, x.shape), axis),
  })
}

/** y = x, but y[indices[k, 0], indices[k, 1], …] = updates[k], whole slices */
export const ScatterND: Rule = (context) => {
  const { g, x, b: indices, c: slices } = context
  const pointed = x.shape.slice(0, Number(indices.shape.at(-1)))
  return scattered(context, {
    read: (from) => g.node('GatherND', [from, indices], { type: from.type, shape: slices.shape }),
    write: (into, updates, reduction) => g.node('ScatterND', [into, indices, updates], into, reducing(reduction)),
    flattened: () => tuplePlaces(context.integers(1, 'indices'), fixedDims(context, indices.shape), fixedDims(context, pointed), 0),
  })
}
