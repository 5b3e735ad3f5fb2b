/** @file Runs one procedure on any scalar of a network: y = Σ seed · output, as the golden networks define their targets. */
import type { Outcome, RunMethod } from '../src/method/definition.ts'
import { methodOptions, type OptionValue } from '../src/method/options.ts'
import { createTask, type TaskSource } from '../src/method/task.ts'
import { pictureValues } from '../src/inputs.ts'
import { readModel } from '../src/model/read.ts'
import type { Aim } from '../src/target/aim.ts'
import { float32, type Tensor, toFloat32 } from '../src/tensor.ts'
import { createWorkshop, prepare } from '../src/workshop.ts'
import { runtime } from './explain.ts'

/** y = Σ seed · output over all axes but the first; the seed is one picture's, [1, …]. */
export const seedAim = (output: string, seed: Tensor): Aim => ({
  key: `seed of ${output}`,
  label: 'seed',
  index: undefined,
  reads: [output],
  feeds: { seed },
  score({ g, read, parameter }) {
    const product = g.mul(g.cast(read(output), 'float32'), parameter('seed'))
    return g.sum(
      product,
      product.shape.slice(1).map((_, i) => i + 1),
      false,
    )
  },
})

export interface Perturbed {
  model: Uint8Array
  /** All inputs, the picture among them; pictures one after the other. */
  inputs: Readonly<Record<string, Tensor>>
  featureLayer?: string
  reductionLayer?: string
  /** For the n-th picture. */
  aim: (n: number) => Aim
  options?: Readonly<Record<string, OptionValue>>
  task?: Partial<Pick<TaskSource, 'seed' | 'signal' | 'progress' | 'range' | 'impliedSoftmax'>>
}

/** The outcomes for all pictures. */
export async function perturbed(method: RunMethod, wanted: Perturbed): Promise<Outcome[]> {
  const model = readModel(wanted.model)
  const about = { name: 'test', labels: [], preprocessing: undefined, singleLabel: false }
  const work = createWorkshop(model, runtime, about)
  try {
    const tensor = wanted.inputs[work.picture.name] as Tensor
    const layerOptions = {
      ...(wanted.featureLayer === undefined ? {} : { featureLayer: wanted.featureLayer }),
      ...(wanted.reductionLayer === undefined ? {} : { reductionLayer: wanted.reductionLayer }),
    }
    const others = Object.fromEntries(Object.entries(wanted.inputs).filter(([name]) => name !== work.picture.name))
    const given = { tensor, region: undefined, photo: undefined }
    const ready = await prepare(work, given, { ...layerOptions, inputs: others })
    const outcomes: Outcome[] = []
    for (let n = 0; n < (tensor.dims[0] ?? 1); n++) {
      const feeds = Object.fromEntries(Object.entries(ready.feeds).map(([name, all]) => [name, itemOf(all, n)]))
      const task = createTask({
        context: { model, facts: ready.facts, layers: ready.layers, aim: wanted.aim(n), picture: work.picture },
        feeds,
        picture: pictureValues(feeds[work.picture.name] as Tensor, work.picture.layout),
        range: undefined,
        impliedSoftmax: false,
        seed: 1,
        signal: undefined,
        progress: () => undefined,
        ...wanted.task,
        open: (key, make) =>
          work.programs.get(key, async () => {
            const made = make()
            return { made, session: await runtime.open(made.model) }
          }),
      })
      outcomes.push(await method.run(task, methodOptions(method.name, method.options, wanted.options)))
    }
    return outcomes
  } finally {
    await work.close()
  }
}

/** Picture n of a batch. */
export function itemOf(all: Tensor, n: number): Tensor {
  const size = all.data.length / (all.dims[0] ?? 1)
  return float32(toFloat32(all).slice(n * size, (n + 1) * size), [1, ...all.dims.slice(1)])
}
