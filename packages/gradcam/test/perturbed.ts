/** @file Runs one procedure for any aim, picture by picture, and gives out what it comes to. */
import { taskOf } from '../src/explain/task.ts'
import { createWorkshop, prepare } from '../src/explain/workshop.ts'
import { untold } from '../src/method/progress.ts'
import type { Outcome, RunMethod } from '../src/method/definition.ts'
import { methodOptions, type OptionValue } from '../src/method/options.ts'
import { readModel } from '../src/model/read.ts'
import type { Aim } from '../src/target/aim.ts'
import type { Tensor } from '../src/tensor.ts'
import { runtime } from './explain.ts'

export interface Perturbed {
  model: Uint8Array
  /** All inputs, the picture among them; pictures one after the other. */
  inputs: Readonly<Record<string, Tensor>>
  featureLayer?: string
  reductionLayer?: string
  /** For the n-th picture. */
  aim: (n: number) => Aim
  options?: Readonly<Record<string, OptionValue>>
}

/** The outcomes for all pictures. */
export async function perturbed(
  method: RunMethod,
  { model, inputs, aim, options, featureLayer, reductionLayer }: Perturbed,
): Promise<Outcome[]> {
  const about = { name: 'test', labels: [], preprocessing: undefined, singleLabel: false }
  const work = createWorkshop(readModel(model), runtime, about)
  try {
    const { [work.picture.name]: tensor, ...others } = inputs
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
      const task = taskOf(work, ready, n, {
        ...{
          aim: aim(n),
          layers: ready.layers,
          features: undefined,
          impliedSoftmax: false,
          key: [method.name, values.all],
          progress: untold,
        },
      })
      outcomes.push(await method.run(task, values))
    }
    return outcomes
  } finally {
    await work.close()
  }
}
