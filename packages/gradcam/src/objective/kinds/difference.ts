/** @file This rather than that: y_c − weight · mean of the others. */
import { GradcamError } from '../../core/errors.ts'
import { byDistance, type ClassScores, type SignedClass, signedClass } from '../class-scores.ts'
import { classesOf } from '../class-words.ts'
import { aClass, classList, isObject, number, that } from '../fields.ts'
import type { ObjectiveKind } from '../kind.ts'
import type { Label } from '../labels.ts'
import type { Objective } from '../objective.ts'
import { classesMeant, onlyClass, weightedClasses } from './classes.ts'

/** This rather than that. */
export interface DifferenceSpec {
  kind: 'difference'
  class: Label
  /** The other classes, or how many of those whose logits are nearest to the class's own. */
  from: Label | readonly Label[] | { nearest: number }
  /** γ of Finer-CAM; 0 is the class alone. Default: 1. */
  weight?: number
}

const isNearest = (value: unknown): boolean => isObject(value) && Number.isInteger(value['nearest']) && (value['nearest'] as number) > 0

export const differenceKind: ObjectiveKind<DifferenceSpec> = {
  kind: 'difference',
  fields: {
    'class!': aClass,
    'from!': that(
      (value) => [aClass, classList].some((check) => check(value, () => undefined) === undefined) || isNearest(value),
      'is a class, a list of classes or {nearest: 3}',
    ),
    weight: number,
  },
  words: {
    difference(rest, { bad }) {
      const [first = '', ...others] = classesOf(rest)
      const near = /^nearest-(\d+)$/i.exec(String(others[0] ?? 'nearest-3'))
      if (!near) return { kind: 'difference', class: first, from: others }
      const nearest = Number(near[1])
      if (others.length <= 1 && nearest > 0) return { kind: 'difference', class: first, from: { nearest } }
      throw bad('write difference:dog|cat, or difference:dog|nearest-3')
    },
  },
  help: [['difference:cat|dog', 'this rather than that (difference:cat|nearest-3: than its likes)']],
  async make(spec, { context, scores }) {
    const objectives: Objective[] = []
    for (let n = 0; n < context.images; n++) {
      const of = await onlyClass(spec.class, scores, n)
      const others = await othersOf(spec, of, scores, n)
      const weight = -(spec.weight ?? 1) / others.length
      const label = `${of.label} rather than ${others.map((other) => other.label).join(', ')}`
      const terms = [{ of, weight: 1 }, ...others.map((other) => ({ of: other, weight }))]
      objectives.push(weightedClasses(terms, label, scores, context))
    }
    return [objectives]
  },
}

async function othersOf({ from }: DifferenceSpec, of: SignedClass, scores: ClassScores, image: number): Promise<SignedClass[]> {
  if (typeof from === 'object' && 'nearest' in from) {
    if (from.nearest >= scores.count) {
      throw new GradcamError('bad-target', `${from.nearest} other classes are asked for, the model has ${scores.count}`, {
        hint: `use nearest-1 to nearest-${Math.max(1, scores.count - 1)}`,
      })
    }
    const values = await scores.of(image)
    return byDistance(values, values[of.index] as number)
      .filter((index) => index !== of.index)
      .slice(0, from.nearest)
      .map((index) => signedClass(index, scores))
  }
  const named = typeof from === 'object' ? from : [from]
  const others = (await Promise.all(named.map((each) => classesMeant(each, scores, image)))).flat()
  if (!others.some(({ index, sign }) => index === of.index && sign === of.sign)) return others
  throw new GradcamError('bad-target', `${of.label} cannot be told from itself`, { hint: 'name two different classes' })
}
