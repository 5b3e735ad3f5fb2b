/** @file Scores that no change of the image moves: what a map makes of their rounding is no evidence. */
import { extremes } from '../core/numbers.ts'
import type { RunContext } from '../run/run-context.ts'

// float32 rounds to half of this; a network's sums add up some roundings
const rounding = 16 * 2 ** -23

/**
 * Whether scores of changed images differ by rounding alone. A class is measured as it is; another score may be a sum whose terms
 * cancel, which rounds as its terms do.
 */
export async function unmoved(
  { objective, scoreResult }: Pick<RunContext, 'objective' | 'scoreResult'>,
  scores: ArrayLike<number>,
): Promise<boolean> {
  const [low, high] = extremes(scores)
  const bound = (size: number): boolean => high - low <= rounding * size
  if (scores.length < 2) return false
  if (bound(Math.max(Math.abs(low), Math.abs(high)))) return true
  return objective.index === undefined && bound((await scoreResult()).scale ?? 0)
}
