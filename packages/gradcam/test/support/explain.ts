/** @file Explains tensors with a model in memory, as a loaded network does: one call, sessions released. */
import type { ExplanationData } from '../../src/explain/explanation.ts'
import type { Layers, LayerOptions } from '../../src/graph/layers.ts'
import { type Model, readModel } from '../../src/graph/model.ts'
import { createExplainer, type Explainer } from '../../src/explain/explainer.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import type { NetworkInfo } from '../../src/explain/state.ts'
import { nodeRuntime } from '../../src/node/runtime.ts'
import type { Tensor } from '../../src/core/tensor.ts'

/** Small models gain nothing from threads, and tests share their cores. */
export const runtime = await nodeRuntime({ threads: 1 })

const unknown: NetworkInfo = { name: 'test', labels: [], preprocessing: undefined, singleLabel: false }

/** Runs `use` with a network and closes it. */
export async function withNetwork<T>(
  model: Uint8Array | Model,
  use: (network: Explainer) => Promise<T>,
  about: Partial<NetworkInfo> = {},
): Promise<T> {
  const network = createExplainer(model instanceof Uint8Array ? readModel(model) : model, runtime, { ...unknown, ...about })
  try {
    return await use(network)
  } finally {
    await network.close()
  }
}

/** Per image of the batch, per target, one explanation. */
export const explainAll = (
  model: Uint8Array | Model,
  tensor: Tensor,
  options: ExplainOptions = {},
  about: Partial<NetworkInfo> = {},
): Promise<ExplanationData[][]> =>
  withNetwork(model, (network) => network.explain({ tensor, region: undefined, photo: undefined }, options), about)

/** One image, one target. */
export async function explainOne(
  model: Uint8Array | Model,
  tensor: Tensor,
  options: ExplainOptions = {},
  about: Partial<NetworkInfo> = {},
): Promise<ExplanationData> {
  const results = await explainAll(model, tensor, options, about)
  const only = results[0]?.[0]
  if (!only || results.length !== 1 || results[0]?.length !== 1) throw new Error('one explanation was expected')
  return only
}

export const layersOf = (model: Uint8Array, options?: LayerOptions): Promise<Layers> =>
  withNetwork(model, (network) => network.layers(options))
