/** @file Which candidates are meant: the best ones, of boxes that overlap one. */
import type { Decoding } from '../../contract/decoding.ts'
import { intersectionOverUnion } from '../detections.ts'
import { type Candidates, cornersAt } from './candidates.ts'

/** A box below this is no finding. */
export const faint = 0.05

/** A candidate and the class whose score counts. */
export interface Chosen {
  candidate: number
  index: number
}

/** The class that a candidate scores highest. */
export function bestClass({ classes, classScores }: Candidates, candidate: number): number {
  const row = classScores.subarray(candidate * classes, (candidate + 1) * classes)
  return row.reduce((best, score, k) => (score > (row[best] as number) ? k : best), 0)
}

/**
 * Candidates of a class, or, without one, of the class that each scores highest; best first, as many as are wanted. None but the first
 * is faint; of boxes of one class that overlap the best one counts.
 */
export function bestBoxes(candidates: Candidates, index: number | undefined, wanted: number, { overlap = 0.5 }: Decoding): Chosen[] {
  const { count, boxes, score } = candidates
  const all = Array.from({ length: count }, (_, candidate) => {
    const own = index ?? bestClass(candidates, candidate)
    // the last digits of powers are the engine's own, and must not decide between candidates
    return { candidate, index: own, score: Math.fround(score(candidate, own)) }
  })
  const kept: typeof all = []
  for (const each of all.sort((a, b) => b.score - a.score || a.candidate - b.candidate)) {
    if (kept.length === wanted || (kept.length > 0 && each.score < faint)) break
    const same = (other: Chosen): boolean =>
      boxes !== undefined &&
      other.index === each.index &&
      intersectionOverUnion(cornersAt(boxes, each.candidate), cornersAt(boxes, other.candidate)) > overlap
    if (!kept.some(same)) kept.push(each)
  }
  return kept
}
