/** @file When to stop sampling: the error of a map, from the difference between the maps of two halves of its samples. */
import type { Warning } from '../../core/errors.ts'
import { type NumberOption, numberOption } from '../options.ts'

/** The option `tolerance`. */
export const toleranceOption: NumberOption = numberOption(
  0,
  [0, 1],
  'stop as soon as the standard error of the map, as a part of its range, is estimated to be no more; 0: take all samples',
)

/**
 * Standard error of the mean of two independent estimates, over the range of that mean: √(mean (a − b)²) / 2 / (max − min).
 * Infinite where the mean has no range.
 */
export function standardError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [squares, min, max] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number]
    squares += (x - y) ** 2
    min = Math.min(min, (x + y) / 2)
    max = Math.max(max, (x + y) / 2)
  }
  return max > min ? Math.sqrt(squares / a.length) / 2 / (max - min) : Number.POSITIVE_INFINITY
}

/** The error as details; JSON has no infinity. */
export const errorDetails = (error: number, tolerance: number): { error: number | undefined; converged: boolean | undefined } => ({
  error: Number.isFinite(error) ? error : undefined,
  converged: tolerance > 0 ? error <= tolerance : undefined,
})

/** A warning where all samples were taken and the tolerance was not met. */
export const notConverged = (error: number, tolerance: number, samples: number): Warning[] =>
  tolerance === 0 || error <= tolerance
    ? []
    : [
        {
          code: 'not-converged',
          message: `after ${samples} samples the map's estimated error is ${error.toPrecision(2)} of its range, above the tolerance of ${tolerance}`,
          hint: 'take more `samples`, or a larger `tolerance`',
        },
      ]
