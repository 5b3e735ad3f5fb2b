/** @file How the outputs of the detector at hand are read: by its family, and where that allows several readings, by its boxes. */
import type { Decoding } from '../../contract/decoding.ts'
import type { Detector } from '../../contract/detectors/detector.ts'
import { type Warning, warn } from '../../core/errors.ts'
import { shapeText } from '../../graph/graph.ts'
import type { ObjectiveContext } from '../context.ts'
import { badTarget } from '../refusal.ts'
import { cornersAt } from './candidates.ts'
import { candidatesOfAll } from './found.ts'
import { agreementOf, bestOf, canBeMeant, fillsCells, findsAnything, liesInside } from './plausible.ts'

/** A decoding that was found, and what was taken for granted. */
export interface Reading {
  decoding: Decoding
  warnings: readonly Warning[]
}

const decided = new WeakMap<ObjectiveContext['look'], Promise<Reading>>()

/**
 * The decoding of a model whose family is known.
 *
 * @throws GradcamError `bad-target`, which says what is missing
 */
export function readingFor(context: ObjectiveContext): Promise<Reading> {
  const { detector, refusal } = context.answer
  if (!detector)
    return Promise.reject(
      refusal && context.answer.by === 'ask' ? badTarget(refusal.what, `${refusal.hint}; ${described}`) : unknown(context),
    )
  const [only, ...others] = detector.readings
  // what the graph itself shows needs no second look
  const sure = detector.source === 'graph' && only && others.length === 0
  const found = decided.get(context.look) ?? (sure ? Promise.resolve({ decoding: only, warnings: [] }) : readingOf(detector, context))
  decided.set(context.look, found)
  return found
}

/** The same without warnings. */
export const decodingFor = async (context: ObjectiveContext): Promise<Decoding> => (await readingFor(context)).decoding

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

type Readings = Omit<Detector, 'roles'>

/** A reading whose boxes can be meant. */
interface Fitting {
  reading: Decoding
  way: string
  finds: boolean
  agreement: number
}

/** The first reading whose boxes can be meant; of those that exclude each other the only one, or the one whose boxes agree. */
async function readingOf(detector: Readings, context: ObjectiveContext): Promise<Reading> {
  const { readings, exclusive = false, ways, lieAt, otherwise } = detector
  const fitting: Fitting[] = []
  for (const [i, reading] of readings.entries()) {
    const all = await candidatesOfAll(reading, context)
    if (!all.every((each) => canBeMeant(each, reading, context, lieAt))) continue
    if (!exclusive) return { decoding: reading, warnings: [] }
    if (!all.every((each) => fillsCells(each, reading, context))) continue
    // the same boxes with another function of their scores
    if (!reading.ids && fitting.some((other) => JSON.stringify(other.reading.boxes) === JSON.stringify(reading.boxes))) continue
    fitting.push({
      reading,
      way: ways?.[i] ?? columnsOf(reading),
      finds: all.some(ways ? findsAnything : ({ classScores }) => classScores.some((score) => score > 0)),
      agreement: Math.min(...all.map(agreementOf)),
    })
  }
  const only = oneOf(fitting, detector)
  if (only) return only
  if (otherwise) return readingOf(otherwise, context)
  throw await noneFits(readings[0] as Decoding, context)
}

// boxes that mean one thing overlap so much, and by so much more than in any other reading
const [agreeing, clearly] = [0.7, 0.1]

const plain = ({ reading }: Fitting): Reading => ({ decoding: reading, warnings: [] })

/** @throws GradcamError `bad-target` where several fit alike */
function oneOf(fitting: readonly Fitting[], { likeliest, ways }: Readings): Reading | undefined {
  const finding = fitting.filter(({ finds }) => finds)
  // boxes where nothing lies tell nothing of raw numbers
  const open = finding.length > 0 ? finding : fitting
  const [first, second = first] = open
  if (!first || !second || finding.length === 1) return first && plain(first)
  if (finding.length === 0 && !ways) return plain(first)
  const [best, next] = finding.toSorted((a, b) => b.agreement - a.agreement)
  if (best && next && best.agreement >= agreeing && best.agreement >= next.agreement + clearly) return plain(best)
  if (likeliest === undefined) throw severalFit(open, finding.length === 0 ? ways : undefined)
  return {
    decoding: first.reading,
    warnings: warn(
      'decoding-assumed',
      `the boxes of this detector were read with ${first.way}: ${likeliest}; they could have ${second.way}, too`,
      `say how they are to be read: {"kind": "box", "class": 0, "decoding": ${JSON.stringify(second.reading)}}`,
    ),
  }
}

async function noneFits(first: Decoding, context: ObjectiveContext): Promise<ReturnType<typeof badTarget>> {
  const [found] = await candidatesOfAll(first, context)
  const best = found ? bestOf(found) : []
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

/** `all`: readings among which an image without anything in it does not choose. */
function severalFit(fitting: readonly Fitting[], all?: readonly string[]): ReturnType<typeof badTarget> {
  const ways = [...new Set(all ?? fitting.map(({ way }) => way))]
  const count = ways.length === 2 ? 'two' : ways.length
  return badTarget(
    all
      ? `the network finds nothing in this image, so that it does not tell in which of ${count} ways its boxes are read: ${ways.join('; or ')}`
      : `the boxes of this image can be read in ${count} ways: ${ways.join('; or ')}`,
    `give another image, or say which: {"kind": "box", "class": 0, "decoding": ${fitting.map(({ reading }) => JSON.stringify(reading)).join('}, or {"kind": "box", "class": 0, "decoding": ')}}`,
  )
}

const columnsOf = ({ boxes, classes, ids }: Decoding): string =>
  `corners (${boxes?.units}) from column ${boxes?.from ?? 0}, score in ${classes.from ?? 0}, class in ${ids?.from ?? 0}`
