/** @file What speaks against another objective: −y. */
import type { InnerInput, ObjectiveKind } from '../kind.ts'
import type { Objective } from '../objective.ts'

/** What speaks against another objective. */
export interface AgainstSpec {
  kind: 'against'
  target: InnerInput
}

export const againstKind: ObjectiveKind<AgainstSpec> = {
  kind: 'against',
  fields: {
    'target!'(value, _, nested) {
      nested(value)
      return undefined
    },
  },
  words: { against: (rest, { inner }) => ({ kind: 'against', target: inner(rest) }) },
  help: [['against:cat', 'what speaks against a target']],
  readFiles: async (spec, { inner }): Promise<AgainstSpec> => ({ ...spec, target: await inner(spec.target) }),
  make: async ({ target }, { inner }) => [(await inner(target)).map(opposite)],
}

/** The same score with the opposite sign. */
const opposite = ({ key, label, before, reads, feeds, details, warnings, score }: Objective): Objective => ({
  ...{ key: `minus ${key}`, label: `against ${label}`, before, reads, feeds, details, warnings },
  score: (scope) => scope.g.neg(score(scope)),
})
