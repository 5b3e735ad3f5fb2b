/** @file Several classes as one score: Σ y_c, or their mean. */
import { GradcamError } from '../../core/errors.ts'
import { float32, sizeOf } from '../../core/tensor.ts'
import { byDistance, type ClassScores, isBinary, type SignedClass, signedClass } from '../class-scores.ts'
import { classesOf } from '../class-words.ts'
import type { ObjectiveContext } from '../context.ts'
import { classList, reduction } from '../fields.ts'
import type { ObjectiveKind, Reduction } from '../kind.ts'
import { type Label, resolveLabel } from '../labels.ts'
import type { Objective } from '../objective.ts'
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
    sum: (rest) => ({ kind: 'classes', classes: classesOf(rest) }),
    mean: (rest) => ({ kind: 'classes', classes: classesOf(rest), reduce: 'mean' }),
  },
  help: [['sum:cat|dog  mean:cat|dog', 'several classes as one score']],
  make: async ({ classes, reduce = 'sum' }, { context, scores }) => [await sumOfClasses(classes, reduce, scores, context)],
}

/** Classes as one score, image by image. */
async function sumOfClasses(
  classes: readonly Label[],
  reduce: Reduction,
  scores: ClassScores,
  context: ObjectiveContext,
): Promise<Objective[]> {
  const objectives: Objective[] = []
  for (let n = 0; n < context.images; n++) {
    const all = (await Promise.all(classes.map((each) => classesMeant(each, scores, n)))).flat()
    const weight = reduce === 'mean' ? 1 / all.length : 1
    const label = all.map((of) => of.label).join(' + ')
    objectives.push(
      weightedClasses(
        all.map((of) => ({ of, weight })),
        label,
        scores,
        context,
      ),
    )
  }
  return objectives
}

/** One class as a weighted sum, known before the run, image by image. */
export async function oneClass(label: Label, scores: ClassScores, context: ObjectiveContext): Promise<Objective[]> {
  const objectives: Objective[] = []
  for (let n = 0; n < context.images; n++) {
    const of = await onlyClass(label, scores, n)
    objectives.push(weightedClasses([{ of, weight: 1 }], of.label, scores, context))
  }
  return objectives
}

/** The classes that a person means, for one image. */
export async function classesMeant(label: Label, scores: ClassScores, image: number): Promise<SignedClass[]> {
  const { count, labels } = scores
  const binary = isBinary(count, labels)
  const resolved = resolveLabel(label, labels, binary ? 2 : count)
  if (resolved.kind === 'class') return [signedClass(resolved.index, scores)]
  const wanted = resolved.kind === 'all' ? Number.POSITIVE_INFINITY : resolved.count
  const values = await scores.of(image)
  const winner = (values[0] as number) < 0 ? 0 : 1
  const order = binary ? [winner, 1 - winner] : byDistance(values, Number.POSITIVE_INFINITY)
  return order.slice(0, wanted).map((index) => signedClass(index, scores))
}

export async function onlyClass(label: Label, scores: ClassScores, image: number): Promise<SignedClass> {
  const [first, ...others] = await classesMeant(label, scores, image)
  if (first && others.length === 0) return first
  throw new GradcamError('bad-target', `${JSON.stringify(label)} means several classes where one is wanted`, {
    hint: 'name one class, or top-1; sum:top-3 explains several as one score',
  })
}

/** Σ w_k y_k. */
export function weightedClasses(
  terms: readonly { of: SignedClass; weight: number }[],
  label: string,
  { count }: ClassScores,
  { reduction: tensor, info }: ObjectiveContext,
): Objective {
  const weights = new Float32Array(count)
  for (const { of, weight } of terms) weights[of.index] = (weights[of.index] as number) + of.sign * weight
  const dims = info.value(tensor).shape.map((dim, axis) => (axis === 1 ? Number(dim) : 1))
  return weightedObjective({ tensor, factors: [float32(weights, sizeOf(dims) === count ? dims : [1])], label })
}
