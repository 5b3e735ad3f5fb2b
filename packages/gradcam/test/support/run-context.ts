/** @file A context as methods get it, for any model in memory and any objective; and what methods make of it. */
import { items } from '../../src/core/batch.ts'
import { memory } from '../../src/core/memory.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { imageInputOf, imageValues, shapesOf } from '../../src/explain/inputs.ts'
import type { Value } from '../../src/graph/graph.ts'
import { chooseLayers, type LayerOptions } from '../../src/graph/layers.ts'
import { readModel } from '../../src/graph/model.ts'
import { learnTensorInfo } from '../../src/graph/tensor-info.ts'
import type { Outcome, RunMethod } from '../../src/method/definition.ts'
import { type OptionTable, type OptionValues, resolveOptions } from '../../src/method/options.ts'
import type { Objective } from '../../src/objective/objective.ts'
import type { ForwardModel } from '../../src/run/forward-model.ts'
import type { GraphContext } from '../../src/run/graph-context.ts'
import { createRunContext, type RunContext } from '../../src/run/run-context.ts'
import type { Session } from '../../src/runtime/runtime.ts'
import { runtime } from './explain.ts'

export interface Subject extends LayerOptions {
  model: Uint8Array
  /** One image, and what else the model takes for it. */
  inputs: Readonly<Record<string, Tensor>>
  objective: Objective
}

/** Runs `use` with a context and releases its sessions. */
export async function withRunContext<T>(
  { model: bytes, inputs, objective, ...named }: Subject,
  use: (context: RunContext) => Promise<T>,
): Promise<T> {
  const model = readModel(bytes)
  const input = imageInputOf(model.graph.inputs)
  const dims = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensor.dims]))
  const info = await learnTensorInfo(model, runtime, shapesOf(model.graph.inputs, dims))
  const forwards = memory<{ made: ForwardModel; session: Session }>(8, ({ session }) => session.release())
  const context = createRunContext({
    context: { model, info, layers: chooseLayers(model.graph, info, named), objective, image: input },
    feeds: inputs,
    image: imageValues(inputs[input.name] as Tensor, input.layout),
    ...{ impliedSoftmax: false, range: undefined, seed: 1, signal: undefined, progress: () => undefined },
    open: (key, make) =>
      forwards.get(key, async () => {
        const made = make()
        return { made, session: await runtime.open(made.model) }
      }),
  })
  try {
    return await use(context)
  } finally {
    await forwards.clear()
  }
}

/** The outcomes of a method for every image of a batch. */
export async function outcomesOf<Options extends OptionTable>(
  method: RunMethod<Options>,
  { inputs, objective, options, ...subject }: Omit<Subject, 'objective'> & { objective: (n: number) => Objective; options?: OptionValues },
): Promise<Outcome[]> {
  const images = Math.max(...Object.values(inputs).map(({ dims }) => dims[0] ?? 1))
  const outcomes: Outcome[] = []
  for (let n = 0; n < images; n++) {
    const run = (context: RunContext): Promise<Outcome> => method.run(context, resolveOptions(method, options))
    outcomes.push(await withRunContext({ ...subject, inputs: items(inputs, n, images), objective: objective(n) }, run))
  }
  return outcomes
}

let asked = 0

/** What a context of the unchanged image holds. */
export async function valuesOf(context: RunContext, value: (context: GraphContext) => Value): Promise<Float32Array> {
  const forward = await context.forward({ key: `value ${asked++}`, outputs: (context) => ({ value: value(context) }) })
  const { value: values = new Float32Array() } = await forward.run(1, () => ({}))
  return values
}
