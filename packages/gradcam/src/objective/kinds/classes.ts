/** @file Several classes as one score: Σ y_c, or their mean. */
import { float32, sizeOf } from '../../core/tensor.ts'
import { byDistance, isBinary, type SignedClass, signedClass } from '../class-scores.ts'
import { classList, reduction } from '../fields.ts'
import type { Making, ObjectiveKind, Reduction } from '../kind.ts'
import { classesOf, type Label, resolveLabel } from '../labels.ts'
import type { Objective } from '../objective.ts'
import { needsClasses } from '../needs-classes.ts'
import { badTarget } from '../refusal.ts'
import { weightedObjective } from '../weighted.ts'

/** Several classes as one score. `top-3` stands for the three best of the image. */
export interface ClassesSpec {
  kind: 'classes'
  classes: readonly Label[]
  /** Default: `sum`. */
  reduce?: Reduction
}

export const classesKind: ObjectiveKind<ClassesSpec> = {
  kind: 'classes',
  fields: { 'classes!': classList, reduce: reduction },
  words: {
    sum: (rest, { labels }) => ({ kind: 'classes', classes: classesOf(rest, labels) }),
    mean: (rest, { labels }) => ({ kind: 'classes', classes: classesOf(rest, labels), reduce: 'mean' }),
  },
  help: [['sum:cat|dog  mean:cat|dog', 'several classes as one score']],
  make: async ({ classes, reduce = 'sum' }, making) => [
    await making.forEachImage(async (n) => {
      const all = await classesMeant(classes, making, n)
      const weight = reduce === 'mean' ? 1 / all.length : 1
      const terms = all.map((of) => ({ of, weight }))
      return weightedClasses(terms, all.map(({ label }) => label).join(' + '), making)
    }),
  ],
}

/** One class as a weighted sum, known before the run, image by image. */
export const oneClass = (label: Label, making: Making): Promise<Objective[]> =>
  making.forEachImage(async (n) => {
    const of = await onlyClass(label, making, n)
    return weightedClasses([{ of, weight: 1 }], of.label, making)
  })

/** The classes that a person means, for one image; each once, however many of the words name it. */
export async function classesMeant(words: readonly Label[], making: Making, image: number): Promise<SignedClass[]> {
  needsClasses(making)
  const { scores } = making
  const { count, labels } = scores
  const binary = isBinary(count, labels)
  const indices = new Set<number>()
  for (const word of words) {
    const resolved = resolveLabel(word, labels, binary ? 2 : count)
    if (resolved.kind === 'class') indices.add(resolved.index)
    else {
      const values = await scores.of(image)
      const winner = (values[0] as number) < 0 ? 0 : 1
      const order = binary ? [winner, 1 - winner] : byDistance(values, Number.POSITIVE_INFINITY)
      for (const index of resolved.kind === 'all' ? order : order.slice(0, resolved.count)) indices.add(index)
    }
  }
  return [...indices].map((index) => signedClass(index, scores))
}

export async function onlyClass(word: Label, making: Making, image: number): Promise<SignedClass> {
  const [first, ...others] = await classesMeant([word], making, image)
  if (first && others.length === 0) return first
  throw badTarget(
    `${JSON.stringify(word)} means several classes where one is wanted`,
    'name one class, or top-1; sum:top-3 explains several as one score',
  )
}

/** Σ w_k y_k. */
export function weightedClasses(
  terms: readonly { of: SignedClass; weight: number }[],
  label: string,
  { scores: { count }, reduction: tensor, classAxis, info }: Making,
): Objective {
  const weights = new Float32Array(count)
  for (const { of, weight } of terms) weights[of.index] = (weights[of.index] as number) + of.sign * weight
  const dims = info.value(tensor).shape.map((dim, axis) => (axis === classAxis ? Number(dim) : 1))
  return weightedObjective({ tensor, factors: [float32(weights, sizeOf(dims) === count ? dims : [1])], label })
}
