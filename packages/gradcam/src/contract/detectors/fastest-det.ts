/** @file FastestDet: one tensor of a grid, whose parts are joined at the end of the network. */
import type { Decoding } from '../decoding.ts'
import { type DetectorQuestion, fixed, type Verdict } from './detector.ts'

/**
 * [N, objectness, 4 offsets, classes, rows, columns]: centre = (cell + tanh) / cells, size = sigmoid, score = objectness^0.6 · class^0.4
 * (dog-qiuqiu/FastestDet, example/onnx-runtime/runtime.py and utils/tool.py). Its end joins just these three parts.
 */
export function fastestDet({ graph, outputs, labels, shapeOf }: DetectorQuestion): Verdict {
  const [only] = outputs
  if (!only || outputs.length !== 1 || only.shape.length !== 4 || labels === 0 || only.shape[1] !== labels + 5) return undefined
  const { name: tensor, shape } = only
  const end = graph.producers.get(tensor)
  const parts = end?.operator === 'Concat' ? end.inputs.map((name) => shapeOf(name)?.[1]) : []
  const [rows, columns] = [fixed(shape[2]), fixed(shape[3])]
  if (parts[0] !== 1 || parts[1] !== 4 || parts[2] !== labels || !rows || !columns) return undefined
  const decoding: Decoding = {
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
  const from = 'objectness, offsets and classes are joined at the end'
  return { detector: { family: 'FastestDet', source: 'graph', from, readings: [decoding], roles: { [tensor]: 'detections' } } }
}
