/** @file Runs one procedure for any objective, image by image, and gives out what it comes to. */
import { runContextOf } from '../../src/explain/task.ts'
import { createWorkshop, prepare } from '../../src/explain/workshop.ts'
import { noProgress } from '../../src/core/progress.ts'
import type { Outcome, RunMethod } from '../../src/method/definition.ts'
import { methodOptions, type OptionValue } from '../../src/method/options.ts'
import { readModel } from '../../src/graph/model.ts'
import type { Objective } from '../../src/objective/objective.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { type Hold, holding } from '../../src/runtime/pool.ts'
import { runtime } from './explain.ts'

export interface Perturbed {
  model: Uint8Array
  /** All inputs, the image among them; images one after the other. */
  inputs: Readonly<Record<string, Tensor>>
  featureLayer?: string
  reductionLayer?: string
  /** For the n-th image. */
  objective: (n: number) => Objective
  options?: Readonly<Record<string, OptionValue>>
}

/** The outcomes for all images. */
export async function perturbed(
  method: RunMethod,
  { model, inputs, objective, options, featureLayer, reductionLayer }: Perturbed,
): Promise<Outcome[]> {
  const about = { name: 'test', labels: [], preprocessing: undefined, singleLabel: false }
  const work = createWorkshop(readModel(model), runtime, about)
  try {
    const { [work.image.name]: tensor, ...others } = inputs
    const ready = await prepare(
      work,
      { tensor: tensor as Tensor, region: undefined, photo: undefined },
      {
        ...(featureLayer === undefined ? {} : { featureLayer }),
        ...(reductionLayer === undefined ? {} : { reductionLayer }),
        inputs: others,
      },
    )
    const values = methodOptions(method.name, method.options, options)
    const outcomes: Outcome[] = []
    for (let n = 0; n < ready.batch; n++) {
      const run = (hold: Hold): Promise<Outcome> =>
        method.run(
          runContextOf(work, ready, n, {
            hold,
            ...{
              objective: objective(n),
              layers: ready.layers,
              features: undefined,
              impliedSoftmax: false,
              key: [method.name, values.all],
              progress: noProgress,
            },
          }),
          values,
        )
      outcomes.push(await holding(run))
    }
    return outcomes
  } finally {
    await work.close()
  }
}
