/** @file Where an explanation comes from: what was asked for, resolved, and digests of everything that went in. Enough to make it again. */
import { item } from '../core/batch.ts'
import { sha256 } from '../core/digest.ts'
import { bytesOf } from '../core/tensor.ts'
import type { LayerOptions } from '../graph/layers.ts'
import type { OptionValues } from '../method/options.ts'
import type { PostProcessing } from '../method/post.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import type { AnySpec } from '../objective/kind.ts'
import type { Objective } from '../objective/objective.ts'
import { type FileDigest, sourceOf } from '../objective/source.ts'
import type { Smoothing } from './explanation.ts'
import type { PreparedBatch } from './prepare.ts'
import type { MethodRequest } from './request.ts'
import type { ExplainerState } from './state.ts'

/** Options that make the same map of the same inputs: what was asked for, with defaults and presets resolved. JSON-able. */
export interface ReplayOptions extends LayerOptions, PostProcessing, Partial<Smoothing> {
  /** The one target of this explanation, as it was described. */
  target: AnySpec
  method: string
  options: OptionValues
  fusion: string
  seed: number
}

/** SHA-256, hexadecimal. */
export interface Digests {
  /** Of the `.onnx` file; external data on disk is not read. */
  model: string
  /** Of the values of every input for this image, by name. */
  inputs: Readonly<Record<string, string>>
  /** Of the files that the target names. */
  files: readonly FileDigest[]
}

/** Digests of what goes into a batch: made while the network runs. By image, the values of every input. */
export async function digestsOf(
  state: ExplainerState,
  { feeds, images, batch }: PreparedBatch,
): Promise<Pick<Digests, 'model' | 'inputs'>[]> {
  const model = await state.digest()
  const digests = Array.from({ length: images }, async (_, n) => {
    const own = Object.entries(feeds).map(async ([name, tensor]) => [name, await sha256(bytesOf(item(tensor, n, batch)))] as const)
    return { model, inputs: Object.fromEntries(await Promise.all(own)) }
  })
  return Promise.all(digests)
}

/** What was asked for one objective of one method. */
export function replayOptions(
  { request }: Pick<PreparedBatch, 'request'>,
  { method, values, post }: MethodRequest,
  { spec, label }: Objective,
  index: number | undefined,
): { request: ReplayOptions; files: readonly FileDigest[] } {
  const { spec: described, files } = sourceOf((spec ?? { kind: 'custom', label }) as AnySpec)
  // the class that the graph chose is the one to replay
  const target = index === undefined ? described : ({ kind: 'class', class: index } as AnySpec)
  const { layers, fusion, seed, smoothing } = request
  return { request: { target, method: method.name, options: values, ...post, fusion, seed, ...smoothing, ...layers }, files }
}

/** How the photo was prepared; undefined for tensors, and where nothing is known of it. */
export const preprocessingOf = (state: ExplainerState, { given }: PreparedBatch): Preprocessing | undefined =>
  given.photo ? (given.preprocessing ?? state.network.preprocessing) : undefined
