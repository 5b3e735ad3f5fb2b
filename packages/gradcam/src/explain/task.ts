/** @file The context of one image of a batch: what the network is fed for it, and the forwards that are kept. */
import { item, items } from '../core/batch.ts'
import type { Layers } from '../graph/layers.ts'
import type { Progress } from '../core/progress.ts'
import { createRunContext, type RunContext } from '../run/forward.ts'
import { valueRange } from '../model/preprocessing.ts'
import type { Hold } from '../runtime/pool.ts'
import type { Objective } from '../objective/objective.ts'
import type { Tensor } from '../core/tensor.ts'
import { imageValues } from './inputs.ts'
import { seedOf } from './request.ts'
import type { Ready, Workshop } from './workshop.ts'

export interface RunContextOptions {
  objective: Objective
  layers: Layers
  /** The feature layer of the whole batch, where a forward pass was done already. */
  features: Tensor | undefined
  impliedSoftmax: boolean
  /** Everything that the nodes of its forwards depend on, besides layers, shapes and the forwards' own keys. */
  key: readonly unknown[]
  progress: Progress
  /** Keeps the sessions of its forwards until the method has ended. */
  hold: Hold
}

/** The context of the n-th image. */
export function runContextOf(
  work: Workshop,
  ready: Ready,
  n: number,
  { objective, layers, features, impliedSoftmax, key, progress, hold }: RunContextOptions,
): RunContext {
  const { model, runtime, about, image, forwards } = work
  const { options, feeds, shapes, info, batch } = ready
  const own = items(feeds, n, batch)
  return createRunContext({
    context: { model, info, layers, objective, image },
    feeds: own,
    ...(features ? { features: item(features, n, batch) } : {}),
    image: imageValues(own[image.name] as Tensor, image.layout),
    range: valueRange(about.preprocessing, image.channels),
    impliedSoftmax,
    seed: seedOf(options.seed),
    signal: options.signal,
    progress,
    open: (forward, make) =>
      hold(
        forwards.lease(JSON.stringify([shapes, layers.feature.name, layers.reduction.name, ...key, forward]), async () => {
          const made = make()
          return { made, session: await runtime.open(made.model) }
        }),
      ),
  })
}
