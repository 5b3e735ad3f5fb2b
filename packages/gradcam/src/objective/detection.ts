/** @file A box of a detector: which candidate is meant, and its objectness^a · class^b as the score. */
import { GradcamError, type Warning } from '../core/errors.ts'
import type { Prediction } from '../explain/explanation.ts'
import type { Dim, Value } from '../graph/graph.ts'
import type { Region } from '../core/pixels.ts'
import { float32, type Tensor } from '../core/tensor.ts'
import type { Objective, ObjectiveScope } from './objective.ts'
import { type ObjectiveContext, tensorNamed } from './context.ts'
import { bestBoxes, bestClass, type Candidates, candidatesOf, type Chosen, cornersAt, type Placed, placed } from './detection/candidates.ts'
import type { Activation, Decoding } from './detection/decoding.ts'
import { recognisedDecoding } from './detection/recognise.ts'
import { bestWanted, resolveTarget } from './labels.ts'
import { regionOf } from './mask.ts'
import type { BoxSpec } from './spec.ts'

/** So many are one target, or as many targets of one name. */
export const maxBoxes = 256
// a box below this is no finding
const faint = 0.05

/** The objectives of all images. */
export async function boxObjectives(spec: BoxSpec, context: ObjectiveContext): Promise<Objective[]> {
  const decoding = spec.decoding ?? recognisedDecoding(context)
  if (spec.part === 'objectness' && !decoding.objectness)
    throw new GradcamError('bad-target', 'this model has no objectness', { hint: 'explain the class score of a box: part class' })
  return (await candidatesOfAll(decoding, context)).map((candidates) => boxObjective(spec, decoding, candidates, context))
}

/** The best boxes of every image. */
export const foundBoxes = async (decoding: Decoding, context: ObjectiveContext, count: number): Promise<Prediction[][]> =>
  (await candidatesOfAll(decoding, context)).map((candidates) => answersOf(decoding, candidates, context, count))

async function candidatesOfAll(decoding: Decoding, context: ObjectiveContext): Promise<Candidates[]> {
  const looked = await context.look(tensorsOf(decoding, context))
  return Array.from({ length: context.images }, (_, n) => candidatesOf(decoding, looked, n, context))
}

/** The tensors that hold what was detected. */
function tensorsOf({ classes, objectness, boxes }: Decoding, context: ObjectiveContext): string[] {
  const parts = [classes, objectness, boxes].filter((part) => part !== undefined)
  return [...new Set(parts.map((part) => placed(part, context, 'channels').tensor))]
}

const namesOf = ({ classes }: Candidates, { labels }: ObjectiveContext): ((index: number) => string) => {
  const own = labels.length === classes ? labels : []
  return (index) => own[index] ?? `class ${index}`
}

function answersOf({ overlap = 0.5 }: Decoding, candidates: Candidates, context: ObjectiveContext, count: number): Prediction[] {
  const name = namesOf(candidates, context)
  return bestBoxes(candidates, undefined, { overlap, wanted: count, least: faint }).map(({ candidate, index }) => ({
    index: candidate,
    label: `box ${candidate}: ${name(index)}`,
    score: candidates.score(candidate, index),
    ...cornersIn(placeOf(candidates, candidate, context)),
  }))
}

function boxObjective(spec: BoxSpec, decoding: Decoding, candidates: Candidates, context: ObjectiveContext): Objective {
  const labels = context.labels.length === candidates.classes ? context.labels : []
  const name = namesOf(candidates, context)
  const any = spec.class === undefined || (spec.box === undefined && bestWanted(spec.class) === 1)
  const index = any ? undefined : classIndex(spec.class as string | number, labels, candidates.classes)
  const chosen =
    spec.box === undefined
      ? byRank(spec.rank ?? 1, index, index === undefined ? undefined : name(index), decoding, candidates)
      : byIndex(spec.box, index, candidates)
  const found = chosen.map((each) => ({
    ...each,
    score: candidates.score(each.candidate, each.index),
    place: placeOf(candidates, each.candidate, context),
  }))
  const [first] = found
  if (chosen.length > maxBoxes)
    throw new GradcamError('bad-target', `${chosen.length} boxes are asked for at once`, { hint: `at most ${maxBoxes}` })
  const many = chosen.length > 1
  const where = many ? `boxes ${chosen.map(({ candidate }) => candidate).join(', ')}` : `box ${first?.candidate}`
  return {
    ...scoreOf(spec.part ?? 'score', decoding, chosen, candidates, context),
    label:
      spec.part === 'objectness' ? `${where}: objectness` : `${where}: ${[...new Set(chosen.map((each) => name(each.index)))].join(', ')}`,
    index: undefined,
    before: spec.part === 'objectness' || decoding.features === undefined ? undefined : tensorNamed(context, decoding.features).name,
    details: {
      boxes: found.map(({ candidate, index: k, score, place }) => ({ candidate, class: name(k), index: k, score, ...cornersIn(place) })),
    },
    ...detectionsOf(decoding, chosen, candidates, context),
    marked: found.flatMap(({ place }) => place ?? []),
    answers: answersOf(decoding, candidates, context, 5),
    warnings: found.filter(({ score }) => score < faint).map(({ index: k, score }) => faintBox(name(k), score)),
  }
}

function classIndex(target: string | number, labels: readonly string[], classes: number): number {
  const resolved = resolveTarget(target, labels, classes)
  if (resolved.kind === 'class') return resolved.index
  throw new GradcamError('bad-target', 'a box is named by one class', {
    hint: 'name the class by label or index, with #2 for its second best box',
  })
}

function byIndex(box: number | readonly number[], index: number | undefined, candidates: Candidates): Chosen[] {
  return (typeof box === 'number' ? [box] : box).map((candidate) => {
    if (candidate >= candidates.count) {
      throw new GradcamError('bad-index', `there is no box ${candidate}: the model gives out ${candidates.count}`, {
        hint: `use 0 to ${candidates.count - 1}`,
      })
    }
    if (index !== undefined) return { candidate, index }
    return { candidate, index: bestClass(candidates, candidate) }
  })
}

function byRank(
  rank: number,
  index: number | undefined,
  label: string | undefined,
  { overlap = 0.5 }: Decoding,
  candidates: Candidates,
): Chosen[] {
  const best = bestBoxes(candidates, index, { overlap, wanted: rank, least: faint })
  const chosen = best[rank - 1]
  const enough = best.filter((each) => candidates.score(each.candidate, each.index) >= faint).length
  if (chosen && (rank === 1 || enough >= rank)) return [chosen]
  const [what, shown] = label === undefined ? ['boxes', 'box:top-1'] : [`boxes of ${label}`, `box:${label}`]
  throw new GradcamError('target-absent', `there are only ${enough} ${what} with a score of at least ${faint}`, {
    hint:
      enough === 0
        ? `${shown} explains the best candidate all the same`
        : `the last one is ${label === undefined ? `box:top-${enough}` : `${shown}#${enough}`}`,
  })
}

const faintBox = (label: string, score: number): Warning => ({
  code: 'box-faint',
  message: `the best box of ${label} scores only ${score.toPrecision(2)}: the network does not see it`,
  hint: 'explain a class that it sees, or read the map as what little speaks for this one',
})

/** How to find the boxes in other images, for methods that compare; nothing where the decoding knows no boxes. */
function detectionsOf(
  decoding: Decoding,
  chosen: readonly Chosen[],
  { boxes, classes, classScores }: Candidates,
  context: ObjectiveContext,
): Pick<Objective, 'detections'> {
  if (!boxes) return {}
  return {
    detections: {
      reads: tensorsOf(decoding, context),
      read(tensors) {
        const found = candidatesOf(decoding, tensors, 0, { ...context, images: 1 })
        return { ...found, boxes: found.boxes ?? new Float32Array(4 * found.count) }
      },
      meant: chosen.map(({ candidate }) => ({
        box: cornersAt(boxes, candidate),
        classScores: classScores.subarray(candidate * classes, (candidate + 1) * classes),
      })),
    },
  }
}

/** The box in pixels of the photo; undefined where the decoding knows no boxes. */
function placeOf({ boxes }: Candidates, candidate: number, context: ObjectiveContext): Region | undefined {
  if (!boxes) return undefined
  const { x, y, width, height } = regionOf(context)
  const [x1, y1, x2, y2] = cornersAt(boxes, candidate) as unknown as [number, number, number, number]
  const [sx, sy] = [width / context.input.width, height / context.input.height]
  return { x: x + x1 * sx, y: y + y1 * sy, width: (x2 - x1) * sx, height: (y2 - y1) * sy }
}

/** As answers and details have it. */
const cornersIn = (place: Region | undefined): { box?: number[] } =>
  place ? { box: [place.x, place.y, place.x + place.width, place.y + place.height] } : {}

/** y = Σ over the boxes of objectness^a · class^b; which boxes and classes is fed, [1, boxes, candidates] and [1, boxes, classes]. */
function scoreOf(
  part: NonNullable<BoxSpec['part']>,
  { classes, objectness, exponents = {} }: Decoding,
  chosen: readonly Chosen[],
  { count, classes: width }: Candidates,
  context: ObjectiveContext,
): Pick<Objective, 'key' | 'reads' | 'feeds' | 'score'> {
  const ones = (length: number, at: (each: Chosen) => number): Tensor => {
    const data = new Float32Array(chosen.length * length)
    for (const [b, each] of chosen.entries()) data[b * length + at(each)] = 1
    return float32(data, [1, chosen.length, length])
  }
  const sure = objectness && part !== 'class' ? placed(objectness, context, 'objectness') : undefined
  const scores = part === 'objectness' ? undefined : placed(classes, context, 'classes')
  const power = (g: ObjectiveScope['g'], x: Value, exponent = 1): Value => (exponent === 1 || part !== 'score' ? x : g.pow(x, exponent))
  const picked = (scope: ObjectiveScope, place: Placed, activation: Activation | undefined): Value => {
    const x = pickedCandidates(scope, place, count)
    return activate(scope.g, scope.g.slice(x, 2, place.from, place.from + place.count), activation)
  }
  return {
    key: `box ${JSON.stringify([part, classes, objectness, exponents, chosen.length])}`,
    reads: [...new Set([sure?.tensor, scores?.tensor].filter((name) => name !== undefined))],
    feeds: { boxes: ones(count, ({ candidate }) => candidate), ...(scores ? { classes: ones(width, ({ index }) => index) } : {}) },
    score(scope) {
      const { g, parameter } = scope
      const factors: Value[] = []
      if (sure) factors.push(power(g, g.sum(picked(scope, sure, objectness?.activation), [2], false), exponents.objectness))
      if (scores) {
        const all = picked(scope, scores, classes.activation)
        const from = classes.background === 'first' ? 1 : 0
        const mine = g.mul(g.slice(all, 2, from, from + width), g.cast(parameter('classes'), all.type))
        factors.push(power(g, g.sum(mine, [2], false), exponents.classes))
      }
      const product = factors.reduce((x, y) => g.mul(x, y))
      return g.sum(product, [1], false) // [N, boxes] to [N]
    },
  }
}

/** All channels of the boxes that are meant, [N, boxes, channels]. */
function pickedCandidates({ g, read, parameter }: ObjectiveScope, { tensor, axis }: Placed, count: number): Value {
  const x = read(tensor)
  const order = [...x.shape.keys()].filter((i) => i !== axis)
  const rows = g.reshape(g.transpose(x, [...order, axis]), [x.shape[0] as Dim, count, x.shape[axis] as Dim])
  return g.matmul(g.cast(parameter('boxes'), x.type), rows)
}

function activate(g: ObjectiveScope['g'], x: Value, activation: Activation | undefined): Value {
  if (activation === 'sigmoid') return g.unary('Sigmoid', x)
  if (activation === 'tanh') return g.unary('Tanh', x)
  return activation === 'softmax' ? g.node('Softmax', [x], x, { axis: 2 }) : x
}
