/** @file A task as methods get it, for any model in memory, any aim, and values per channel that no explanation holds. */
import { chooseLayers, type LayerOptions } from '../src/graph/layers.ts'
import { learnFacts } from '../src/graph/facts.ts'
import type { Value } from '../src/graph/graph.ts'
import { pictureInputOf, pictureValues, shapesOf } from '../src/explain/inputs.ts'
import { memory } from '../src/memory.ts'
import type { ProgramModel } from '../src/method/program.ts'
import type { Scene } from '../src/method/scene.ts'
import { createTask, type Task, type TaskSource } from '../src/method/task.ts'
import { readModel } from '../src/model/read.ts'
import type { Session } from '../src/runtime/runtime.ts'
import type { Aim } from '../src/target/aim.ts'
import type { Tensor } from '../src/tensor.ts'
import { runtime } from './explain.ts'

export interface TaskOf extends LayerOptions, Partial<Pick<TaskSource, 'range' | 'seed' | 'signal' | 'progress'>> {
  model: Uint8Array
  /** One picture, and what else the model takes for it. */
  inputs: Readonly<Record<string, Tensor>>
  aim: Aim
}

/** Runs `use` with a task and releases its sessions. */
export async function withTask<T>(
  { model: bytes, inputs, aim, range, seed = 1, signal, progress, ...named }: TaskOf,
  use: (task: Task) => Promise<T>,
): Promise<T> {
  const model = readModel(bytes)
  const input = pictureInputOf(model.graph.inputs)
  const facts = await learnFacts(
    model,
    runtime,
    shapesOf(model.graph.inputs, Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims]))),
  )
  const programs = memory<{ made: ProgramModel; session: Session }>(8, ({ session }) => session.release())
  const task = createTask({
    context: { model, facts, layers: chooseLayers(model.graph, facts, named), aim, picture: input },
    feeds: inputs,
    picture: pictureValues(inputs[input.name] as Tensor, input.layout),
    impliedSoftmax: false,
    ...{ range, seed, signal, progress: progress ?? (() => undefined) },
    open: (key, make) =>
      programs.get(key, async () => {
        const made = make()
        return { made, session: await runtime.open(made.model) }
      }),
  })
  try {
    return await use(task)
  } finally {
    await programs.clear()
  }
}

let asked = 0

/** What a scene of the unchanged picture holds. */
export async function valuesOf(task: Task, value: (scene: Scene) => Value): Promise<Float32Array> {
  const program = await task.program({ key: `value ${asked++}`, outputs: (scene) => ({ value: value(scene) }) })
  const { value: values = new Float32Array() } = await program.run(1, () => ({}))
  return values
}
