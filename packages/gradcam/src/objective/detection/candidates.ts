/** @file What a detector found in one image: candidates with scores and boxes, and which of them is meant. */
import type { GradcamError } from '../../core/errors.ts'
import { softmax } from '../../core/numbers.ts'
import type { Region, Size } from '../../core/pixels.ts'
import { type Tensor, toFloat32 } from '../../core/tensor.ts'
import { shapeText } from '../../graph/graph.ts'
import { fitting, labelOf } from '../class-scores.ts'
import { rowOf, type ObjectiveContext, tensorNamed } from '../context.ts'
import { type Detections, intersectionOverUnion } from '../detections.ts'
import { regionOf } from '../mask.ts'
import { badTarget } from '../refusal.ts'
import type { Activation, Channels, Decoding } from '../../contract/decoding.ts'

/** Everything of one image, candidate by candidate; boxes only where the decoding knows them. */
export interface Candidates extends Omit<Detections, 'boxes'> {
  boxes: Detections['boxes'] | undefined
  /** Labels of the classes, where there are as many. */
  labels: readonly string[]
  name(index: number): string
  /** objectness^a · class^b */
  score(candidate: number, index: number): number
  /** The box in pixels of the photo. */
  place(candidate: number): Region | undefined
}

/** Where some channels lie in their tensor. */
export interface Placed {
  tensor: string
  axis: number
  from: number
  count: number
  candidates: number
}

/** Checks channels against the tensor that they belong to. */
export function placed({ tensor, axis, from = 0, count }: Channels, context: ObjectiveContext, what: string): Placed {
  const { name, shape } = tensorNamed(context, tensor)
  const at = axis ?? shape.length - 1
  const channels = shape[at]
  const others = shape.filter((_, i) => i > 0 && i !== at)
  if (at < 1 || typeof channels !== 'number' || others.length === 0 || others.some((dim) => typeof dim !== 'number'))
    throw misfit(what, `${name} ${shapeText(shape)} has no axis ${at} with channels, beside others with candidates`)
  const length = count ?? channels - from
  if (!(length > 0 && from + length <= channels))
    throw misfit(what, `${name} ${shapeText(shape)} has no channels ${from} to ${from + length - 1}`)
  return { tensor: name, axis: at, from, count: length, candidates: others.reduce<number>((n, dim) => n * Number(dim), 1) }
}

const misfit = (what: string, why: string): GradcamError =>
  badTarget(`the decoding's ${what} do not fit the model: ${why}`, 'correct tensor, axis, from or count')

/** Decodes the outputs for image n. */
export function candidatesOf(
  decoding: Decoding,
  looked: Readonly<Record<string, Tensor>>,
  n: number,
  context: ObjectiveContext,
): Candidates {
  const { classes, ids, objectness, boxes, angle, exponents = {} } = decoding
  const values = (part: Channels, what: string, activations: readonly Activation[]): { rows: Float32Array; place: Placed } => {
    const place = placed(part, context, what)
    return { rows: activated(channelsOf(looked[place.tensor] as Tensor, place, n, context.images), place.count, activations), place }
  }
  const scores = values(classes, 'classes', [classes.activation ?? 'none'])
  const count = scores.place.candidates
  const sure = objectness && values(objectness, 'objectness', [objectness.activation ?? 'none'])
  const corners = boxes && values(boxes, 'boxes', boxes.activations ?? [boxes.activation ?? 'none'])
  if (sure && (sure.place.candidates !== count || sure.place.count !== 1))
    throw misfit('objectness', `it must be one channel for ${count} candidates`)
  if (corners && (corners.place.candidates !== count || corners.place.count !== 4))
    throw misfit('boxes', `they must be four channels for ${count} candidates`)
  const numbers = ids && values(ids, 'ids', ['none'])
  if (numbers && (numbers.place.candidates !== count || numbers.place.count !== 1 || scores.place.count !== 1))
    throw misfit('ids', `they must be one channel for ${count} candidates, beside one score each`)
  const own = withoutBackground(scores.rows, scores.place.count, classes.background)
  const kept = numbers ? byNumber(own, numbers.rows, context.labels.length) : own
  const width = kept.length / count
  const labels = fitting(context.labels, width)
  const turned = angle && values(angle, 'angle', ['none'])
  const located = corners && boxes && cornersOf(turned ? upright(corners.rows, turned.rows) : corners.rows, boxes, context.input)
  const sureness = sure?.rows ?? new Float32Array(count).fill(1)
  return {
    ...{ count, classes: width, classScores: kept, objectness: sureness },
    ...{ boxes: located, labels, name: (index) => labelOf(labels, index) },
    score: (candidate, index) =>
      (sureness[candidate] as number) ** (exponents.objectness ?? 1) *
      (kept[candidate * width + index] as number) ** (exponents.classes ?? 1),
    place: (candidate) => located && placeOf(cornersAt(located, candidate), context),
  }
}

/** [candidates, count] of one image. */
function channelsOf(tensor: Tensor, { axis, from, count, candidates }: Placed, n: number, images: number): Float32Array {
  const { dims } = tensor
  const row = rowOf(toFloat32(tensor), n, images)
  const inner = dims.slice(axis + 1).reduce((size, dim) => size * dim, 1)
  const channels = dims[axis] as number
  const values = new Float32Array(candidates * count)
  for (let candidate = 0; candidate < candidates; candidate++) {
    const start = Math.floor(candidate / inner) * channels * inner + (candidate % inner)
    for (let c = 0; c < count; c++) values[candidate * count + c] = row[start + (from + c) * inner] as number
  }
  return values
}

function activated(rows: Float32Array, count: number, activations: readonly Activation[]): Float32Array {
  for (let start = 0; start < rows.length; start += count) {
    const row = rows.subarray(start, start + count)
    if (activations[0] === 'softmax') row.set(softmax(row))
    else for (let c = 0; c < count; c++) row[c] = activate(row[c] as number, activations[c] ?? (activations[0] as Activation))
  }
  return rows
}

const activate = (value: number, activation: Activation): number =>
  activation === 'sigmoid' ? 1 / (1 + Math.exp(-value)) : activation === 'tanh' ? Math.tanh(value) : value

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
function byNumber(scores: Float32Array, numbers: Float32Array, labels: number): Float32Array {
  const known = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < maxNumber
  const width = Math.max(labels, 1, ...numbers.filter(known).map((id) => id + 1))
  if (width * scores.length > 2 ** 26) throw misfit('ids', `${width} classes for ${scores.length} candidates are too many`)
  const rows = new Float32Array(scores.length * width)
  for (const [i, score] of scores.entries()) if (known(numbers[i] as number)) rows[i * width + (numbers[i] as number)] = score
  return rows
}

/** Centre, width and height of the upright boxes around turned ones. */
function upright(rows: Float32Array, angles: Float32Array): Float32Array {
  for (const [i, angle] of angles.entries()) {
    const [w, h] = [rows[4 * i + 2] as number, rows[4 * i + 3] as number]
    const [c, s] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))]
    rows[4 * i + 2] = w * c + h * s
    rows[4 * i + 3] = w * s + h * c
  }
  return rows
}

type Four = [number, number, number, number]
type BoxPart = NonNullable<Decoding['boxes']>

/** x1, y1, x2, y2 of the numbers that a network gives out. */
const corner: Record<BoxPart['format'], (...numbers: Four) => Four> = {
  cxcywh: (x, y, width, height) => [x - width / 2, y - height / 2, x + width / 2, y + height / 2],
  xywh: (x, y, width, height) => [x, y, x + width, y + height],
  xyxy: (x1, y1, x2, y2) => [x1, y1, x2, y2],
  yxyx: (y1, x1, y2, x2) => [x1, y1, x2, y2],
}

function cornersOf(rows: Float32Array, { format, units, grid }: BoxPart, input: Size): Float32Array {
  const [sx, sy] = units === 'normalised' ? [input.width, input.height] : [1, 1]
  const corners = new Float32Array(rows.length)
  for (let i = 0; i < rows.length; i += 4) {
    let [a, b, c, d] = rows.subarray(i, i + 4) as unknown as Four
    if (grid) {
      a = (((i / 4) % grid[1]) + a) / grid[1]
      b = (Math.floor(i / 4 / grid[1]) + b) / grid[0]
    }
    const [x1, y1, x2, y2] = corner[format](a, b, c, d)
    corners.set([x1 * sx, y1 * sy, x2 * sx, y2 * sy], i)
  }
  return corners
}

/** Corners in pixels of the network's input as a part of the photo. */
function placeOf(corners: Float32Array, context: ObjectiveContext): Region {
  const { x, y, width, height } = regionOf(context)
  const [x1, y1, x2, y2] = corners as unknown as Four
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
