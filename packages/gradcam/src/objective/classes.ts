/** @file Classes as part of a score: one, several, this rather than that. */
import { GradcamError } from '../core/errors.ts'
import type { Dim } from '../graph/graph.ts'
import { float32, sizeOf, toFloat32 } from '../core/tensor.ts'
import type { Objective } from './objective.ts'
import { rowOf, type ObjectiveContext } from './context.ts'
import { resolveTarget, type Target } from './labels.ts'
import type { ClassesSpec, ClassSpec, DifferenceSpec } from './spec.ts'
import { weightedObjective } from './weighted.ts'

/** The class scores of each image, looked at when they are first needed. */
export interface ClassScores {
  context: ObjectiveContext
  /** Channels of the reduction layer. */
  count: number
  /** Labels of the channels: none where there are more or fewer. A single logit may have two, that of its negative first. */
  labels: readonly string[]
  /** [K] of an image; of several places, their sum. */
  of(image: number): Promise<Float32Array>
}

export function classScoresOf(context: ObjectiveContext): ClassScores {
  const { reduction, info, labels, images } = context
  const { shape } = info.value(reduction)
  const count = typeof shape[1] === 'number' ? shape[1] : 1
  let looked: Promise<Float32Array> | undefined
  return {
    context,
    count,
    labels: labels.length === count || isBinary(count, labels) ? labels : [],
    async of(image) {
      const all = await (looked ??= context.look([reduction]).then((run) => toFloat32(run[reduction] ?? float32([], [0]))))
      const row = rowOf(all, image, images)
      const places = row.length / count
      return Float32Array.from({ length: count }, (_, k) =>
        row.subarray(k * places, (k + 1) * places).reduce((sum, value) => sum + value, 0),
      )
    },
  }
}

/** Two labels for one logit: below zero it is the first, above zero the second. */
export const isBinary = (count: number, labels: readonly string[]): boolean => count === 1 && labels.length === 2

interface SignedClass {
  index: number
  /** −1 for the first of two labels that share a logit. */
  sign: number
  label: string
}

/** The classes that a person means, for one image. */
async function classesOf(target: Target, scores: ClassScores, image: number): Promise<SignedClass[]> {
  const { count, labels } = scores
  const binary = isBinary(count, labels)
  const resolved = resolveTarget(target, labels, binary ? 2 : count)
  if (resolved.kind === 'class') return [signed(resolved.index, binary, labels)]
  const wanted = resolved.kind === 'all' ? Number.POSITIVE_INFINITY : resolved.count
  const values = await scores.of(image)
  if (binary) {
    const winner = (values[0] as number) < 0 ? 0 : 1
    return [winner, 1 - winner].slice(0, wanted).map((index) => signed(index, binary, labels))
  }
  return byDistance(values, Number.POSITIVE_INFINITY)
    .slice(0, wanted)
    .map((index) => signed(index, false, labels))
}

const signed = (index: number, binary: boolean, labels: readonly string[]): SignedClass => ({
  index: binary ? 0 : index,
  sign: binary && index === 0 ? -1 : 1,
  // ImageNet labels list synonyms: the first says it
  label: labels[index]?.split(',')[0]?.trim() || `class ${index}`,
})

/** Indices of values, the nearest to a level first; the largest first for infinity. */
const byDistance = (values: Float32Array, level: number): number[] => {
  const distance = (i: number): number =>
    level === Number.POSITIVE_INFINITY ? -(values[i] as number) : Math.abs((values[i] as number) - level)
  return Array.from(values.keys()).sort((a, b) => distance(a) - distance(b) || a - b)
}

async function onlyClass(target: Target, scores: ClassScores, image: number): Promise<SignedClass> {
  const [first, ...others] = await classesOf(target, scores, image)
  if (first && others.length === 0) return first
  throw new GradcamError('bad-target', `${JSON.stringify(target)} means several classes where one is wanted`, {
    hint: 'name one class, or top-1; sum:top-3 explains several as one score',
  })
}

interface Terms {
  terms: readonly { of: SignedClass; weight: number }[]
  label: string
}

async function termsOf(spec: ClassSpec | ClassesSpec | DifferenceSpec, scores: ClassScores, image: number): Promise<Terms> {
  switch (spec.kind) {
    case 'class': {
      const of = await onlyClass(spec.class, scores, image)
      return { terms: [{ of, weight: 1 }], label: of.label }
    }
    case 'classes': {
      const all = (await Promise.all(spec.classes.map((each) => classesOf(each, scores, image)))).flat()
      const weight = spec.reduce === 'mean' ? 1 / all.length : 1
      return { terms: all.map((of) => ({ of, weight })), label: all.map(({ label }) => label).join(' + ') }
    }
    case 'difference': {
      const of = await onlyClass(spec.class, scores, image)
      const others = await othersOf(spec, of, scores, image)
      const weight = -(spec.weight ?? 1) / others.length
      const label = `${of.label} rather than ${others.map((other) => other.label).join(', ')}`
      return { terms: [{ of, weight: 1 }, ...others.map((other) => ({ of: other, weight }))], label }
    }
  }
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
      .map((index) => signed(index, false, scores.labels))
  }
  const named = typeof from === 'object' ? from : [from]
  const others = (await Promise.all(named.map((each) => classesOf(each, scores, image)))).flat()
  if (!others.some(({ index, sign }) => index === of.index && sign === of.sign)) return others
  throw new GradcamError('bad-target', `${of.label} cannot be told from itself`, { hint: 'name two different classes' })
}

/** Classes as one score Σ w_k y_k, for one image. */
export async function classesObjective(
  spec: ClassSpec | ClassesSpec | DifferenceSpec,
  scores: ClassScores,
  image: number,
): Promise<Objective> {
  const { terms, label } = await termsOf(spec, scores, image)
  const weights = new Float32Array(scores.count)
  for (const { of, weight } of terms) weights[of.index] = (weights[of.index] as number) + of.sign * weight
  const { reduction, info } = scores.context
  const dims = info.value(reduction).shape.map((dim: Dim, axis) => (axis === 1 ? Number(dim) : 1))
  return weightedObjective({ tensor: reduction, factors: [float32(weights, sizeOf(dims) === scores.count ? dims : [1])], label })
}
