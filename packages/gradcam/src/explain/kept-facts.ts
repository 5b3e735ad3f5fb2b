/** @file Where what is learnt of a model's tensors is kept: by the model's file, its form, the shapes, and who found it out. */
import { version } from '../core/version.ts'
import { factsForm } from '../graph/kept-facts.ts'
import type { KeptFacts } from '../graph/learn-tensor-info.ts'
import { factsOfModel, type Model } from '../graph/model.ts'
import type { InputShapes } from '../graph/tensor-info.ts'
import type { Digest } from '../core/digest.ts'

export interface KeptForModel {
  at(shapes: InputShapes): KeptFacts
  /** When everything is written. */
  written(): Promise<void>
}

/** Undefined for models of which nothing is kept: those that are read whole are learnt in no time. */
export function keptForModel(model: Model, engine: string, sha256: Digest): KeptForModel | undefined {
  const facts = factsOfModel(model)
  if (!facts) return undefined
  const writing = new Set<Promise<void>>()
  let form: Promise<string> | undefined
  const keyOf = async (shapes: InputShapes): Promise<string> => {
    // options may have given the graph of the file another form
    form ??= sha256(
      new TextEncoder().encode(JSON.stringify(model.graph.nodes.map(({ operator, inputs, outputs }) => [operator, inputs, outputs]))),
    )
    return JSON.stringify([factsForm, version, engine, await form, shapes])
  }
  return {
    at: (shapes) => ({
      read: async () => facts.read(await keyOf(shapes)),
      write(text) {
        const done: Promise<void> = keyOf(shapes)
          .then((key) => facts.write(key, text))
          .finally(() => writing.delete(done))
        writing.add(done)
      },
      ignore: (why) => void keyOf(shapes).then((key) => facts.ignore(key, why)),
    }),
    written: async () => void (await Promise.allSettled(writing)),
  }
}
