/** @file The task of one picture of a batch: what the network is fed for it, and the programs that are kept. */
import { item, items } from '../batch.ts'
import type { Layers } from '../graph/layers.ts'
import type { Progress } from '../method/progress.ts'
import { createTask, type Task } from '../method/task.ts'
import { valueRange } from '../model/preprocessing.ts'
import type { Aim } from '../target/aim.ts'
import type { Tensor } from '../tensor.ts'
import { pictureValues } from './inputs.ts'
import { seedOf } from './request.ts'
import type { Ready, Workshop } from './workshop.ts'

export interface TaskOptions {
  aim: Aim
  layers: Layers
  /** The feature layer of the whole batch, where a forward pass was done already. */
  features: Tensor | undefined
  impliedSoftmax: boolean
  /** Everything that the nodes of its programs depend on, besides layers, shapes and the programs' own keys. */
  key: readonly unknown[]
  progress: Progress
}

/** The task of the n-th picture. */
export function taskOf(
  work: Workshop,
  ready: Ready,
  n: number,
  { aim, layers, features, impliedSoftmax, key, progress }: TaskOptions,
): Task {
  const { model, runtime, about, picture, programs } = work
  const { options, feeds, shapes, facts, batch } = ready
  const own = items(feeds, n, batch)
  return createTask({
    context: { model, facts, layers, aim, picture },
    feeds: own,
    ...(features ? { features: item(features, n, batch) } : {}),
    picture: pictureValues(own[picture.name] as Tensor, picture.layout),
    range: valueRange(about.preprocessing, picture.channels),
    impliedSoftmax,
    seed: seedOf(options.seed),
    signal: options.signal,
    progress,
    open: (program, make) =>
      programs.get(JSON.stringify([shapes, layers.feature.name, layers.reduction.name, ...key, program]), async () => {
        const made = make()
        return { made, session: await runtime.open(made.model) }
      }),
  })
}
