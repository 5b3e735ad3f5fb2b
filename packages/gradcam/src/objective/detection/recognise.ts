/** @file Detectors that are known by the shapes of their outputs: YOLO v5 and v8, FastestDet, SSD, DETR. */
import { type Dim, shapeText, type Value } from '../../graph/graph.ts'
import { traitsOf } from '../../graph/operators.ts'
import type { ObjectiveContext } from '../context.ts'
import { badTarget } from '../refusal.ts'
import type { Decoding } from './decoding.ts'

/**
 * The decoding of a model, where its outputs leave no doubt: they must fit the number of labels.
 *
 * @throws GradcamError `bad-target`, which says how to describe the outputs
 */
export function recognisedDecoding(context: ObjectiveContext): Decoding {
  const found = findDecoding(context)
  if (found) return found
  const count = context.labels.length
  const listed = outputsOf(context)
    .map(({ name, shape }) => `${name} ${shapeText(shape)}`)
    .join(', ')
  const described =
    count === 0
      ? 'give labels (config.json beside the model), or describe the outputs: {"kind": "box", "box": 17, "decoding": {…}}'
      : 'describe the outputs: {"kind": "box", "class": 0, "decoding": {"classes": {"tensor": "output:0", "from": 5}, …}}'
  throw badTarget(
    `these are not the outputs of a detector that is known by its shapes, with ${count} labels: ${listed}`,
    `${described}, see docs/targets.md`,
  )
}

/** The same; undefined where there is doubt. */
export function findDecoding(context: ObjectiveContext): Decoding | undefined {
  const count = context.labels.length
  if (count === 0) return undefined
  const outputs = outputsOf(context)
  const whole = outputs.map((output) => ofOne(output, count, context)).filter((decoding) => decoding !== undefined)
  if (whole.length > 0) return whole.length === 1 ? whole[0] : undefined
  return ofTwo(outputs, count, context)
}

const outputsOf = ({ graph, info }: ObjectiveContext): Value[] =>
  graph.outputs.map(({ name }) => info.find(name)).filter((value) => value !== undefined)

function ofOne({ name: tensor, shape }: Value, count: number, context: ObjectiveContext): Decoding | undefined {
  const [, a, b] = shape
  if (shape.length === 4 && a === count + 5) return fastestDet(tensor, shape, context)
  if (shape.length !== 3 || a === b) return undefined
  // [N, candidates, x y w h objectness classes…]
  if (b === count + 5)
    return {
      boxes: { tensor, count: 4, format: 'cxcywh', units: 'pixels' },
      objectness: { tensor, from: 4, count: 1 },
      classes: { tensor, from: 5 },
    }
  // [N, x y w h classes…, candidates], or the same with the candidates first
  const axis = a === count + 4 ? 1 : b === count + 4 ? 2 : undefined
  if (axis === undefined) return undefined
  return { boxes: { tensor, axis, count: 4, format: 'cxcywh', units: 'pixels' }, classes: { tensor, axis, from: 4 } }
}

/**
 * [N, objectness, 4 offsets, classes, rows, columns]: centre = (cell + tanh) / cells, size = sigmoid, score = objectness^0.6 · class^0.4
 * (dog-qiuqiu/FastestDet, example/onnx-runtime/runtime.py and utils/tool.py). Its end joins just these three parts.
 */
function fastestDet(tensor: string, shape: readonly Dim[], { graph, info }: ObjectiveContext): Decoding | undefined {
  const [, channels, rows, columns] = shape as number[]
  const end = graph.producers.get(tensor)
  const parts = end?.operator === 'Concat' ? end.inputs.map((name) => info.find(name)?.shape[1]) : []
  if (parts[0] !== 1 || parts[1] !== 4 || parts[2] !== (channels as number) - 5 || !rows || !columns) return undefined
  return {
    objectness: { tensor, axis: 1, count: 1 },
    boxes: {
      ...{ tensor, axis: 1, from: 1, count: 4, format: 'cxcywh', units: 'normalised' },
      activations: ['tanh', 'tanh', 'sigmoid', 'sigmoid'],
      grid: [rows, columns],
    },
    classes: { tensor, axis: 1, from: 5 },
    exponents: { objectness: 0.6, classes: 0.4 },
    // its three branches part early; Grad-CAM's weights are telling where the classes are decided
    ...(end?.inputs[2] ? { features: end.inputs[2] } : {}),
  }
}

/** A tensor [N, candidates, 4] of boxes and one [N, candidates, classes] of scores. */
function ofTwo(outputs: readonly Value[], count: number, { graph }: ObjectiveContext): Decoding | undefined {
  const boxes = outputs.filter(({ shape }) => shape.length === 3 && shape[2] === 4)
  const scores = outputs.filter(
    ({ shape }) => shape.length === 3 && (shape[2] === count + 1 || shape[2] === count) && shape[1] === boxes[0]?.shape[1],
  )
  const [box, score] = [boxes[0], scores[0]]
  if (!box || !score || box === score || boxes.length > 1 || scores.length > 1) return undefined
  const background = score.shape[2] === count + 1
  const finished = ['Softmax', 'Sigmoid'].includes(makerOf(graph.producers, score.name))
  // single-shot detectors give out corners and finished probabilities, with "no object" as the first class
  if (finished)
    return {
      classes: { tensor: score.name, ...(background ? { background: 'first' } : {}) },
      boxes: { tensor: box.name, format: 'xyxy', units: 'normalised' },
    }
  // transformers give out centres and logits, with "no object" as the last class or none
  return {
    classes: { tensor: score.name, ...(background ? { activation: 'softmax', background: 'last' } : { activation: 'sigmoid' }) },
    boxes: { tensor: box.name, format: 'cxcywh', units: 'normalised' },
  }
}

/** The operator that makes a tensor, behind those that only move values. */
function makerOf(producers: ObjectiveContext['graph']['producers'], name: string): string {
  let node = producers.get(name)
  for (let depth = 0; node && traitsOf(node).moves && depth < 16; depth++) node = producers.get(node.inputs[0] ?? '')
  return node?.operator ?? ''
}
