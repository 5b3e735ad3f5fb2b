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

/** The sum of attributions beside the scores as details, with a warning where more than 5 % is missing. */
export function completeness(sum: number, score: number, baseline: number, hint: string): Required<Pick<Outcome, 'details' | 'warnings'>> {
  const gap = sum - (score - baseline)
  const report: Completeness = { sum, score, baseline, gap }
  const bound = maxMissed * Math.abs(score - baseline) + rounding * (Math.abs(score) + Math.abs(baseline))
  const message = `the attributions sum to ${sum.toPrecision(4)}, the score less that of the baseline is ${(score - baseline).toPrecision(4)}`
  return { details: { completeness: report }, warnings: Math.abs(gap) > bound ? warn('incomplete', message, hint) : [] }
}

/** The map of attributions, and how they add up. */
export function outcomeOf(found: Attributed, channels: Joining, hint: string): Outcome {
  const sum = found.data.reduce((total, value) => total + value, 0)
  return { ...mapOf(found, channels), ...completeness(sum, found.score, found.before, hint) }
}
