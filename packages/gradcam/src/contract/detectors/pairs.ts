/** @file Detectors that give boxes in one tensor and scores in another: the DETR family, SSD and its kin, YOLO-NAS. */
import type { Graph } from '../../graph/graph.ts'
import { scoresBefore } from '../../graph/scores.ts'
import type { Decoding } from '../decoding.ts'
import { type Candidate, type Detector, type DetectorQuestion, fixed, type Verdict } from './detector.ts'

/** Outputs that a network is trained with, beside its answer. */
const auxiliary = /^(enc|intermediate|init|aux|dn|denoising|encoder|decoder|initial|last)_|hidden_state|reference_points|attention/i

/** Names of the boxes and of the scores, the likeliest first. */
const boxNames = [/^pred_?boxes$/i, /^(bboxes|boxes|bbox|box|locs?|localizations?)$/i, /box|loc/i]
const scoreNames = [
  /^(pred_?)?logits$/i,
  /^(scores?|confs?|confidences?|classes|class_logits|cls_logits|probs?)$/i,
  /score|conf|logit|class|cls|prob/i,
]

/** Boxes and scores of as many candidates. */
export function pair(question: DetectorQuestion): Verdict {
  const { outputs, labels } = question
  const own = outputs.filter(({ name }) => !auxiliary.test(name))
  const boxes = byNames(own.filter(isBoxes), boxNames) ?? single(own.filter((each) => isBoxes(each) && !fitsScores(each, labels)))
  if (!boxes) return undefined
  const others = own.filter((each) => each !== boxes && candidatesOf(each, scoreAxis(each)) === candidatesOf(boxes, boxAxis(boxes)))
  const fitting = labels > 0 ? others.filter((each) => fitsScores(each, labels)) : others
  const scores = byNames(fitting, scoreNames) ?? (labels > 0 ? single(fitting) : undefined)
  if (!scores) return undefined
  const roles = { [boxes.name]: 'boxes', [scores.name]: 'scores' } as const
  const found = readingsOf(boxes, scores, question)
  return found && { detector: { ...found, roles } }
}

const single = <T>(list: readonly T[]): T | undefined => (list.length === 1 ? list[0] : undefined)

/** The only one whose name fits the first pattern that any fits. */
function byNames(list: readonly Candidate[], patterns: readonly RegExp[]): Candidate | undefined {
  for (const pattern of patterns) {
    const hits = list.filter(({ name }) => pattern.test(name))
    if (hits.length > 0) return single(hits)
  }
  return undefined
}

/** [N, A, 4], [N, A, 1, 4] or [N, 4, A]. */
const isBoxes = ({ shape }: Candidate): boolean =>
  (shape.length === 3 && (shape[2] === 4 || (shape[1] === 4 && (fixed(shape[2]) ?? 0) > 4))) ||
  (shape.length === 4 && shape[2] === 1 && shape[3] === 4)

const boxAxis = ({ shape }: Candidate): number => (shape.length === 3 && shape[2] !== 4 ? 1 : shape.length - 1)

// classes are fewer than candidates; of few queries the classes are last
const scoreAxis = ({ shape }: Candidate, labels = 0): number =>
  shape.length === 3 && labels > 0 && shape[2] !== labels && shape[2] !== labels + 1 && (shape[1] === labels || shape[1] === labels + 1)
    ? 1
    : shape.length - 1

const fitsScores = (each: Candidate, labels: number): boolean => {
  const width = each.shape[scoreAxis(each, labels)]
  return labels > 0 && (width === labels || width === labels + 1)
}

const candidatesOf = ({ shape }: Candidate, axis: number): string =>
  shape
    .filter((_, i) => i > 0 && i !== axis)
    .filter((dim) => dim !== 1)
    .join('×')

function readingsOf(boxes: Candidate, scores: Candidate, question: DetectorQuestion): Omit<Detector, 'roles'> | undefined {
  const { labels, graph, architecture } = question
  const axis = scoreAxis(scores, labels)
  const width = fixed(scores.shape[axis])
  if (width === undefined) return undefined
  const made = probabilityOf(graph, scores.name)
  const background = labels > 0 ? width === labels + 1 : made === 'softmax'
  const place = axis === scores.shape.length - 1 ? { tensor: scores.name } : { tensor: scores.name, axis }
  const at = { tensor: boxes.name, ...(boxAxis(boxes) === boxes.shape.length - 1 ? {} : { axis: boxAxis(boxes) }) }
  const from = `the outputs ${boxes.name} and ${scores.name}${architecture === undefined ? '' : `, and ${architecture}`}`
  const reading = (classes: Decoding['classes'], format: 'xyxy' | 'cxcywh' | 'yxyx', units: 'pixels' | 'normalised'): Decoding => ({
    classes,
    boxes: { ...at, format, units },
  })
  // transformers give out centres and logits, with "no object" as the last class or none
  const queries = boxNames[0]?.test(boxes.name) || /detr|yolos|d_?fine/i.test(architecture ?? '')
  if (!made) {
    // raw numbers without labels: a softmax and a sigmoid would both do
    if (labels === 0) return undefined
    const classes: Decoding['classes'] = {
      ...place,
      ...(background ? { activation: 'softmax', background: 'last' } : { activation: 'sigmoid' }),
    }
    const first = { ...classes, ...(background ? { background: 'first' as const } : {}) }
    const own = [reading(classes, 'cxcywh', 'normalised')]
    const others = [reading(first, 'xyxy', 'normalised'), reading(first, 'xyxy', 'pixels'), reading(first, 'cxcywh', 'pixels')]
    return {
      family: queries ? 'the DETR family' : 'boxes and scores',
      source: 'convention',
      from,
      readings: queries ? own : [...own, ...others],
    }
  }
  // single-shot detectors give out corners and finished probabilities, with "no object" as the first class
  const classes: Decoding['classes'] = { ...place, ...(background ? { background: queries ? 'last' : 'first' } : {}) }
  const ways = (['xyxy', 'cxcywh'] as const).flatMap((format) =>
    (['normalised', 'pixels'] as const).map((units) => reading(classes, format, units)),
  )
  const own = queries ? [reading(classes, 'cxcywh', 'normalised')] : ways
  return { family: queries ? 'the DETR family' : 'boxes and scores', source: 'convention', from, readings: own }
}

/** The function that makes probabilities of scores, behind nodes that only move them or join those of several scales. */
function probabilityOf(graph: Graph, name: string): string | undefined {
  const found = scoresBefore(graph, () => undefined, name).probability
  if (found) return found.kind
  let node = graph.producers.get(name)
  for (let depth = 0; node && depth < 16; depth++) {
    if (node.operator === 'Concat') return probabilityOf(graph, node.inputs[0] ?? '')
    if (!['Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Cast'].includes(node.operator)) return undefined
    node = graph.producers.get(node.inputs[0] ?? '')
  }
  return undefined
}
