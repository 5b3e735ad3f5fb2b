/** @file What a network's answer is, and where it is read: the one place that `inspect`, `layers`, `predict` and `explain` ask. */
import { type Warning, warn } from '../core/errors.ts'
import type { ElementType } from '../core/tensor.ts'
import { type Graph, isFloat, shapeText, type Shape } from '../graph/graph.ts'
import { ancestors } from '../graph/path.ts'
import type { Detector, Unread } from './detectors/detector.ts'
import { finishedInside } from './detectors/finished.ts'
import { recognise } from './detectors/recognise.ts'
import { type Fact, fact } from './fact.ts'
import { notUnderstood } from './not-understood.ts'
import { outputContracts } from './output.ts'
import type { OutputContract, OutputHints, OutputKind } from './output-kind.ts'

/** Where scores are read. */
export interface ScoreTensor {
  tensor: string
  /** Axis of the classes; undefined where there is one class only. */
  axis: number | undefined
  why: string
}

/** What is explained where nothing is named: the best class, the class that takes most places, the best box; `ask`: nothing. */
export type AnswerKind = 'class' | 'places' | 'box' | 'ask'

/** What a network's answer is. */
export interface NetworkAnswer {
  outputs: readonly OutputContract[]
  by: AnswerKind
  /** Where scores are read; of answers that are not understood the likeliest tensor. Undefined where no output comes of numbers. */
  scores: ScoreTensor | undefined
  /** What else could be meant, the likeliest first. */
  others: readonly ScoreTensor[]
  detector: Detector | undefined
  /** Why nothing is explained by itself, and what can be asked. */
  refusal: Unread | undefined
  warnings: readonly Warning[]
}

/** The answer as a fact. */
export function answerFact({ by, scores, detector, refusal }: NetworkAnswer): Fact<AnswerKind> {
  if (detector) return fact(by, detector.source, `${detector.family}: ${detector.from}`)
  if (refusal) return fact(by, 'assumed', refusal.what)
  return fact(by, 'graph', `${scores?.tensor ?? ''}, ${scores?.why ?? ''}`)
}

type KnownTensor = { type: ElementType | undefined; shape: Shape } | undefined

/** Finds the answer. `find`: type and shape of a tensor, where they are known. */
export function answerOf(graph: Graph, find: (name: string) => KnownTensor, hints: OutputHints): NetworkAnswer {
  const shapeOf = (name: string): Shape | undefined => find(name)?.shape
  const told = outputContracts(graph, shapeOf, hints)
  const found = detectorOf(graph, told, shapeOf, hints)
  const detector = found && 'detector' in found ? found.detector : undefined
  const outputs = detector ? told.map((output) => inRole(output, detector)) : told
  const ranked = rank(graph, outputs, hints)
  const floats = outputs.flatMap((output) => scoreTensorOf(output, find))
  const others = [...ranked.map(({ scores }) => scores), ...floats]
  const unique = [...new Map(others.toReversed().map((each) => [each.tensor, each])).values()].toReversed()
  const at = (scores: ScoreTensor | undefined): Pick<NetworkAnswer, 'scores' | 'others'> => ({
    scores,
    others: unique.filter(({ tensor }) => tensor !== scores?.tensor),
  })
  if (detector) {
    const [tensor = ''] = [detector.readings[0]?.classes.tensor ?? ''].flat()
    const scores = { tensor, axis: undefined, why: `the scores of boxes: ${detector.family}` }
    return { outputs, by: 'box', ...at(scores), detector, refusal: undefined, warnings: detector.warnings ?? [] }
  }
  const [best] = ranked
  const unread =
    found && 'unread' in found
      ? found.unread
      : (finishedInside(graph, outputs, batchedBefore(graph, find)) ?? (best ? undefined : notUnderstood(outputs, hints)))
  if (unread || !best)
    return { outputs, by: 'ask', ...at(best?.scores ?? firstBatched(outputs, floats)), detector, refusal: unread, warnings: [] }
  const warnings = [...faultOf(best.output), ...guessed(best, ranked)]
  return { outputs, by: best.by, ...at(best.scores), detector, refusal: undefined, warnings }
}

/** The family of a detector, unless the network is said to be something else. */
function detectorOf(
  graph: Graph,
  outputs: readonly OutputContract[],
  shapeOf: (name: string) => Shape | undefined,
  hints: OutputHints,
): ReturnType<typeof recognise> {
  if (hints.task !== undefined && hints.task !== 'detection' && hints.task !== 'keypoints') return undefined
  // features are given out beside the answer
  const own = outputs.flatMap(({ name, type, shape, batch, kind }) =>
    shape && batch === 0 && type !== undefined && isFloat(type) && kind.value !== 'embedding' ? [{ name, shape }] : [],
  )
  const image = graph.inputs.find(({ name }) => name === graph.image) ?? graph.inputs.find(({ shape }) => shape?.length === 4)
  const [, a, b, c] = (image && (shapeOf(image.name) ?? image.shape)) ?? []
  const [height, width] = typeof a === 'number' && a <= 4 ? [b, c] : [a, b]
  const size = typeof height === 'number' && typeof width === 'number' ? { height, width } : undefined
  return recognise({ ...hints, graph, outputs: own, all: outputs, size, shapeOf })
}

/** An output of a detector that is known. */
function inRole(output: OutputContract, { roles, family, source, from }: Detector): OutputContract {
  const kind = Object.hasOwn(roles, output.name) ? roles[output.name] : undefined
  if (!kind) return output
  const told = fact<OutputKind>(kind, source, `${family}: ${from}`)
  return kind === 'scores' ? { ...output, kind: told } : { ...output, kind: told, classes: undefined, scores: undefined }
}

interface Ranked {
  output: OutputContract
  by: 'class' | 'places'
  scores: ScoreTensor
  weight: number
}

/** What an output of a kind is explained by; others are explained only when they are asked for. */
const explainedBy: Partial<Record<OutputKind, Ranked['by']>> = {
  logits: 'class',
  probabilities: 'class',
  percent: 'class',
  ranked: 'class',
  classes: 'class',
  value: 'class',
  segmentation: 'places',
  'class-map': 'places',
  mask: 'places',
}

/** Tasks whose networks give no classes. */
const withoutClasses = ['detection', 'depth', 'keypoints', 'embedding', 'sequence']

/** Outputs that could be the answer, the likeliest first. */
function rank(graph: Graph, outputs: readonly OutputContract[], hints: OutputHints): Ranked[] {
  if (hints.task !== undefined && withoutClasses.includes(hints.task)) return []
  const all = outputs.flatMap((output): Ranked[] => {
    const by = explainedBy[output.kind.value]
    // one number at each place may be anything: it is no class before something says so
    if (!by || output.batch !== 0 || (output.kind.value === 'mask' && output.kind.source === 'assumed')) return []
    const scores = readAt(output)
    return scores ? [{ output, by, scores, weight: weightOf(output, by, hints) }] : []
  })
  const behind = new Map(all.map(({ output }) => [output.name, ancestors(graph, output.name)]))
  // of two that are as likely the one that is computed from the other is the answer
  return all.sort((a, b) => {
    if (a.weight !== b.weight) return b.weight - a.weight
    if (behind.get(a.output.name)?.has(b.output.name)) return -1
    return behind.get(b.output.name)?.has(a.output.name) ? 1 : 0
  })
}

const bySource: Readonly<Record<string, number>> = { given: 6, stated: 6, graph: 4, class: 4, convention: 3, assumed: 1 }

function weightOf({ kind, classes, name }: OutputContract, by: Ranked['by'], { labels, task }: OutputHints): number {
  const fits = labels > 0 && classes?.count === labels ? 8 : 0
  const asked = task === 'segmentation' ? by === 'places' : task !== undefined && by === 'class'
  const named = /logit|score|class|prob/i.test(name) ? 1 : 0
  return fits + (asked ? 5 : 0) + named + (kind.value === 'value' && task !== 'regression' ? 0 : (bySource[kind.source] ?? 0))
}

/** The tensor that an output's scores are read from. */
function readAt({ name, kind, scores, classes }: OutputContract): ScoreTensor | undefined {
  if (scores && scores.tensor !== name) return scores
  // a class, a rank or a name has no gradient of its own
  if (['classes', 'ranked', 'class-map'].includes(kind.value)) return undefined
  return { tensor: name, axis: classes?.axis, why: 'output of the model' }
}

/** The float tensor of an output, for those who name it. */
function scoreTensorOf(output: OutputContract, find: (name: string) => KnownTensor): ScoreTensor[] {
  const own = readAt(output)
  const tensor = own?.tensor ?? output.name
  const type = find(tensor)?.type ?? output.type
  if (type === undefined || !isFloat(type)) return []
  return [own ?? { tensor, axis: output.classes?.axis, why: 'output of the model' }]
}

/** Of tensors that are not understood, the first that has values for each image. */
function firstBatched(outputs: readonly OutputContract[], floats: readonly ScoreTensor[]): ScoreTensor | undefined {
  const batched = new Set(outputs.filter(({ batch }) => batch === 0).flatMap(({ name, scores }) => [name, scores?.tensor ?? name]))
  return floats.find(({ tensor }) => batched.has(tensor)) ?? floats[0]
}

/** Probabilities and scores inside a model, whose outputs have lost their batch. */
function batchedBefore(graph: Graph, find: (name: string) => KnownTensor): string[] {
  return graph.nodes
    .filter(({ operator }) => operator === 'Softmax' || operator === 'Sigmoid')
    .flatMap(({ outputs }) => {
      const [name = ''] = outputs
      const shape = find(name)?.shape
      return shape && shape.length === 3 ? [`${name} ${shapeText(shape)}`] : []
    })
    .slice(-2)
}

/** A softmax over the wrong axis. */
const faultOf = ({ name, fault }: OutputContract): Warning[] =>
  fault === undefined
    ? []
    : warn(
        'softmax-axis',
        `${name} holds no probabilities of classes: ${fault}`,
        'export the model with the softmax over its classes; its input is what is explained',
      )

/** Several outputs are as likely, or nothing says what the only one is. */
function guessed({ output, weight, by }: Ranked, ranked: readonly Ranked[]): Warning[] {
  const alike = ranked.slice(1).filter((each) => each.weight === weight && each.scores.tensor !== ranked[0]?.scores.tensor)
  if (by === 'places' && output.kind.source === 'assumed')
    return warn(
      'output-assumed',
      `nothing says what ${output.name} ${shapeText(output.shape ?? [])} holds: a segmentation was assumed`,
      'say it with `task` and `labels`; or name what is to be explained',
    )
  if (alike.length === 0 || output.kind.source !== 'assumed') return []
  const names = alike.map((each) => each.output.name).join(' and ')
  return warn(
    'output-assumed',
    `${output.name} and ${names} could be the answer alike: ${output.name} is explained`,
    'name the tensor of another one: `reductionLayer`',
  )
}
