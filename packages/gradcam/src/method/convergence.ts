/** @file When to stop counting through items: once the last ones have hardly changed the map. */
import { type NumberOption, numberOption } from './options.ts'

/** The option `tolerance` of methods that count through `items`, `step` by step. */
export const changeOption = (step: string): NumberOption =>
  numberOption(0, [0, 1], `stop as soon as ${step} changed the map by no more than this part of its range (root mean square); 0: take all`)

/** √(mean (after − before)²) over the range of `after`; infinite where that has none. */
export function changeOf(before: ArrayLike<number>, after: ArrayLike<number>): number {
  let [squares, min, max] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < after.length; i++) {
    const value = after[i] as number
    squares += (value - (before[i] as number)) ** 2
    if (value < min) min = value
    if (value > max) max = value
  }
  return max > min ? Math.sqrt(squares / after.length) / (max - min) : Number.POSITIVE_INFINITY
}
