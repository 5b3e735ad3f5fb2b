/** @file What a detector found in one image: candidates with scores and boxes, and which of them is meant. */
import type { Region } from '../../core/pixels.ts'
import type { Tensor } from '../../core/tensor.ts'
import { fitting, labelOf } from '../class-scores.ts'
import type { ObjectiveContext } from '../context.ts'
import { type Detections, intersectionOverUnion } from '../detections.ts'
import { regionOf } from '../mask.ts'
import type { Activation, Channels, Decoding } from '../../contract/decoding.ts'
import { activated, countOf, misfit, type Placed, placed, rowsOf } from './channels.ts'
import { cornersOf } from './corners.ts'
import { placesOf } from './places.ts'

/** Everything of one image, candidate by candidate; boxes only where the decoding knows them. */
export interface Candidates extends Omit<Detections, 'boxes'> {
  boxes: Detections['boxes'] | undefined
  /** Candidates with a score above 0 whose number names no class. */
  unnumbered: number
  /** Labels of the classes, where there are as many. */
  labels: readonly string[]
  name(index: number): string
  /** objectness^a · class^b */
  score(candidate: number, index: number): number
  /** The box in pixels of the photo. */
  place(candidate: number): Region | undefined
}

/** Numbers of a part of the decoding, [count, width], and the tensors that they come from. */
interface Values {
  rows: Float32Array
  levels: readonly Placed[]
  count: number
  width: number
}

/** Decodes the outputs for image n. */
export function candidatesOf(
  decoding: Decoding,
  looked: Readonly<Record<string, Tensor>>,
  n: number,
  context: ObjectiveContext,
): Candidates {
  const { classes, ids, objectness, boxes, angle, exponents = {} } = decoding
  const values = (part: Channels, what: string, activations: readonly Activation[]): Values => {
    const levels = placed(part, context, what)
    const width = levels[0]?.count ?? 0
    if (levels.some((level) => level.count !== width)) throw misfit(what, 'its tensors differ in their channels')
    return { rows: activated(rowsOf(levels, looked, n, context.images), width, activations), levels, count: countOf(levels), width }
  }
  const scores = values(classes, 'classes', [classes.activation ?? 'none'])
  const { count } = scores
  const of = (part: Channels | undefined, what: string, width: number, activations?: readonly Activation[]): Values | undefined => {
    const found = part && values(part, what, activations ?? [part.activation ?? 'none'])
    if (found && (found.count !== count || found.width !== width))
      throw misfit(what, `${found.width} channels for ${found.count} candidates are not ${width} for ${count}`)
    return found
  }
  const sure = of(objectness, 'objectness', 1)
  const numbers = of(ids, 'ids', 1, ['none'])
  if (numbers && scores.width !== 1) throw misfit('ids', 'each candidate has more than one score beside the number of its class')
  const angles = of(angle, 'angle', 1)
  // coordinates are activated when they are decoded
  const corners = of(boxes, 'boxes', boxes?.sizes ? 2 : 4 * (boxes?.bins ?? 1), ['none'])
  const sizes = of(boxes?.sizes, 'sizes', 2, ['none'])
  const own = withoutBackground(scores.rows, scores.width, classes.background)
  const { rows: kept, unnumbered } = numbers && ids ? byNumber(own, numbers.rows, ids, context.labels.length) : { rows: own, unnumbered: 0 }
  const width = numbers ? kept.length / Math.max(count, 1) : scores.width - (classes.background ? 1 : 0)
  const labels = count === 0 ? context.labels : fitting(context.labels, width)
  const relative = boxes?.format === 'ltrb' || boxes?.units === 'cells' || boxes?.units === 'anchors'
  if (relative && !boxes?.places) throw misfit('boxes', 'distances, cells and anchors want `places` with strides')
  if (boxes?.units === 'anchors' && !boxes.places?.anchors) throw misfit('places', 'units in anchors want `anchors`')
  const places = corners && boxes?.places && placesOf(boxes.places, corners.levels, context.input)
  const located =
    corners && boxes && cornersOf(boxes, { rows: corners.rows, sizes: sizes?.rows, angles: angles?.rows, places }, context.input)
  const sureness = sure?.rows ?? new Float32Array(count).fill(1)
  return {
    ...{ count, classes: width, classScores: kept, objectness: sureness, unnumbered },
    ...{ boxes: located, labels, name: (index) => labelOf(labels, index) },
    score: (candidate, index) =>
      (sureness[candidate] as number) ** (exponents.objectness ?? 1) *
      (kept[candidate * width + index] as number) ** (exponents.classes ?? 1),
    place: (candidate) => located && placeOf(cornersAt(located, candidate), context),
  }
}

function withoutBackground(rows: Float32Array, count: number, background: 'first' | 'last' | undefined): Float32Array {
  if (background === undefined) return rows
  const from = background === 'first' ? 1 : 0
  const kept = new Float32Array((rows.length / count) * (count - 1))
  for (let i = 0; i < rows.length / count; i++) kept.set(rows.subarray(i * count + from, i * count + from + count - 1), i * (count - 1))
  return kept
}

// more numbers of classes are none
const maxNumber = 1e5

/** Scores of candidates that name their class by its number, as a row of scores for all classes. */
function byNumber(
  scores: Float32Array,
  ids: Float32Array,
  { first = 0, classes }: NonNullable<Decoding['ids']>,
  labels: number,
): { rows: Float32Array; unnumbered: number } {
  const numbers = ids.map((id) => id - first)
  const known = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < maxNumber
  const width = Math.max(classes ?? labels, 1, ...numbers.filter(known).map((id) => id + 1))
  if (width * scores.length > 2 ** 26) throw misfit('ids', `${width} classes for ${scores.length} candidates are too many`)
  const rows = new Float32Array(scores.length * width)
  let unnumbered = 0
  for (const [i, score] of scores.entries()) {
    if (known(numbers[i] as number)) rows[i * width + (numbers[i] as number)] = score
    else if (score > 0) unnumbered++
  }
  return { rows, unnumbered }
}

/** Corners in pixels of the network's input as a part of the photo. */
function placeOf(corners: Float32Array, context: ObjectiveContext): Region {
  const { x, y, width, height } = regionOf(context)
  const [x1, y1, x2, y2] = corners as unknown as [number, number, number, number]
  const [sx, sy] = [width / context.input.width, height / context.input.height]
  return { x: x + x1 * sx, y: y + y1 * sy, width: (x2 - x1) * sx, height: (y2 - y1) * sy }
}

/** x1, y1, x2, y2 of a candidate. */
export const cornersAt = (boxes: Float32Array, candidate: number): Float32Array => boxes.subarray(4 * candidate, 4 * candidate + 4)

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
