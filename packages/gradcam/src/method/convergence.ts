/** @file When to stop: once the last items have hardly changed the map, or once two halves of the samples give nearly the same. */
import { extremes } from '../core/numbers.ts'
import { type Warning, warn } from '../core/errors.ts'
import { type NumberOption, numberOption } from './options.ts'

/** The option `tolerance` of methods that count through `items`, `step` by step. */
export const changeOption = (step: string): NumberOption =>
  numberOption(0, [0, 1], `stop as soon as ${step} changed the map by no more than this part of its range (root mean square); 0: take all`)

/** √(mean (after − before)²) over the range of `after`; infinite where that has none. */
export function changeOf(before: ArrayLike<number>, after: ArrayLike<number>): number {
  const [min, max] = extremes(after)
  let squares = 0
  for (let i = 0; i < after.length; i++) squares += ((after[i] as number) - (before[i] as number)) ** 2
  return max > min ? Math.sqrt(squares / after.length) / (max - min) : Number.POSITIVE_INFINITY
}

/** The option `tolerance` of methods that sample. */
export const toleranceOption = numberOption(
  0,
  [0, 1],
  'stop as soon as the standard error of the map, as a part of its range, is estimated to be no more; 0: take all samples',
)

/**
 * Standard error of the mean of two independent estimates, over the range of that mean: √(mean (a − b)²) / 2 / (max − min), which
 * is what the mean changes one of them by. Infinite where the mean has no range.
 */
export const standardError = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  changeOf(
    a,
    Float64Array.from(a, (x, i) => (x + (b[i] as number)) / 2),
  )

/** The error as details; JSON has no infinity. */
export const errorDetails = (error: number, tolerance: number): { error: number | undefined; converged: boolean | undefined } => ({
  error: Number.isFinite(error) ? error : undefined,
  converged: tolerance > 0 ? error <= tolerance : undefined,
})

/** A warning where all samples were taken and the tolerance was not met. */
export const notConverged = (error: number, tolerance: number, samples: number): Warning[] =>
  tolerance === 0 || error <= tolerance
    ? []
    : warn(
        'not-converged',
        `after ${samples} samples the map's estimated error is ${error.toPrecision(2)} of its range, above the tolerance of ${tolerance}`,
        'take more `samples`, or a larger `tolerance`',
      )
