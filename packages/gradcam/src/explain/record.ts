/** @file Records where explanations come from: the options and digests of `provenance.ts`. */
import { item } from '../core/batch.ts'
import { bytesOf } from '../core/tensor.ts'
import { type Origin, originOf } from '../contract/fact.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import type { AnySpec } from '../objective/kind.ts'
import type { Objective } from '../objective/objective.ts'
import { type Source, sourceOf } from '../objective/source.ts'
import type { PreparedBatch } from './prepare.ts'
import type { Digests, ReplayOptions } from './provenance.ts'
import type { MethodRequest } from './request.ts'
import type { ExplainerState } from './state.ts'

/** Digests of what goes into a batch: made while the network runs. By image, the values of every input. */
export async function digestsOf(
  state: ExplainerState,
  { feeds, images, batch }: PreparedBatch,
): Promise<Pick<Digests, 'model' | 'inputs'>[]> {
  const model = await state.modelDigest()
  const digests = Array.from({ length: images }, async (_, n) => {
    const own = Object.entries(feeds).map(async ([name, tensor]) => [name, await state.sha256(bytesOf(item(tensor, n, batch)))] as const)
    return { model, inputs: Object.fromEntries(await Promise.all(own)) }
  })
  return Promise.all(digests)
}

/** What was asked for one method, but for its target. */
export const replaySettings = (
  { request: { layers, fusion, seed, smoothing } }: Pick<PreparedBatch, 'request'>,
  { method, values, post }: MethodRequest,
): Omit<ReplayOptions, 'target'> => ({ method: method.name, options: values, ...post, fusion, seed, ...smoothing, ...layers })

/** The target that makes the explanation of an objective again, and the files that it names. The class that the graph chose is the one to replay. */
export const replayTarget = ({ spec, label }: Objective, index: number | undefined): Source =>
  index === undefined
    ? sourceOf((spec ?? { kind: 'custom', label }) as AnySpec)
    : { spec: { kind: 'class', class: index } as AnySpec, files: noFiles }

const noFiles: Source['files'] = []

/** Where what is known of the model comes from. */
export const knownFrom = ({ network, contract }: ExplainerState, { given }: PreparedBatch): Readonly<Record<string, Origin>> => ({
  imageInput: originOf(contract.choice),
  ...network.knownFrom,
  ...Object.fromEntries(Object.entries(given.preparation ?? {}).map(([name, fact]) => [name, originOf(fact)])),
})

/** How the photo was prepared; undefined for tensors, and where nothing is known of it. */
export const preprocessingOf = (state: ExplainerState, { given }: PreparedBatch): Preprocessing | undefined =>
  given.photo ? (given.preprocessing ?? state.network.preprocessing) : undefined
