/**
 * @file Finished boxes as rows of one tensor: box, score and number of the class in some order. PaddleDetection, YOLO with NonMaxSuppression
 * or TopK inside. Which column is which the numbers tell: classes are whole, scores lie in 0 … 1, corners in the image.
 */
import type { Graph } from '../../graph/graph.ts'
import { isFloat } from '../../graph/graph.ts'
import type { Decoding } from '../decoding.ts'
import { classNumbers } from './class-numbers.ts'
import { type DetectorQuestion, fixed, type Verdict } from './detector.ts'

/** Where corners, score and class stand in a row; with seven numbers the first is that of the image. */
interface Order {
  boxes: number
  score: number
  id: number
}

const orders: Readonly<Record<number, readonly Order[]>> = {
  6: [
    { boxes: 0, score: 4, id: 5 },
    { boxes: 2, score: 1, id: 0 },
    { boxes: 0, score: 5, id: 4 },
  ],
  7: [
    { boxes: 1, score: 6, id: 5 },
    { boxes: 1, score: 5, id: 6 },
    { boxes: 3, score: 2, id: 1 },
  ],
}

/** The only table of rows of six or seven, of a network that chooses among its boxes. */
export function finishedRows(question: DetectorQuestion): Verdict {
  const { all, graph, ultralytics } = question
  // what Ultralytics gives out is stated
  if (ultralytics?.task !== undefined || !choosesBoxes(graph)) return undefined
  const tables = all.filter(({ type, shape }) => type !== undefined && isFloat(type) && shape !== undefined && shape.length > 1)
  const [only, ...others] = tables
  const columns = fixed(only?.shape?.at(-1)) ?? 0
  const ways = orders[columns]
  if (!only?.shape || others.length > 0 || only.shape.length > 3 || !ways) return undefined
  // as many classes as columns
  if (only.shape.length === 2 && only.batch === 0 && !countsBoxes(graph)) return undefined
  const { name: tensor } = only
  const numbers = classNumbers(question, tensor, false)
  const reading = ({ boxes, score, id }: Order, units: 'pixels' | 'normalised'): Decoding => ({
    boxes: { tensor, from: boxes, count: 4, format: 'xyxy', units },
    classes: { tensor, from: score, count: 1 },
    ids: { tensor, from: id, count: 1, ...numbers.ids },
  })
  return {
    detector: {
      family: 'rows of finished boxes',
      source: 'convention',
      from: `rows of ${columns} numbers, and the network chooses among its boxes`,
      readings: ways.flatMap((order) => (['pixels', 'normalised'] as const).map((units) => reading(order, units))),
      roles: { [tensor]: 'detections' },
      warnings: numbers.warnings,
      exclusive: true,
    },
  }
}

const counting = new Set(['NonMaxSuppression', 'NonZero'])

const countsBoxes = ({ nodes }: Graph): boolean => nodes.some(({ operator }) => counting.has(operator))

/** Whether a network suppresses or sorts, in its branches too. */
const choosesBoxes = (graph: Graph): boolean =>
  countsBoxes(graph) ||
  graph.nodes.some(
    ({ operator, proto }) =>
      operator === 'TopK' || /nms/i.test(operator) || proto.attribute.some(({ g }) => g?.node.some(({ opType }) => counting.has(opType))),
  )
