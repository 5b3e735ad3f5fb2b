/** @file What a detector finds in images: its best boxes, their labels, and where in the photo they lie. */
import type { Region } from '../../core/pixels.ts'
import { fitting, labelOf } from '../class-scores.ts'
import type { ObjectiveContext } from '../context.ts'
import { regionOf } from '../mask.ts'
import type { Prediction } from '../objective.ts'
import { bestBoxes, type Candidates, candidatesOf, cornersAt, placed } from './candidates.ts'
import type { Decoding } from './decoding.ts'

// a box below this is no finding
export const faint = 0.05

/** The best boxes of every image. */
export const foundBoxes = async (decoding: Decoding, context: ObjectiveContext, count: number): Promise<Prediction[][]> =>
  (await candidatesOfAll(decoding, context)).map((candidates) => answersOf(decoding, candidates, context, count))

export async function candidatesOfAll(decoding: Decoding, context: ObjectiveContext): Promise<Candidates[]> {
  const looked = await context.look(tensorsOf(decoding, context))
  return Array.from({ length: context.images }, (_, n) => candidatesOf(decoding, looked, n, context))
}

/** The tensors that hold what was detected. */
export function tensorsOf({ classes, objectness, boxes }: Decoding, context: ObjectiveContext): string[] {
  const parts = [classes, objectness, boxes].filter((part) => part !== undefined)
  return [...new Set(parts.map((part) => placed(part, context, 'channels').tensor))]
}

export const namesOf = ({ classes }: Candidates, { labels }: ObjectiveContext): ((index: number) => string) => {
  const own = fitting(labels, classes)
  return (index) => labelOf(own, index)
}

export function answersOf({ overlap = 0.5 }: Decoding, candidates: Candidates, context: ObjectiveContext, count: number): Prediction[] {
  const name = namesOf(candidates, context)
  return bestBoxes(candidates, undefined, { overlap, wanted: count, least: faint }).map(({ candidate, index }) => ({
    index: candidate,
    label: `box ${candidate}: ${name(index)}`,
    score: candidates.score(candidate, index),
    ...cornersIn(placeOf(candidates, candidate, context)),
  }))
}

/** The box in pixels of the photo; undefined where the decoding knows no boxes. */
export function placeOf({ boxes }: Candidates, candidate: number, context: ObjectiveContext): Region | undefined {
  if (!boxes) return undefined
  const { x, y, width, height } = regionOf(context)
  const [x1, y1, x2, y2] = cornersAt(boxes, candidate) as unknown as [number, number, number, number]
  const [sx, sy] = [width / context.input.width, height / context.input.height]
  return { x: x + x1 * sx, y: y + y1 * sy, width: (x2 - x1) * sx, height: (y2 - y1) * sy }
}

/** As answers and details have it. */
export const cornersIn = (place: Region | undefined): { box?: number[] } =>
  place ? { box: [place.x, place.y, place.x + place.width, place.y + place.height] } : {}
