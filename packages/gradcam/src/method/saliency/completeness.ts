/** @file Whether attributions add up to the difference between the score and that of the baseline. */
import { warn } from '../../core/errors.ts'
import type { Outcome } from '../definition.ts'
import { type Attribution, type Joining, mapOf } from './channels.ts'

/** How attributions add up; JSON-able. */
export interface Completeness {
  /** Sum of all attributions. */
  sum: number
  /** y(x) */
  score: number
  /** y of what the image was compared with. */
  baseline: number
  /** Sum less y(x) − y(baseline). */
  gap: number
}

/** What every value of an image contributes, and the scores of the image and of what it was compared with. */
export interface Attributed extends Attribution {
  score: number
  before: number
}

// share of the difference of scores that attributions may miss without a warning
const maxMissed = 0.05
// of the scores themselves, in float32
const rounding = 1e-4

/** The sums as details, with a warning where more than 5 % is missing. */
export function completeness(
  attributions: ArrayLike<number>,
  score: number,
  baseline: number,
  hint: string,
): Required<Pick<Outcome, 'details' | 'warnings'>> {
  let sum = 0
  for (let i = 0; i < attributions.length; i++) sum += attributions[i] as number
  const gap = sum - (score - baseline)
  const report: Completeness = { sum, score, baseline, gap }
  const bound = maxMissed * Math.abs(score - baseline) + rounding * (Math.abs(score) + Math.abs(baseline))
  const message = `the attributions sum to ${sum.toPrecision(4)}, the score less that of the baseline is ${(score - baseline).toPrecision(4)}`
  return { details: { completeness: report }, warnings: Math.abs(gap) > bound ? warn('incomplete', message, hint) : [] }
}

/** The map of attributions, and how they add up. */
export const outcomeOf = (found: Attributed, channels: Joining, hint: string): Outcome => ({
  ...mapOf(found, channels),
  ...completeness(found.data, found.score, found.before, hint),
})
