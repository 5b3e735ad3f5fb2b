/** @file One class: y = its logit. Fed as an index, or chosen by the graph for `top-K`. */
import { type Dim, type Value } from '../../graph/graph.ts'
import { bestClasses, classScores, classSeed, pickedScores } from '../class-nodes.ts'
import { isBinary, labelOf } from '../class-scores.ts'
import { aClass } from '../fields.ts'
import type { ObjectiveKind } from '../kind.ts'
import { type Label, resolveLabel } from '../labels.ts'
import { forEachImage, type Objective, type ObjectiveScope } from '../objective.ts'
import { classOf } from '../class-words.ts'
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
  async make(spec, { context, scores }) {
    const { count, labels } = scores
    if (isBinary(count, labels)) return [await oneClass(spec.class, scores, context)]
    const resolved = resolveLabel(spec.class, labels, count)
    const one = (objective: Objective): Objective[] => forEachImage(context.images, () => objective)
    switch (resolved.kind) {
      case 'top':
        return Array.from({ length: resolved.count }, (_, rank) => one(topClass(context.reduction, rank, resolved.count)))
      case 'all':
        return Array.from({ length: count }, (_, index) =>
          one({ ...classObjective(context.reduction, index, labelOf(labels, index)), ofAll: true }),
        )
      case 'class':
        return [one(classObjective(context.reduction, resolved.index, labelOf(labels, resolved.index)))]
    }
  },
}

/** One class of the reduction layer; its index is fed. */
export function classObjective(reduction: string, index: number, label: string): Objective {
  const fed = ({ parameter }: ObjectiveScope, batch: Dim | undefined, g: ObjectiveScope['g']): Value =>
    g.expand(parameter('index'), [batch as Dim])
  return {
    key: `class of ${reduction}`,
    label,
    index,
    spec: { kind: 'class', class: index },
    reads: [reduction],
    feeds: { index: { type: 'int64', dims: [1], data: BigInt64Array.of(BigInt(index)) } },
    score(scope) {
      const { g, read } = scope
      const scores = classScores(g, read(reduction))
      const [batch, classes] = scores.shape as [Dim, Dim]
      if (classes === 1) return g.reshape(scores, [batch])
      const index = scope.parameter('index')
      // one index for all images, or one for each
      if (index.shape[0] === 1) return g.reshape(g.gather(scores, index, 1), [batch])
      return pickedScores(g, scores, index)
    },
    seeds(scope) {
      const { g, read } = scope
      const logits = read(reduction)
      return [{ tensor: reduction, cotangent: classSeed(g, logits, fed(scope, logits.shape[0], g)) }]
    },
  }
}

/** The `rank`-th best of the `count` best classes, counted from 0; the graph chooses. */
export function topClass(reduction: string, rank: number, count: number): Objective {
  const scores = ({ g, read, once }: ObjectiveScope): Value => once(`scores of ${reduction}`, () => classScores(g, read(reduction)))
  const index = (scope: ObjectiveScope): Value =>
    scope.once(`${rank} of top ${count} of ${reduction}`, () => {
      const { g, once } = scope
      const best = once(`top ${count} of ${reduction}`, () => bestClasses(g, scores(scope), count))
      return count === 1 ? best : g.reshape(g.slice(best, 1, rank, rank + 1), [best.shape[0] as Dim])
    })
  return {
    key: `class ${rank} of top ${count} of ${reduction}`,
    label: `top-${rank + 1}`,
    index: undefined,
    reads: [reduction],
    feeds: {},
    chosen: { rank, index },
    score: (scope) => pickedScores(scope.g, scores(scope), index(scope)),
    seeds: (scope) => [{ tensor: reduction, cotangent: classSeed(scope.g, scope.read(reduction), index(scope)) }],
  }
}

/** A class of its own for each item of a forward pass: `index` is a number that is fed, float32 [N]. */
export function fedClassObjective(reduction: string, index: Value): Objective {
  return {
    ...{ key: 'fed class', label: 'fed class', index: undefined, reads: [reduction], feeds: {} },
    score: ({ g, read }) => pickedScores(g, classScores(g, read(reduction)), g.cast(index, 'int64')),
    seeds: ({ g, read }) => [{ tensor: reduction, cotangent: classSeed(g, read(reduction), g.cast(index, 'int64')) }],
  }
}
