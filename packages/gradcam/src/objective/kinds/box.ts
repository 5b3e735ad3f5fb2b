/** @file A box of a detector: which candidate is meant, and its objectness^a · class^b as the score. */
import type { Decoding } from '../../contract/decoding.ts'
import { GradcamError, type Warning } from '../../core/errors.ts'
import type { Tensor } from '../../core/tensor.ts'
import { branchesOf } from '../../graph/branch.ts'
import { allOf, lookedUpBy, type Numbers, type Span } from '../../graph/lookup.ts'
import type { Shape, Value } from '../../graph/graph.ts'
import { type ObjectiveContext, tensorNamed } from '../context.ts'
import { bestBoxes, bestClass, type Chosen, faint } from '../detection/best.ts'
import { type Candidates, candidatesOf, cornersAt } from '../detection/candidates.ts'
import { levelOf, type Placed, placed } from '../detection/channels.ts'
import { decodingCheck } from '../detection/decoding.ts'
import { answersOf, candidatesOfAll, cornersIn, tensorsOf } from '../detection/found.ts'
import { matchedScore } from '../detection/match.ts'
import { readingFor } from '../detection/recognise.ts'
import { type BoxPart, boxScore } from '../detection/score.ts'
import { aClass, isIndices, oneOf, that } from '../fields.ts'
import type { ObjectiveKind } from '../kind.ts'
import { classOf, type Label, resolveLabel, topCount } from '../labels.ts'
import type { Objective } from '../objective.ts'
import { badTarget } from '../refusal.ts'

/** One box of a detector, or several as a sum. */
export interface BoxSpec {
  kind: 'box'
  /** Which candidate, counted from 0 as the network gives them out; either this or `class`. */
  box?: number | readonly number[]
  /** The class whose best box is meant, `top-1` the best of any class, `top-3` three targets; or, with `box`, the class whose score it is. Default: the box's best one. */
  class?: Label
  /** Its best box is 1, the next one of another place 2. Default: 1. */
  rank?: number
  /** Default: `score`. */
  part?: BoxPart
  /** How the network's outputs are to be read. Default: found by their shapes where those leave no doubt. */
  decoding?: Decoding
}

export const boxKind: ObjectiveKind<BoxSpec> = {
  kind: 'box',
  fields: {
    box: that((value) => isIndices([value].flat()), 'is the index of a box, or a list of them'),
    class: aClass,
    rank: that((value) => Number.isInteger(value) && (value as number) > 0, 'is a whole number, 1 or more'),
    part: oneOf('score', 'objectness', 'class'),
    decoding: decodingCheck,
  },
  conflict: ({ box, class: named }) =>
    box === undefined && named === undefined
      ? ['box names neither a box nor a class', 'give box, the index of a candidate, or class and rank']
      : undefined,
  words: {
    box(rest, { bad }) {
      if (/^\d+(\s*,\s*\d+)*$/.test(rest)) {
        const boxes = rest.split(',').map(Number)
        return { kind: 'box', box: boxes.length === 1 ? (boxes[0] as number) : boxes }
      }
      const [, label = '', rank] = /^(.*?)(?:#(\d+))?$/.exec(rest) ?? []
      if (label === '' || rank === '0') throw bad('write box:17, box:dog, or box:dog#2 for the second best')
      return { kind: 'box', class: classOf(label), ...(rank === undefined ? {} : { rank: Number(rank) }) }
    },
  },
  help: [
    ['box:dog  box:dog#2  box:top-3', "a detector's box by class and rank, its best ones,"],
    ['  box:17', '… or one by index'],
  ],
  async make(spec, context) {
    const specs = ranked(spec)
    const { decoding, warnings } = spec.decoding ? { decoding: spec.decoding, warnings: [] } : await readingFor(context)
    if (spec.part === 'objectness' && !decoding.objectness)
      throw badTarget('this model has no objectness', 'explain the class score of a box: part class')
    const found = await candidatesOfAll(decoding, context)
    const numbers = await numbersFor(decoding, context)
    return specs.map((each) => found.map((candidates) => boxObjective(each, decoding, candidates, { ...context, numbers, warnings })))
  },
}

/** So many are one target, or as many targets of one name. */
const maxBoxes = 256

/** The K best boxes, of whatever class, are K targets. */
function ranked(spec: BoxSpec): BoxSpec[] {
  const count = spec.class === undefined ? undefined : topCount(spec.class)
  if (count === undefined || count === 1) return [spec]
  if (spec.rank !== undefined || spec.box !== undefined)
    throw badTarget(`top-${count} is several boxes already: it takes neither box nor rank`, 'give top-1 and a rank for one of them')
  if (count < 1 || count > maxBoxes)
    throw badTarget(`top-${count} is out of range: so many boxes are not explained at once`, `use top-1 to top-${maxBoxes}`)
  return Array.from({ length: count }, (_, i) => ({ ...spec, class: 'top-1', rank: i + 1 }))
}

function boxObjective(spec: BoxSpec, decoding: Decoding, candidates: Candidates, context: Looked): Objective {
  const { part = 'score' } = spec
  const { name, boxes, classes, classScores } = candidates
  const chosen = chosenBoxes(spec, decoding, candidates)
  const found = chosen.map(({ candidate, index }) => ({ candidate, class: name(index), index, score: candidates.score(candidate, index) }))
  const where = `${found.length > 1 ? 'boxes' : 'box'} ${found.map(({ candidate }) => candidate).join(', ')}`
  const what = part === 'objectness' ? part : [...new Set(found.map((each) => each.class))].join(', ')
  return {
    ...(matchedScore(decoding, chosen, candidates, context) ?? boxScore(part, decoding, chosen, candidates, context)),
    label: `${where}: ${what}`,
    spec,
    before: branchOfBoxes(part, decoding, chosen, context),
    details: { boxes: found.map((each) => ({ ...each, ...cornersIn(candidates, each.candidate) })) },
    // nothing to compare where the decoding knows no boxes
    detections: boxes && {
      reads: tensorsOf(decoding, context),
      read(tensors) {
        const others = candidatesOf(decoding, tensors, 0, asSeen(context, tensors))
        // a single score beside the number of its class is all that tells how sure the network is
        const objectness = decoding.ids ? others.objectness.map((_, i) => others.score(i, bestClass(others, i))) : others.objectness
        return { ...others, objectness, boxes: others.boxes ?? new Float32Array(4 * others.count) }
      },
      meant: chosen.map(({ candidate }) => ({
        box: cornersAt(boxes, candidate),
        classScores: classScores.subarray(candidate * classes, (candidate + 1) * classes),
      })),
    },
    marked: chosen.flatMap(({ candidate }) => candidates.place(candidate) ?? []),
    answers: answersOf(decoding, candidates, 5),
    warnings: [...context.warnings, ...found.filter(({ score }) => score < faint).map((each) => faintBox(each.class, each.score))],
  }
}

type Looked = ObjectiveContext & { numbers: Numbers; warnings: readonly Warning[] }

/** What tells which branch finished boxes come from. Several images of a run each have numbers of their own. */
async function numbersFor({ classes, ids }: Decoding, context: ObjectiveContext): Promise<Numbers> {
  const { graph, info, images, look } = context
  const names = ids && images === 1 ? [classes.tensor].flat().flatMap((name) => lookedUpBy(graph, info, name)) : []
  const looked = names.length > 0 ? await look([...new Set(names)]) : {}
  return (name) => looked[name]
}

/** Where the feature layer is looked for: before the features that the decoding names, else in the branch that the boxes come from. */
function branchOfBoxes(part: BoxPart, decoding: Decoding, chosen: readonly Chosen[], context: Looked): string[] | undefined {
  const { classes, objectness, features } = decoding
  if (features !== undefined && part !== 'objectness') return [tensorNamed(context, features).name]
  const { graph, info, numbers } = context
  const found = chosen.map(({ candidate, index }) => {
    const channels = [
      ...(part === 'objectness' ? [] : [{ of: classes, at: decoding.ids ? 0 : index + (classes.background === 'first' ? 1 : 0) }]),
      ...(objectness && part !== 'class' ? [{ of: objectness, at: 0 }] : []),
    ]
    return channels.map(({ of, at }) => {
      const levels = placed(of, context, 'channels')
      const { level, own } = levelOf(levels, candidate)
      const place = levels[level] as Placed
      const ends = branchesOf(graph, info, place.tensor, spansOf(place, info.value(place.tensor).shape, own, at), numbers)
      // a level in a tensor of its own is a branch already
      return ends.length === 0 && levels.length > 1 ? [place.tensor] : ends
    })
  })
  const branches = found.flat()
  return branches.length > 0 && branches.every((ends) => ends.length > 0) ? [...new Set(branches.flat())] : undefined
}

/** Where a channel of a candidate stands in its tensor; candidates are counted over all other axes, the last one fastest. */
function spansOf({ axis, groups, channels, from }: Placed, shape: Shape, candidate: number, channel: number): Span[] {
  let rest = candidate
  let first = from + channel
  const spans = shape.map(allOf)
  for (let i = shape.length - 1; i > 0; i--) {
    if (i === axis) {
      first += (rest % groups) * channels
      rest = Math.floor(rest / groups)
      continue
    }
    const length = Number(shape[i])
    spans[i] = { from: rest % length, to: (rest % length) + 1 }
    rest = Math.floor(rest / length)
  }
  if (axis < shape.length) spans[axis] = { from: first, to: first + 1 }
  return spans
}

/** Which candidates are meant, and the class of each whose score counts: the one that is named, else its best one. */
function chosenBoxes(spec: BoxSpec, decoding: Decoding, candidates: Candidates): Chosen[] {
  const { classes, classScores, count, name } = candidates
  if (count === 0 || (decoding.ids && !classScores.some((score) => score > 0))) throw noBox()
  const chosen = boxesMeant(spec, decoding, candidates)
  const without = decoding.ids && chosen.find(({ candidate, index }) => !((classScores[candidate * classes + index] as number) > 0))
  if (!without) return chosen
  const found = Array.from({ length: classes }, (_, k) => k).filter((k) => {
    for (let i = 0; i < count; i++) if ((classScores[i * classes + k] as number) > 0) return true
    return false
  })
  const where = spec.box === undefined ? `none of its ${count} boxes is` : `box ${without.candidate} is not`
  throw new GradcamError('target-absent', `the model names one class for each box, and ${where} ${name(without.index)}`, {
    hint: `it gives out ${found.slice(0, 6).map(name).join(', ') || 'no box at all'}`,
  })
}

/** The context of another image, of which there may be more or fewer boxes. */
function asSeen(context: ObjectiveContext, tensors: Readonly<Record<string, Tensor>>): ObjectiveContext {
  const { info } = context
  const value = (name: string): Value => ({ ...info.value(name), ...(tensors[name] ? { shape: tensors[name].dims } : {}) })
  return { ...context, images: 1, batch: 1, info: { ...info, value, find: (name) => info.find(name) && value(name) } }
}

const noBox = (): GradcamError =>
  new GradcamError('target-absent', 'the detector finds no box in this image: there is nothing to explain', {
    hint: 'look at how the image is prepared (`inspect()`), export the model with a lower score threshold, or explain a number from before its boxes are sorted: `target: "value:NAME[…]"`',
  })

function boxesMeant({ box, class: word, rank = 1 }: BoxSpec, decoding: Decoding, candidates: Candidates): Chosen[] {
  const any = word === undefined || (box === undefined && topCount(word) === 1)
  const named = any ? undefined : resolveLabel(word, candidates.labels, candidates.classes)
  if (named && named.kind !== 'class')
    throw badTarget('a box is named by one class', 'name the class by label or index, with #2 for its second best box')
  if (box === undefined) return [byRank(rank, named?.index, decoding, candidates)]
  const boxes = [box].flat()
  if (boxes.length > maxBoxes) throw badTarget(`${boxes.length} boxes are asked for at once`, `at most ${maxBoxes}`)
  const beyond = boxes.find((candidate) => candidate >= candidates.count)
  if (beyond !== undefined)
    throw new GradcamError('bad-index', `there is no box ${beyond}: the model gives out ${candidates.count}`, {
      hint: `use 0 to ${candidates.count - 1}`,
    })
  return boxes.map((candidate) => ({ candidate, index: named?.index ?? bestClass(candidates, candidate) }))
}

function byRank(rank: number, index: number | undefined, decoding: Decoding, candidates: Candidates): Chosen {
  const best = bestBoxes(candidates, index, rank, decoding)
  const chosen = best[rank - 1]
  const enough = best.filter((each) => candidates.score(each.candidate, each.index) >= faint).length
  if (chosen && (rank === 1 || enough >= rank)) return chosen
  const label = index === undefined ? undefined : candidates.name(index)
  const [what, first, last] =
    label === undefined ? ['boxes', 'box:top-1', `box:top-${enough}`] : [`boxes of ${label}`, `box:${label}`, `box:${label}#${enough}`]
  throw new GradcamError('target-absent', `there are only ${enough} ${what} with a score of at least ${faint}`, {
    hint: enough === 0 ? `${first} explains the best candidate all the same` : `the last one is ${last}`,
  })
}

const faintBox = (label: string, score: number): Warning => ({
  code: 'box-faint',
  message: `the best box of ${label} scores only ${score.toPrecision(2)}: the network does not see it`,
  hint: 'explain a class that it sees, or read the map as what little speaks for this one',
})
