/** @file Networks that were exported as they are trained: their answer to a photo depends on what lies beside it in a batch. */
import { attributesOf } from '../graph/attributes.ts'
import type { Graph } from '../graph/graph.ts'
import { warn, type Warning } from '../core/errors.ts'

/** The normalisations that take mean and variance from the batch at hand. */
export const batchNormsInTraining = (graph: Graph): string[] =>
  graph.nodes
    .filter((node) => node.operator === 'BatchNormalization' && node.domain === '' && attributesOf(node).int('training_mode', 0) === 1)
    .map(({ name }) => name)

/** What is said of them. */
export function trainingNotes(graph: Graph): Warning[] {
  const [first, ...others] = batchNormsInTraining(graph)
  if (first === undefined) return []
  const more = others.length > 0 ? ` and ${others.length} more` : ''
  return warn(
    'training-mode',
    `the network was exported in training mode: ${first}${more} (BatchNormalization) normalises by the images at hand, not by what it learned`,
    'export it with `model.eval()`; until then every image is run by itself, and answers are not those of the trained network',
  )
}
