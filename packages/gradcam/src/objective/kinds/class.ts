/** @file One class: y = its logit. Fed as an index, or chosen by the graph for `top-K`. */
import type { Dim, Value } from '../../graph/graph.ts'
import { bestClasses, classScores, classSeed, type ClassTensor, pickedScores } from '../class-nodes.ts'
import { needsClasses } from '../needs-classes.ts'
import { isBinary, labelOf } from '../class-scores.ts'
import { aClass } from '../fields.ts'
import type { ObjectiveKind } from '../kind.ts'
import { classOf, type Label, resolveLabel } from '../labels.ts'
import type { Objective, ObjectiveScope } from '../objective.ts'
import { oneClass } from './classes.ts'

/** One class. The score is its logit y_c. */
export interface ClassSpec {
  kind: 'class'
  class: Label
}

export const classKind: ObjectiveKind<ClassSpec> = {
  kind: 'class',
  fields: { 'class!': aClass },
  words: { class: (rest) => ({ kind: 'class', class: classOf(rest) }) },
  help: [
    ['cat, 281, top-1, top-3', "a class by label or index; the network's best answers"],
    ['all', 'every class'],
  ],
  async make(spec, making) {
    needsClasses(making)
    const reduction = { name: making.reduction, axis: making.classAxis }
    const { count, labels } = making.scores
    if (isBinary(count, labels)) return [await oneClass(spec.class, making)]
    const classOfIndex = classObjectives(reduction)
    const resolved = resolveLabel(spec.class, labels, count)
    switch (resolved.kind) {
      case 'top':
        return Array.from({ length: resolved.count }, (_, rank) => topClass(reduction, rank, resolved.count))
      case 'all':
        return Array.from({ length: count }, (_, index) => classOfIndex(index, labelOf(labels, index), true))
      case 'class':
        return [classOfIndex(resolved.index, labelOf(labels, resolved.index))]
    }
  },
}

const scoresOf = ({ g, read, once }: ObjectiveScope, { name, axis }: ClassTensor): Value =>
  once(`scores of ${name}`, () => classScores(g, read(name), axis))

/** The score of one class for each image, and where its gradient starts. */
const picked = (
  reduction: ClassTensor,
  index: (scope: ObjectiveScope) => Value,
): Required<Pick<Objective, 'reads' | 'score' | 'seeds'>> => ({
  reads: [reduction.name],
  score: (scope) => pickedScores(scope.g, scoresOf(scope, reduction), index(scope)),
  seeds: (scope) => [{ tensor: reduction.name, cotangent: classSeed(scope.g, scope.read(reduction.name), reduction.axis, index(scope)) }],
})

/** Classes of the reduction layer, by index and label; the index is fed. A network may have thousands: what they share is made once. */
export function classObjectives(reduction: ClassTensor): (index: number, label: string, ofAll?: true) => Objective {
  const key = `class of ${reduction.name}`
  const ofEach = picked(reduction, ({ g, read, parameter }) => g.expand(parameter('index'), [read(reduction.name).shape[0] as Dim]))
  const { reads, seeds } = ofEach
  const score = (scope: ObjectiveScope): Value => {
    const { g, parameter } = scope
    const scores = scoresOf(scope, reduction)
    const [batch, classes] = scores.shape as [Dim, Dim]
    if (classes === 1) return g.reshape(scores, [batch])
    // one index for all images, or one for each
    return parameter('index').shape[0] === 1 ? g.reshape(g.gather(scores, parameter('index'), 1), [batch]) : ofEach.score(scope)
  }
  return (index, label, ofAll) => ({
    key,
    label,
    index,
    ofAll,
    spec: { kind: 'class', class: index },
    reads,
    feeds: { index: { type: 'int64', dims: [1], data: BigInt64Array.of(BigInt(index)) } },
    score,
    seeds,
  })
}

/** One class of the reduction layer. */
export const classObjective = (reduction: ClassTensor, index: number, label: string): Objective => classObjectives(reduction)(index, label)

/** The `rank`-th best of the `count` best classes, counted from 0; the graph chooses. */
export function topClass(reduction: ClassTensor, rank: number, count: number): Objective {
  const index = (scope: ObjectiveScope): Value =>
    scope.once(`${rank} of top ${count} of ${reduction.name}`, () => {
      const { g, once } = scope
      const best = once(`top ${count} of ${reduction.name}`, () => bestClasses(g, scoresOf(scope, reduction), count))
      return count === 1 ? best : g.reshape(g.slice(best, 1, rank, rank + 1), [best.shape[0] as Dim])
    })
  return {
    ...picked(reduction, index),
    key: `class ${rank} of top ${count} of ${reduction.name}`,
    label: `top-${rank + 1}`,
    feeds: {},
    chosen: { rank, index },
  }
}

/** A class of its own for each item of a forward pass: `index` is a number that is fed, float32 [N]. */
export const fedClassObjective = (reduction: ClassTensor, index: Value): Objective => ({
  ...picked(reduction, ({ g }) => g.cast(index, 'int64')),
  ...{ key: 'fed class', label: 'fed class', feeds: {} },
})
