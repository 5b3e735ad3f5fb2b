/** @file The run context of one image and one objective: what the network is fed for it; its sessions are held until the work is done. */
import { item, items } from '../core/batch.ts'
import { methodKey } from '../method/method.ts'
import type { Progress } from '../core/progress.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Layers } from '../graph/layers.ts'
import { valueRange } from '../model/preprocessing.ts'
import type { Objective } from '../objective/objective.ts'
import { holding } from '../runtime/pool.ts'
import { createRunContext, type RunContext } from '../run/run-context.ts'
import { imageValues } from './inputs.ts'
import type { PreparedBatch } from './prepare.ts'
import type { MethodRequest } from './request.ts'
import { type ExplainerState, leaseProgram } from './state.ts'

export interface RunContextPlace {
  /** Which image of the batch. */
  n: number
  objective: Objective
  layers: Layers
  /** The feature layer of the whole batch, where a forward pass was done already. */
  features: Tensor | undefined
  impliedSoftmax: boolean
  progress: Progress
  /** What the nodes of its forward passes depend on besides method, layers, shapes and their own keys. */
  key: readonly unknown[]
}

/** Does `work` with a run context; sessions stay leased until it ends. */
export async function withRunContext<T>(
  state: ExplainerState,
  { request, feeds, shapes, info, batch }: PreparedBatch,
  { method, values }: Pick<MethodRequest, 'method' | 'values'>,
  { n, objective, layers, features, impliedSoftmax, progress, key }: RunContextPlace,
  work: (context: RunContext) => Promise<T>,
): Promise<T> {
  const { model, network, image } = state
  const own = items(feeds, n, batch)
  return holding((hold) =>
    work(
      createRunContext({
        context: { model, info, layers, objective, image },
        feeds: own,
        ...(features ? { features: item(features, n, batch) } : {}),
        image: imageValues(own[image.name] as Tensor, image.layout),
        range: valueRange(network.preprocessing, image.channels),
        ...{ impliedSoftmax, seed: request.seed, signal: request.signal, progress },
        open(forward, make) {
          const from = [shapes, layers.feature.name, layers.reduction.name, methodKey(method), values, ...key, forward]
          return hold(leaseProgram(state, ['forward', ...from], make))
        },
      }),
    ),
  )
}
