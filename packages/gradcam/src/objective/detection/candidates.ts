/** @file What a detector found in one image: candidates with scores and boxes. */
import type { Region } from '../../core/pixels.ts'
import type { Tensor } from '../../core/tensor.ts'
import { fitting, labelOf } from '../class-scores.ts'
import type { ObjectiveContext } from '../context.ts'
import type { Detections } from '../detections.ts'
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

/** Reads a part of the decoding; `width` where it must have so many channels for each candidate. */
type Read = (part: Channels | undefined, what: string, width: number, activation?: Activation) => Values | undefined

/** Decodes the outputs for image n. */
export function candidatesOf(
  decoding: Decoding,
  looked: Readonly<Record<string, Tensor>>,
  n: number,
  context: ObjectiveContext,
): Candidates {
  const { classes, ids, objectness, exponents = {} } = decoding
  const values = (part: Channels, what: string, activation = part.activation ?? 'none'): Values => {
    const levels = placed(part, context, what)
    const width = levels[0]?.count ?? 0
    if (levels.some((level) => level.count !== width)) throw misfit(what, 'its tensors differ in their channels')
    return { rows: activated(rowsOf(levels, looked, n, context.images), width, [activation]), levels, count: countOf(levels), width }
  }
  const scores = values(classes, 'classes')
  const { count } = scores
  const read: Read = (part, what, width, activation) => {
    const found = part && values(part, what, activation)
    if (found && (found.count !== count || found.width !== width))
      throw misfit(what, `${found.width} channels for ${found.count} candidates are not ${width} for ${count}`)
    return found
  }
  const sureness = read(objectness, 'objectness', 1)?.rows ?? new Float32Array(count).fill(1)
  const numbers = read(ids, 'ids', 1, 'none')?.rows
  const { rows, unnumbered, width } = classRows(scores, numbers, decoding, context.labels.length)
  const labels = count === 0 ? context.labels : fitting(context.labels, width)
  const located = boxesOf(decoding, read, context)
  return {
    ...{ count, classes: width, classScores: rows, objectness: sureness, unnumbered },
    ...{ boxes: located, labels, name: (index) => labelOf(labels, index) },
    score: (candidate, index) =>
      (sureness[candidate] as number) ** (exponents.objectness ?? 1) *
      (rows[candidate * width + index] as number) ** (exponents.classes ?? 1),
    place: (candidate) => located && placeOf(cornersAt(located, candidate), decoding.boxes?.cut ?? false, context),
  }
}

/** Corners of all boxes, in pixels of the network's input. */
function boxesOf({ boxes, angle }: Decoding, read: Read, { input }: ObjectiveContext): Float32Array | undefined {
  const angles = read(angle, 'angle', 1)
  if (!boxes) return undefined
  const relative = boxes.format === 'ltrb' || boxes.units === 'cells' || boxes.units === 'anchors'
  if (relative && !boxes.places) throw misfit('boxes', 'distances, cells and anchors want `places` with strides')
  if (boxes.units === 'anchors' && !boxes.places?.anchors) throw misfit('places', 'units in anchors want `anchors`')
  // coordinates are activated when they are decoded
  const numbers = read(boxes, 'boxes', boxes.sizes ? 2 : 4 * (boxes.bins ?? 1), 'none') as Values
  const sizes = read(boxes.sizes, 'sizes', 2, 'none')
  const places = boxes.places && placesOf(boxes.places, numbers.levels, input)
  return cornersOf(boxes, { rows: numbers.rows, sizes: sizes?.rows, angles: angles?.rows, places }, input)
}

/** A row of scores for each candidate, without the background. */
function classRows(
  { rows, count, width }: Values,
  numbers: Float32Array | undefined,
  { classes: { background }, ids }: Decoding,
  labels: number,
): { rows: Float32Array; width: number; unnumbered: number } {
  if (numbers && width !== 1) throw misfit('ids', 'each candidate has more than one score beside the number of its class')
  const own = withoutBackground(rows, width, background)
  if (!numbers || !ids) return { rows: own, width: width - (background ? 1 : 0), unnumbered: 0 }
  const named = byNumber(own, numbers, ids, labels)
  return { ...named, width: named.rows.length / Math.max(count, 1) }
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

/** Corners in pixels of the network's input as a part of the photo: each axis by its own scale, which sizes in whole pixels make differ. */
function placeOf(corners: Float32Array, cut: boolean, context: ObjectiveContext): Region {
  const region = regionOf(context)
  const [sx, sy] = [region.width / context.input.width, region.height / context.input.height]
  const end = cut && context.photo ? context.photo : undefined
  const at = (k: number): number => {
    const [start, scale, most] = k % 2 === 0 ? [region.x, sx, end?.width] : [region.y, sy, end?.height]
    const value = start + (corners[k] as number) * scale
    return most === undefined ? value : Math.min(Math.max(value, 0), most)
  }
  const [x, y] = [at(0), at(1)]
  return { x, y, width: at(2) - x, height: at(3) - y }
}

/** x1, y1, x2, y2 of a candidate. */
export const cornersAt = (boxes: Float32Array, candidate: number): Float32Array => boxes.subarray(4 * candidate, 4 * candidate + 4)
