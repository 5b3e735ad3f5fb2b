/** @file A score of one's own, written as nodes over tensors of the network. */
import { identityOf } from '../../core/identity.ts'
import { that, text } from '../fields.ts'
import type { ObjectiveKind } from '../kind.ts'
import type { Objective } from '../objective.ts'
import { tensorNamed } from '../context.ts'

/**
 * A score of one's own. It is no JSON: an explanation of it cannot be replayed.
 *
 * @example
 * const target = {
 *   kind: 'custom',
 *   label: 'first minus second',
 *   reads: ['logits'],
 *   score({ g, read }) {
 *     const scores = read('logits') // [N, K]
 *     return g.sub(g.sum(g.slice(scores, 1, 0, 1), [1], false), g.sum(g.slice(scores, 1, 1, 2), [1], false)) // [N]
 *   },
 * }
 */
export interface CustomSpec
  extends Pick<Objective, 'label' | 'reads' | 'score'>,
    Partial<Pick<Objective, 'key' | 'feeds' | 'seeds' | 'details'>> {
  kind: 'custom'
}

const isFunction = (value: unknown): boolean => typeof value === 'function'
const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null

export const customKind: ObjectiveKind<CustomSpec> = {
  kind: 'custom',
  fields: {
    'label!': text,
    'reads!': that((value) => Array.isArray(value) && value.every((name) => typeof name === 'string'), 'is a list of names of tensors'),
    'score!': that(isFunction, 'is a function'),
    seeds: that(isFunction, 'is a function'),
    key: text,
    feeds: that(isRecord, 'holds tensors by name'),
    details: that(isRecord, 'is an object'),
  },
  help: [],
  async make(spec, making) {
    const { reads, score, key = identityOf(score, 'custom'), feeds = {} } = spec
    const names = new Map(reads.map((name) => [name, tensorNamed(making, name).name]))
    const own = (name: string): string => names.get(name) ?? name
    const named: Objective['score'] = (scope) =>
      score({ ...scope, read: (name) => scope.read(own(name)), held: (name) => scope.held(own(name)) })
    return [{ ...spec, key, feeds, reads: [...names.values()], score: named }]
  },
}
