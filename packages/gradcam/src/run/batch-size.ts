/** @file How many items fit into one batch, by the sizes of the tensors that are computed for each. */
import { sizeOf } from '../core/tensor.ts'
import { batchNormsInTraining } from '../contract/training.ts'
import { externalBytes } from '../model/external.ts'
import type { ForwardContext } from './forward-model.ts'

// intermediate tensors of a batch together, where weights are fewer: what is larger leaves the cache before it is read
const usualBytes = 2 ** 25
const maxBytes = 2 ** 29
// larger batches are no faster per image (docs/decisions/workers.md); what follows the features is mostly a product with weights
const maxItems = { image: 16, features: 64, shared: 1024 } as const

/** For forward passes that begin at the image, or behind the features. How many runs there are at a time has no say: digits would hang on it. */
export function batchSize({ model, info, layers, image }: ForwardContext, from: 'image' | 'features'): number {
  // images of a batch would change each other's answers
  if (batchNormsInTraining(model.graph).length > 0) return 1
  const bytesOf = (name: string): number => 4 * sizeOf((info.find(name)?.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1)))
  // what is put in place of the image or the features
  let bytes = bytesOf(from === 'image' ? image.name : layers.feature.name)
  let behind = from === 'image'
  for (const { outputs } of model.graph.nodes) {
    if (behind) for (const name of outputs) bytes += bytesOf(name)
    if (outputs.includes(layers.feature.name)) behind = true
  }
  const weights = model.bytes.length + externalBytes(model.external)
  return fitting(bytes, maxItems[from], Math.min(maxBytes, Math.max(usualBytes, weights)))
}

/** Where all items share one image's features: only their gradient exists for each item, perhaps at every place. */
export const sharedBatchSize = ({ model, info, layers }: ForwardContext): number =>
  batchNormsInTraining(model.graph).length > 0
    ? 1
    : fitting(16 * sizeOf(info.value(layers.feature.name).shape.slice(1).map(Number)), maxItems.shared, maxBytes)

const fitting = (bytes: number, items: number, most: number): number => Math.max(1, Math.min(items, Math.floor(most / Math.max(bytes, 1))))
