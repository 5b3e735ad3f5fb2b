/** @file The class scores of images, looked at when they are first needed, and classes with their sign and label. */
import { shortLabel } from '../core/text.ts'
import { toFloat32 } from '../core/tensor.ts'
import type { Shape } from '../graph/graph.ts'
import { type ObjectiveContext, rowOf } from './context.ts'

export interface ClassScores {
  /** Channels of the reduction layer. */
  count: number
  /** Labels of the channels: none where there are more or fewer. A single logit may have two, that of its negative first. */
  labels: readonly string[]
  /** [K] of an image; of several places, their sum. */
  of(image: number): Promise<Float32Array>
}

export function classScoresOf({ reduction, classAxis, info, labels, images, look }: ObjectiveContext): ClassScores {
  const { shape } = info.value(reduction)
  const count = classCount(shape, classAxis)
  // numbers from one class to the next
  const inner = shape.slice((classAxis ?? shape.length) + 1).reduce<number>((size, dim) => size * Number(dim), 1)
  let looked: Promise<Float32Array> | undefined
  return {
    count,
    labels: fits(labels, count) ? labels : [],
    async of(image) {
      looked ??= look([reduction]).then(({ [reduction]: tensor }) => (tensor ? toFloat32(tensor) : new Float32Array()))
      const row = rowOf(await looked, image, images)
      const sums = new Float32Array(count)
      for (let i = 0; i < row.length; i++) {
        const k = Math.floor(i / inner) % count
        sums[k] = (sums[k] as number) + (row[i] as number)
      }
      return sums
    },
  }
}

/** How many classes a tensor has. */
export function classCount(shape: Shape, axis: number | undefined): number {
  const count = axis === undefined ? 1 : shape[axis]
  return typeof count === 'number' ? count : 1
}

/** Two labels for one logit: below zero it is the first, above zero the second. */
export const isBinary = (count: number, labels: readonly string[]): boolean => count === 1 && labels.length === 2

/** Whether labels belong to classes: there are as many, or two share one logit. */
export const fits = (labels: readonly string[], classes: number): boolean => labels.length === classes || isBinary(classes, labels)

/** Labels, where there are as many as classes: else they belong to something else. */
export const fitting = (labels: readonly string[], classes: number): readonly string[] => (labels.length === classes ? labels : [])

/** The label of a class, or its index in words. */
export const labelOf = (labels: readonly string[], index: number): string => labels[index] ?? `class ${index}`

export interface SignedClass {
  index: number
  /** −1 for the first of two labels that share a logit. */
  sign: 1 | -1
  label: string
}

export const signedClass = (index: number, { count, labels }: Pick<ClassScores, 'count' | 'labels'>): SignedClass => {
  const binary = isBinary(count, labels)
  return { index: binary ? 0 : index, sign: binary && index === 0 ? -1 : 1, label: shortLabel(labelOf(labels, index)) }
}

/** Indices of values, the nearest to a level first; the largest first for infinity; earlier ones first among equals. */
export function byDistance(values: Float32Array, level: number): number[] {
  const distance = (i: number): number =>
    level === Number.POSITIVE_INFINITY ? -(values[i] as number) : Math.abs((values[i] as number) - level)
  return Array.from(values.keys()).sort((a, b) => distance(a) - distance(b) || a - b)
}
