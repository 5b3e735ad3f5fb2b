/** @file Which class a number means that a detector gives out: whether 0 is the first class or a background. */
import { warn, type Warning } from '../../core/errors.ts'
import { attributesOf } from '../../graph/attributes.ts'
import type { DetectorQuestion } from './detector.ts'

export interface ClassNumbers {
  /** The number of the first class, and how many there are where that is known. */
  ids: { first?: number; classes?: number }
  warnings: readonly Warning[]
}

/** Whether labels begin with one that stands for no object. */
export const namesBackground = ([first = '']: readonly string[]): boolean =>
  /^(_*background_*|bg|none|n\/a|\?+|no[ _-]?object)$/i.test(first.trim())

const known: ClassNumbers = { ids: {}, warnings: [] }

/** Numbers as labels fit them. `tensor`: the scores; `fromOne`: a convention that counts from 1. */
export function classNumbers({ labels, background, graph, shapeOf }: DetectorQuestion, tensor: string, fromOne: boolean): ClassNumbers {
  if (labels === 0) return known
  const classes = columnsBefore({ graph, shapeOf }, tensor)
  if (background || classes === labels) return { ids: { classes: labels }, warnings: [] }
  if (classes === labels + 1) return { ids: { first: 1, classes: labels }, warnings: [] }
  if (classes !== undefined)
    return {
      ids: { classes },
      warnings: warn(
        'labels-mismatch',
        `there are ${labels} labels, and the detector scores ${classes} classes: they are shown by number`,
        'give as many `labels`, with or without a background first',
      ),
    }
  if (!fromOne) return known
  return {
    ids: { first: 1 },
    warnings: warn(
      'classes-from-one',
      'numbers of classes were taken to count from 1, as those of TensorFlow do',
      'put a background first in `labels` where the first class is number 0, or where numbers have gaps give a label for each',
    ),
  }
}

// suppression writes some dozens of nodes
const maxSteps = 64

/** Classes of the softmax or the sigmoid that scores come from. */
function columnsBefore({ graph, shapeOf }: Pick<DetectorQuestion, 'graph' | 'shapeOf'>, tensor: string): number | undefined {
  let node = graph.producers.get(tensor)
  for (let steps = 0; node && steps < maxSteps; steps++) {
    const [from = ''] = node.inputs
    if (node.operator === 'Softmax' || node.operator === 'Sigmoid') {
      const shape = shapeOf(from) ?? []
      const axis = node.operator === 'Softmax' ? attributesOf(node).int('axis', -1) : -1
      const dim = shape.length > 1 ? shape.at(axis) : undefined
      return typeof dim === 'number' && dim > 1 ? dim : undefined
    }
    if (node.operator === 'Transpose') return undefined
    node = graph.producers.get(from)
  }
  return undefined
}
