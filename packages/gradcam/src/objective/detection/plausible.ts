/** @file Whether boxes can be meant as a reading of them says: by their best ones, by their places, and by how well they agree. */
import type { Decoding, Places } from '../../contract/decoding.ts'
import type { Size } from '../../core/pixels.ts'
import type { ObjectiveContext } from '../context.ts'
import { intersectionOverUnion } from '../detections.ts'
import { bestClass, faint } from './best.ts'
import { type Candidates, cornersAt } from './candidates.ts'
import { placed } from './channels.ts'
import { type Place, placesOf } from './places.ts'

// so many boxes tell whether all are read rightly
const looked = 20

/** The best candidates by their best score. */
export function bestOf({ count, classes, classScores, objectness }: Candidates, wanted = looked): number[] {
  const score = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    let best = Number.NEGATIVE_INFINITY
    for (let k = 0; k < classes; k++) best = Math.max(best, classScores[i * classes + k] as number)
    score[i] = best * (objectness[i] as number)
  }
  return Array.from(score.keys())
    .sort((a, b) => (score[b] as number) - (score[a] as number))
    .slice(0, wanted)
}

/**
 * Whether the best boxes are right side out, have their centres in the image, and are not all of them smaller than a pixel; whether many
 * candidates do not all lie at one place, nor far from their own; and whether numbers of classes are whole.
 */
export function canBeMeant(candidates: Candidates, { boxes, ids }: Decoding, context: ObjectiveContext, lieAt?: Places): boolean {
  const { input } = context
  const corners = candidates.boxes
  // rows of score 0 fill up what is left; raw numbers where nothing lies may be anything
  const best = bestOf(candidates).filter((i) => (boxes?.places ? bestScore(candidates, i) >= faint : !ids || hasScore(candidates, i)))
  if (ids && !hasWholeNumbers(candidates)) return false
  // logits that are taken for probabilities
  if (boxes?.places && candidates.classScores.some((score) => score < 0 || score > 1)) return false
  if (best.length === 0 || !corners || !boxes) return true
  // finished boxes may be cut down to nothing at the edge of the image
  const good = best.filter((i) => liesInside(corners, i, input, ids !== undefined))
  const large = best.some((i) => cornersAt(corners, i).some((x) => Math.abs(x) > 2))
  if (good.length < 0.9 * best.length || atOnePlace(corners, input)) return false
  if (lieAt && !atTheirPlaces(corners, placesOf(lieAt, placed(boxes, context, 'boxes'), input))) return false
  return large || Math.min(input.width, input.height) <= 4
}

const hasScore = ({ classes, classScores }: Candidates, i: number): boolean =>
  classScores.subarray(i * classes, (i + 1) * classes).some((score) => score > 0)

/** Whether a box is right side out and has its centre in the image, or nearly so. Boxes of untrained networks reach far beyond small images. */
export function liesInside(corners: Float32Array, candidate: number, { width, height }: Size, mayBeEmpty = false): boolean {
  const inside = (low: number, high: number, size: number): boolean =>
    (mayBeEmpty ? low <= high : low < high) && high - low < 5 * size && low + high > -0.1 * size && low + high < 2.1 * size
  const [x1, y1, x2, y2] = cornersAt(corners, candidate) as unknown as [number, number, number, number]
  return inside(x1, x2, width) && inside(y1, y2, height)
}

// fewer candidates may well all mean the same thing
const many = 64

/** Whether the centres of many candidates differ by less than a twentieth of the image: offsets from anchors are all alike. */
function atOnePlace(corners: Float32Array, { width, height }: Size): boolean {
  if (corners.length < 4 * many) return false
  const spread = (from: number, size: number): number => {
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = from; i < corners.length; i += 4) {
      const centre = ((corners[i] as number) + (corners[i + 2] as number)) / 2
      min = Math.min(min, centre)
      max = Math.max(max, centre)
    }
    return (max - min) / size
  }
  return spread(0, width) < 0.05 && spread(1, height) < 0.05
}

// what a network says of a place lies about there
const cellsAway = 3

/** Whether at least half of all candidates have their centres within three cells of their own places. */
function atTheirPlaces(corners: Float32Array, places: readonly Place[]): boolean {
  const near = places.filter(({ x, y, stride }, i) => {
    const [x1, y1, x2, y2] = cornersAt(corners, i) as unknown as [number, number, number, number]
    return Math.max(Math.abs((x1 + x2) / 2 - x), Math.abs((y1 + y2) / 2 - y)) <= cellsAway * stride
  })
  return near.length >= places.length / 2
}

/** Each candidate has a score of 0 … 1 for the one class that its number names. */
const hasWholeNumbers = ({ classScores, unnumbered, classes }: Candidates): boolean =>
  unnumbered === 0 && classes <= 1e4 && classScores.every((score) => !(score < 0 || score > 1))

/** Whether at least half of the best boxes are as large as a cell of their own grid: no network answers with less at most places. */
export function fillsCells(candidates: Candidates, { boxes }: Decoding, context: ObjectiveContext): boolean {
  const corners = candidates.boxes
  if (!corners || !boxes?.places) return true
  const places = placesOf(boxes.places, placed(boxes, context, 'boxes'), context.input)
  const best = bestOf(candidates).filter((i) => bestScore(candidates, i) >= faint)
  const large = best.filter((i) => {
    const [x1, y1, x2, y2] = cornersAt(corners, i) as unknown as [number, number, number, number]
    return Math.max(x2 - x1, y2 - y1) >= (places[i]?.stride ?? 0)
  })
  return large.length >= best.length / 2
}

const bestScore = (candidates: Candidates, i: number): number =>
  (candidates.objectness[i] as number) * (candidates.classScores[i * candidates.classes + bestClass(candidates, i)] as number)

/** Whether any box is more than faint. */
export const findsAnything = (candidates: Candidates): boolean => bestOf(candidates, 1).some((i) => bestScore(candidates, i) >= faint)

// boxes of one thing, and so many pairs of them
const [touching, fewest] = [0.1, 6]

/**
 * How well boxes agree that mean the same thing, before any is suppressed: the mean overlap of the best ones of a class that overlap at
 * all. What belongs to one anchor or scale but is read as another's disagrees. 0 where there are too few.
 */
export function agreementOf(candidates: Candidates): number {
  const { boxes: corners } = candidates
  if (!corners) return 0
  const best = bestOf(candidates, 2 * looked)
  const enough = best.filter((i) => bestScore(candidates, i) >= bestScore(candidates, best[0] as number) / 2)
  const overlaps = enough.flatMap((a, k) =>
    enough
      .slice(k + 1)
      .filter((b) => bestClass(candidates, a) === bestClass(candidates, b))
      .map((b) => intersectionOverUnion(cornersAt(corners, a), cornersAt(corners, b)))
      .filter((overlap) => overlap > touching),
  )
  return overlaps.length < fewest ? 0 : overlaps.reduce((sum, each) => sum + each, 0) / overlaps.length
}
