/** @file How the outputs of the detector at hand are read: by its family, and where that allows several readings, by its boxes. */
import type { Decoding } from '../../contract/decoding.ts'
import { shapeText } from '../../graph/graph.ts'
import type { ObjectiveContext } from '../context.ts'
import { badTarget } from '../refusal.ts'
import { type Candidates, cornersAt } from './candidates.ts'
import { candidatesOfAll } from './found.ts'

const decided = new WeakMap<ObjectiveContext['look'], Promise<Decoding>>()

/**
 * The decoding of a model whose family is known.
 *
 * @throws GradcamError `bad-target`, which says what is missing
 */
export function decodingFor(context: ObjectiveContext): Promise<Decoding> {
  const { detector, refusal } = context.answer
  if (!detector)
    return Promise.reject(
      refusal && context.answer.by === 'ask' ? badTarget(refusal.what, `${refusal.hint}; ${described}`) : unknown(context),
    )
  const [only, ...others] = detector.readings
  // what the graph itself shows needs no second look
  const sure = detector.source === 'graph' && only && others.length === 0
  const found = decided.get(context.look) ?? (sure ? Promise.resolve(only) : readingOf(detector.readings, context))
  decided.set(context.look, found)
  return found
}

const described =
  'or describe the outputs: {"kind": "box", "class": 0, "decoding": {"classes": {"tensor": "output:0", "from": 5}, …}}, see docs/targets.md'

function unknown({ answer, labels }: ObjectiveContext): ReturnType<typeof badTarget> {
  const count = labels.length
  const listed = answer.outputs.map(({ name, shape }) => `${name} ${shapeText(shape ?? ['?'])}`).join(', ')
  const given = count === 0 ? 'give `labels`, ' : ''
  return badTarget(
    `these are not the outputs of a detector that is known by its shapes, with ${count} labels: ${listed}`,
    given + described,
  )
}

/** The first reading whose boxes can be meant; of those that exclude each other the only one that finds any. */
async function readingOf(readings: readonly Decoding[], context: ObjectiveContext): Promise<Decoding> {
  const { exclusive = false } = context.answer.detector ?? {}
  const fitting: { reading: Decoding; finds: boolean }[] = []
  for (const reading of readings) {
    const all = await candidatesOfAll(reading, context)
    if (!all.every((each) => canBeMeant(each, reading, context))) continue
    if (!exclusive) return reading
    fitting.push({ reading, finds: all.some(({ classScores }) => classScores.some((score) => score > 0)) })
  }
  const [first, second] = fitting.filter(({ finds }) => finds)
  if (first && second) throw severalFit(first.reading, second.reading)
  const only = first ?? fitting[0]
  if (only) return only.reading
  throw await noneFits(readings[0] as Decoding, context)
}

async function noneFits(first: Decoding, context: ObjectiveContext): Promise<ReturnType<typeof badTarget>> {
  const [found] = await candidatesOfAll(first, context)
  const best = found ? bestOf(found).slice(0, looked) : []
  const shown = found?.boxes && (best.find((i) => !liesInside(found.boxes as Float32Array, i, context.input)) ?? best[0])
  const box =
    found?.boxes && shown !== undefined
      ? ` (box ${shown}: ${Array.from(cornersAt(found.boxes, shown), (x) => x.toPrecision(3)).join(', ')})`
      : ''
  return badTarget(
    `the boxes of this detector cannot be meant as they are${box}: corners are inside out, or far outside the image`,
    'raw offsets want the anchors and strides that the file does not hold: export the model with its decoding, or explain a score alone: {"kind": "box", "box": 17, "decoding": {"classes": {"tensor": "NAME"}}}',
  )
}

function severalFit(a: Decoding, b: Decoding): ReturnType<typeof badTarget> {
  const columns = ({ boxes, classes, ids }: Decoding): string =>
    `corners (${boxes?.units}) from column ${boxes?.from ?? 0}, score in ${classes.from ?? 0}, class in ${ids?.from ?? 0}`
  return badTarget(
    `the boxes of this image can be read in two ways: ${columns(a)}; or ${columns(b)}`,
    `give another image, or say which: {"kind": "box", "class": 0, "decoding": ${JSON.stringify(a)}}`,
  )
}

// so many boxes tell whether all are read rightly
const looked = 20

/** Candidates by their best score. */
function bestOf({ count, classes, classScores, objectness }: Candidates): number[] {
  const score = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    let best = Number.NEGATIVE_INFINITY
    for (let k = 0; k < classes; k++) best = Math.max(best, classScores[i * classes + k] as number)
    score[i] = best * (objectness[i] as number)
  }
  return Array.from(score.keys()).sort((a, b) => (score[b] as number) - (score[a] as number))
}

/**
 * Whether the best boxes are right side out, have their centres in the image, and are not all of them smaller than a pixel; whether many
 * candidates do not all lie at one place; and whether numbers of classes are whole.
 */
function canBeMeant(candidates: Candidates, { boxes, ids }: Decoding, { input }: ObjectiveContext): boolean {
  const corners = candidates.boxes
  // rows of score 0 fill up what is left
  const best = bestOf(candidates)
    .slice(0, looked)
    .filter((i) => !ids || hasScore(candidates, i))
  if (ids && !hasWholeNumbers(candidates)) return false
  if (best.length === 0 || !corners || !boxes) return true
  // finished boxes may be cut down to nothing at the edge of the image
  const good = best.filter((i) => liesInside(corners, i, input, ids !== undefined))
  const large = best.some((i) => {
    const [x1, y1, x2, y2] = cornersAt(corners, i) as unknown as [number, number, number, number]
    return Math.max(Math.abs(x1), Math.abs(y1), Math.abs(x2), Math.abs(y2)) > 2
  })
  return good.length >= 0.9 * best.length && !atOnePlace(corners, input) && (large || Math.min(input.width, input.height) <= 4)
}

const hasScore = ({ classes, classScores }: Candidates, i: number): boolean =>
  classScores.subarray(i * classes, (i + 1) * classes).some((score) => score > 0)

/** Whether a box is right side out and has its centre in the image, or nearly so. */
function liesInside(corners: Float32Array, candidate: number, { width, height }: ObjectiveContext['input'], mayBeEmpty = false): boolean {
  const inside = (low: number, high: number, size: number): boolean =>
    (mayBeEmpty ? low <= high : low < high) && low > -size / 2 && high < 1.5 * size && low + high > -0.1 * size && low + high < 2.1 * size
  const [x1, y1, x2, y2] = cornersAt(corners, candidate) as unknown as [number, number, number, number]
  return inside(x1, x2, width) && inside(y1, y2, height)
}

// fewer candidates may well all mean the same thing
const many = 64

/** Whether the centres of many candidates differ by less than a twentieth of the image: offsets from anchors are all alike. */
function atOnePlace(corners: Float32Array, { width, height }: ObjectiveContext['input']): boolean {
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

/** Each candidate has a score of 0 … 1 for the one class that its number names. */
const hasWholeNumbers = ({ classScores, unnumbered, classes }: Candidates): boolean =>
  unnumbered === 0 && classes <= 1e4 && classScores.every((score) => !(score < 0 || score > 1))
