/** @file This rather than that: y_c − weight · mean of the others. */
import { byDistance, type SignedClass, signedClass } from '../class-scores.ts'
import { aClass, classList, isObject, number, that } from '../fields.ts'
import type { Making, ObjectiveKind } from '../kind.ts'
import { classesOf, type Label } from '../labels.ts'
import { badTarget } from '../refusal.ts'
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
      (value) => aClass(value) === undefined || classList(value) === undefined || isNearest(value),
      'is a class, a list of classes or {nearest: 3}',
    ),
    weight: number,
  },
  words: {
    difference(rest, { labels, bad }) {
      const [first = '', ...others] = classesOf(rest, labels)
      const near = /^nearest-(\d+)$/i.exec(String(others[0] ?? 'nearest-3'))
      if (!near) return { kind: 'difference', class: first, from: others }
      const nearest = Number(near[1])
      if (others.length <= 1 && nearest > 0) return { kind: 'difference', class: first, from: { nearest } }
      throw bad('write difference:dog|cat, or difference:dog|nearest-3')
    },
  },
  help: [['difference:cat|dog', 'this rather than that (difference:cat|nearest-3: than its likes)']],
  make: async (spec, making) => [
    await making.forEachImage(async (n) => {
      const of = await onlyClass(spec.class, making, n)
      const others = await othersOf(spec.from, of, making, n)
      const weight = -(spec.weight ?? 1) / others.length
      const terms = [{ of, weight: 1 }, ...others.map((other) => ({ of: other, weight }))]
      return weightedClasses(terms, `${of.label} rather than ${others.map(({ label }) => label).join(', ')}`, making)
    }),
  ],
}

async function othersOf(from: DifferenceSpec['from'], of: SignedClass, making: Making, image: number): Promise<SignedClass[]> {
  if (typeof from === 'object' && 'nearest' in from) {
    const { scores } = making
    if (from.nearest >= scores.count)
      throw badTarget(
        `${from.nearest} other classes are asked for, the model has ${scores.count}`,
        `use nearest-1 to nearest-${Math.max(1, scores.count - 1)}`,
      )
    const values = await scores.of(image)
    const near = byDistance(values, values[of.index] as number).filter((index) => index !== of.index)
    return near.slice(0, from.nearest).map((index) => signedClass(index, scores))
  }
  const others = await classesMeant(typeof from === 'object' ? from : [from], making, image)
  if (!others.some(({ index, sign }) => index === of.index && sign === of.sign)) return others
  throw badTarget(`${of.label} cannot be told from itself`, 'name two different classes')
}
