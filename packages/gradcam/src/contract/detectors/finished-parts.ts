/**
 * @file Finished boxes with their scores and the numbers of their classes in outputs of their own: torchvision's detectors, TensorFlow's,
 * SSD of the ONNX zoo, RT-DETR and D-FINE with their post-processing, EfficientNMS and BatchedNMS, MMDeploy.
 */
import { isFloat, type Shape } from '../../graph/graph.ts'
import type { Decoding } from '../decoding.ts'
import type { OutputContract, OutputKind } from '../output-kind.ts'
import { classNumbers } from './class-numbers.ts'
import type { Detector, DetectorQuestion, Verdict } from './detector.ts'

type Part = Pick<OutputContract, 'name' | 'type'> & { shape: Shape }

/** What TensorFlow gives out beside the answer, and training. */
const beside = /raw_|multiclass|anchor_ind|mask|key_?point|proposal/i
const counts = /^(num|n_)|valid_det|count/i
const scoreName = /score|conf|prob/i
const idName = /class|label|categor|(^|_)ids?$/i

/** Boxes [N, A, 4 or 5] and, for each of them, one number that is its class and one that is its score; or all of these without N. */
export function finishedParts(question: DetectorQuestion): Verdict {
  const own = question.all.flatMap(({ name, type, shape }): Part[] => (shape && !beside.test(name) ? [{ name, type, shape }] : []))
  const tables = own.filter(({ type, shape }) => isFloatType(type) && (shape.length === 2 || shape.length === 3) && isFour(shape.at(-1)))
  // five boxes have five scores: the table of more axes is that of the boxes
  const boxes = single(tables.filter(({ shape }) => tables.every((other) => other.shape.length <= shape.length)))
  if (!boxes) return undefined
  const lists = own.filter(({ name, shape }) => shape.length === boxes.shape.length - 1 && !counts.test(name) && asMany(shape, boxes.shape))
  const ids = single(lists.filter(({ type }) => !isFloatType(type))) ?? single(lists.filter(({ name }) => idName.test(name)))
  if (!ids) return undefined
  const scored = lists.filter(({ name, type }) => name !== ids.name && isFloatType(type))
  const scores = single(scored) ?? single(scored.filter(({ name }) => scoreName.test(name)))
  if (boxes.shape.at(-1) === 5 ? scored.length > 0 : !scores) return undefined
  return { detector: detectorOf({ boxes, ids, scores }, question) }
}

const isFloatType = (type: Part['type']): boolean => type !== undefined && isFloat(type)
const isFour = (dim: Shape[number] | undefined): boolean => dim === 4 || dim === 5
const single = <T>(list: readonly T[]): T | undefined => (list.length === 1 ? list[0] : undefined)

/** Whether a list is as long as there are boxes, as far as is known. */
function asMany(list: Shape, boxes: Shape): boolean {
  const [a, b] = [list.at(-1), boxes.at(-2)]
  return typeof a !== 'number' || typeof b !== 'number' || a === b
}

function detectorOf({ boxes, ids, scores }: { boxes: Part; ids: Part; scores: Part | undefined }, question: DetectorQuestion): Detector {
  // TensorFlow's object detection API gives y first, in shares, and counts classes from 1
  const tensorflow = /^(.*[/:.])?detection_boxes(:\d+)?$/i.test(boxes.name)
  const numbers = classNumbers(question, scores?.name ?? boxes.name, tensorflow)
  const classes: Decoding['classes'] = scores ? { tensor: scores.name } : { tensor: boxes.name, from: 4, count: 1 }
  const reading = (units: 'pixels' | 'normalised'): Decoding => ({
    boxes: { tensor: boxes.name, count: 4, format: tensorflow ? 'yxyx' : 'xyxy', units },
    classes,
    ids: { tensor: ids.name, ...numbers.ids },
  })
  const named = [boxes.name, ids.name, ...(scores ? [scores.name] : [])].join(', ')
  const units = ['pixels', 'normalised'] as const
  const roles: Record<string, OutputKind> = { [boxes.name]: scores ? 'boxes' : 'detections', [ids.name]: 'classes' }
  return {
    family: tensorflow ? 'finished boxes of TensorFlow' : 'finished boxes',
    source: 'convention',
    from: `boxes, scores and numbers of classes in ${named}`,
    readings: (tensorflow ? units.toReversed() : units).map(reading),
    roles: scores ? { ...roles, [scores.name]: 'scores' } : roles,
    warnings: numbers.warnings,
  }
}
