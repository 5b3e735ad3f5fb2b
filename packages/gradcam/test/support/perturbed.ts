/** @file Runs one procedure for any objective, image by image, and gives out what it comes to. */
import type { Outcome, RunMethod } from '../../src/method/definition.ts'
import type { OptionValue } from '../../src/method/options.ts'
import { item } from '../../src/core/batch.ts'
import type { Objective } from '../../src/objective/objective.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { withNetwork } from './explain.ts'

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
export const perturbed = (
  method: RunMethod,
  { model, inputs, objective, options = {}, featureLayer, reductionLayer }: Perturbed,
): Promise<Outcome[]> =>
  withNetwork(model, async (network) => {
    const { [network.imageInput.name]: images, ...others } = inputs
    const batch = images?.dims[0] ?? 1
    const outcomes: Outcome[] = []
    for (let n = 0; n < batch; n++) {
      // what the method itself comes to, before it is finished
      const watched: RunMethod = {
        ...method,
        async run(context, values) {
          const outcome = await method.run(context, values)
          outcomes.push(outcome)
          return outcome
        },
      }
      const own = Object.entries(others).map(([name, tensor]) => [name, item(tensor, n, batch)])
      const { index: _, spec: __, warnings: ___, detections: ____, ...score } = objective(n)
      await network.explain(
        { tensor: item(images as Tensor, n, batch), region: undefined, photo: undefined },
        {
          ...{ method: watched, options, inputs: Object.fromEntries(own), target: { kind: 'custom', ...score } },
          ...(featureLayer === undefined ? {} : { featureLayer }),
          ...(reductionLayer === undefined ? {} : { reductionLayer }),
        },
      )
    }
    return outcomes
  })
