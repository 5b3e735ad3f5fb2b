/** @file What a detector finds in images: its best boxes, their labels, and where in the photo they lie. */
import { toFloat32 } from '../../core/tensor.ts'
import type { ObjectiveContext } from '../context.ts'
import type { Prediction } from '../objective.ts'
import { bestBoxes } from './best.ts'
import { type Candidates, candidatesOf } from './candidates.ts'
import { placed } from './channels.ts'
import { badTarget } from '../refusal.ts'
import type { Channels, Decoding } from '../../contract/decoding.ts'

/** The best boxes of every image. */
export const foundBoxes = async (decoding: Decoding, context: ObjectiveContext, count: number): Promise<Prediction[][]> =>
  (await candidatesOfAll(decoding, context)).map((candidates) => answersOf(decoding, candidates, count))

export async function candidatesOfAll(decoding: Decoding, context: ObjectiveContext): Promise<Candidates[]> {
  const looked = await context.look(tensorsOf(decoding, context))
  for (const { tensor } of placed(decoding.classes, context, 'classes'))
    if (looked[tensor] && toFloat32(looked[tensor]).some(Number.isNaN))
      throw badTarget(`scores of this detector are NaN: ${tensor}`, 'check the input and its preprocessing; float16 models may overflow')
  return Array.from({ length: context.images }, (_, n) => candidatesOf(decoding, looked, n, context))
}

/** The tensors that hold what was detected. */
export function tensorsOf({ classes, ids, objectness, boxes, angle }: Decoding, context: ObjectiveContext): string[] {
  const of = (part: Channels | undefined, what = 'channels'): string[] =>
    part ? placed(part, context, what).map(({ tensor }) => tensor) : []
  const parts = [classes, objectness, boxes, boxes?.sizes, angle].flatMap((part) => of(part))
  return [...new Set([...parts, ...of(ids, 'ids')])]
}

export const answersOf = (decoding: Decoding, candidates: Candidates, count: number): Prediction[] =>
  bestBoxes(candidates, undefined, count, decoding)
    // rows of score 0 fill up what is left
    .filter(({ candidate, index }) => !decoding.ids || candidates.score(candidate, index) > 0)
    .map(({ candidate, index }) => ({
      index: candidate,
      label: `box ${candidate}: ${candidates.name(index)}`,
      score: candidates.score(candidate, index),
      ...cornersIn(candidates, candidate),
    }))

/** As answers and details have it. */
export function cornersIn({ place }: Candidates, candidate: number): { box?: number[] } {
  const region = place(candidate)
  return region ? { box: [region.x, region.y, region.x + region.width, region.y + region.height] } : {}
}
