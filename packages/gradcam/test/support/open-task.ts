/** @file A context as methods get it, for any model in memory, any objective, and values per channel that no explanation holds. */
import { chooseLayers, type LayerOptions } from '../../src/graph/layers.ts'
import { learnTensorInfo } from '../../src/graph/learn-tensor-info.ts'
import type { Value } from '../../src/graph/graph.ts'
import { imageInputOf, imageValues, shapesOf } from '../../src/explain/inputs.ts'
import { memory } from '../../src/core/memory.ts'
import type { ForwardModel } from '../../src/run/forward-model.ts'
import type { GraphContext } from '../../src/run/graph-context.ts'
import { createRunContext, type RunContext, type RunContextSource } from '../../src/run/forward.ts'
import { readModel } from '../../src/graph/model.ts'
import type { Session } from '../../src/runtime/runtime.ts'
import type { Objective } from '../../src/objective/objective.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { runtime } from './explain.ts'

export interface TaskOf extends LayerOptions, Partial<Pick<RunContextSource, 'range' | 'seed' | 'signal' | 'progress'>> {
  model: Uint8Array
  /** One image, and what else the model takes for it. */
  inputs: Readonly<Record<string, Tensor>>
  objective: Objective
}

/** Runs `use` with a context and releases its sessions. */
export async function withTask<T>(
  { model: bytes, inputs, objective, range, seed = 1, signal, progress, ...named }: TaskOf,
  use: (context: RunContext) => Promise<T>,
): Promise<T> {
  const model = readModel(bytes)
  const input = imageInputOf(model.graph.inputs)
  const info = await learnTensorInfo(
    model,
    runtime,
    shapesOf(model.graph.inputs, Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims]))),
  )
  const forwards = memory<{ made: ForwardModel; session: Session }>(8, ({ session }) => session.release())
  const context = createRunContext({
    context: { model, info, layers: chooseLayers(model.graph, info, named), objective, image: input },
    feeds: inputs,
    image: imageValues(inputs[input.name] as Tensor, input.layout),
    impliedSoftmax: false,
    ...{ range, seed, signal, progress: progress ?? (() => undefined) },
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

let asked = 0

/** What a context of the unchanged image holds. */
export async function valuesOf(context: RunContext, value: (context: GraphContext) => Value): Promise<Float32Array> {
  const forward = await context.forward({ key: `value ${asked++}`, outputs: (context) => ({ value: value(context) }) })
  const { value: values = new Float32Array() } = await forward.run(1, () => ({}))
  return values
}
