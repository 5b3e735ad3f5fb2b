/** @file A tensor with a score for every class at every place, and what a network sees in it. */
import { GradcamError } from '../core/errors.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import { shapeText, type Value } from '../graph/graph.ts'
import { probabilities } from '../graph/layers.ts'
import { fitting, labelOf } from './class-scores.ts'
import { type ObjectiveContext, rowOf } from './context.ts'
import type { Prediction } from './objective.ts'
import { badTarget } from './refusal.ts'

/** A tensor with a score for every class at every place. */
export interface Plane {
  tensor: Value
  /** Axis of the classes: 1, or 3 for channels last; undefined for [N, H, W], which has one class. */
  axis: 1 | 3 | undefined
  classes: number
  width: number
  height: number
}

/** @throws GradcamError `bad-target` where a tensor has no places */
export function planeOf(tensor: Value, { labels, reduction, classAxis, answer, reductionNamed }: ObjectiveContext): Plane {
  const { shape, name } = tensor
  // numbers of candidates and steps are no picture
  const rows = shape.length === 3 && (answer.by === 'box' || !isPicture(answer.outputs, name)) && !reductionNamed
  const known = name === reduction ? classAxis : answer.outputs.find((output) => output.name === name)?.classes?.axis
  const fits = shape[3] === labels.length && shape[1] !== labels.length ? 3 : 1
  const axis = shape.length === 3 ? undefined : known === 1 || known === 3 ? known : labels.length > 0 ? fits : 1
  const [height, width] = (axis === 1 ? shape.slice(2) : shape.slice(1, 3)) as number[]
  const classes = axis === undefined ? 1 : (shape[axis] as number)
  if (!rows && (shape.length === 4 || shape.length === 3) && [classes, height, width].every((dim) => typeof dim === 'number'))
    return { tensor, axis, classes, height: height as number, width: width as number }
  throw badTarget(
    `${name} ${shapeText(shape)} has no places: it is no segmentation`,
    'name a tensor [N, classes, height, width], or explain the class itself',
  )
}

/** Whether an output is a picture of numbers. */
const isPicture = (outputs: ObjectiveContext['answer']['outputs'], name: string): boolean =>
  outputs.some(
    (output) => (output.name === name || output.scores?.tensor === name) && ['mask', 'depth', 'class-map'].includes(output.kind.value),
  )

/** A shape in the plane's layout. */
export function dimsOf({ axis }: Plane, channels: number, rows: number, columns: number): number[] {
  if (axis === undefined) return [1, rows, columns]
  return axis === 1 ? [1, channels, rows, columns] : [1, rows, columns, channels]
}

/** What a network sees: of each class the places and their number, and the classes that it sees at all, the largest first. */
export interface Seen {
  /** Whether it sees the class at the place. */
  at(place: number, k: number): boolean
  counts: Float64Array
  order: readonly number[]
  /** Whether a class has one score at all places: nothing in the picture moves it. */
  constant(k: number): boolean
  places: number
}

/** Where each class's score is the largest of all, or, where classes do not exclude each other, its probability is over a half. */
export function seenIn(looked: Tensor, plane: Plane, n: number, context: ObjectiveContext): Seen {
  const row = rowOf(toFloat32(looked), n, context.images)
  const { classes, width, height, axis, tensor } = plane
  const places = width * height
  const value = (place: number, k: number): number => row[axis === 3 ? place * classes + k : k * places + place] as number
  const level = thresholdOf(context, tensor.name, classes)
  const best = new Int32Array(places)
  const counts = new Float64Array(classes)
  for (let place = 0; place < places; place++) {
    let top = 0
    for (let k = 1; k < classes; k++) if (value(place, k) > value(place, top)) top = k
    best[place] = top
    for (let k = 0; k < classes; k++) if (level === undefined ? k === top : value(place, k) > level) counts[k] = (counts[k] as number) + 1
  }
  const count = (k: number): number => counts[k] as number
  const order = Array.from(counts.keys())
    .filter((k) => count(k) > 0)
    .sort((a, b) => count(b) - count(a))
  const constant = (k: number): boolean => {
    for (let place = 1; place < places; place++) if (value(place, k) !== value(0, k)) return false
    return places > 1
  }
  return { at: (place, k) => (level === undefined ? best[place] === k : value(place, k) > level), counts, order, constant, places }
}

/** The places of a class, 1 where it is seen and 0 elsewhere. */
export function regionSeen(
  { at, counts, order, places }: Seen,
  index: number,
  labels: readonly string[],
  n: number,
  context: ObjectiveContext,
): Float32Array {
  if ((counts[index] as number) > 0) return Float32Array.from({ length: places }, (_, place) => (at(place, index) ? 1 : 0))
  const shares = order.slice(0, 6).map((k) => `${labelOf(labels, k)} (${((100 * (counts[k] as number)) / places).toFixed(1)} %)`)
  const image = context.images > 1 ? ` in image ${n}` : ''
  throw new GradcamError('target-absent', `the network sees ${labelOf(labels, index)} nowhere${image}`, {
    hint: `it sees ${shares.join(', ') || 'no class at all'}; or name a mask, a box or a point`,
  })
}

/** Classes by the share of the picture in which they are seen. */
export function answersOf({ counts, order, places }: Seen, labels: readonly string[], count: number): Prediction[] {
  const names = fitting(labels, counts.length)
  const absent = Array.from(counts.keys()).filter((k) => counts[k] === 0)
  return [...order, ...absent]
    .slice(0, count)
    .map((index) => ({ index, label: labelOf(names, index), score: (counts[index] as number) / places }))
}

/** The value that stands for a probability of a half, where classes do not exclude each other. */
function thresholdOf({ graph }: ObjectiveContext, tensor: string, classes: number): number | undefined {
  const maker = graph.producers.get(tensor)?.operator
  if (maker === 'Sigmoid' || maker === 'HardSigmoid') return 0.5
  if (maker === 'Softmax' || maker === 'LogSoftmax') return undefined
  return classes === 1 || probabilities(graph, tensor)?.kind === 'sigmoid' ? 0 : undefined
}
