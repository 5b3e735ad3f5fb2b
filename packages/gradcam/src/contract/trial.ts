/** @file Tries sizes of the image on a network: does it run on zeros? */
import type { ImageLayout, Size } from '../core/pixels.ts'
import { type ElementType, sizeOf, type TensorData } from '../core/tensor.ts'
import { deriveModel } from '../graph/derive.ts'
import type { DeclaredTensor } from '../graph/graph.ts'
import type { Model } from '../graph/model.ts'
import { elementBytes, elementsOf } from '../io/elements.ts'
import type { Runtime, Session } from '../runtime/runtime.ts'

/** An input as sizes are tried on it. */
export interface SizedInput {
  name: string
  layout: ImageLayout
  channels: number
  batch: number | undefined
  height: number | undefined
  width: number | undefined
}

/** Whether the network runs with an image of this size. */
export type Trial = (size: Size) => Promise<boolean>

/**
 * Opens the network for trials; undefined where the runtime refuses it, which is said where it is run.
 *
 * @param model one that is ready to be explained
 */
export async function withTrial<T>(
  model: Model,
  runtime: Runtime,
  input: SizedInput,
  work: (works: Trial) => Promise<T>,
): Promise<T | undefined> {
  const session = await opened(model, runtime)
  if (!session) return undefined
  try {
    return await work((size) => runs(session, model.graph.inputs, input, size))
  } finally {
    await session.release()
  }
}

const opened = (model: Model, runtime: Runtime): Promise<Session | undefined> =>
  runtime.open(deriveModel(model, { outputs: model.graph.outputs.map(({ name }) => name) }), { optimize: false }).catch(() => undefined)

async function runs(session: Session, inputs: readonly DeclaredTensor[], image: SizedInput, { height, width }: Size): Promise<boolean> {
  const dims = [image.batch ?? 1, ...(image.layout === 'nchw' ? [image.channels, height, width] : [height, width, image.channels])]
  const feeds = Object.fromEntries(
    inputs.map(({ name, type = 'float32', shape = [] }) => {
      const own = name === image.name ? dims : shape.map((dim) => (typeof dim === 'number' ? dim : 1))
      return [name, { type, dims: own, data: zeros(type, sizeOf(own)) }]
    }),
  )
  return session.run(Object.fromEntries(session.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : [])))).then(
    () => true,
    () => false,
  )
}

function zeros(type: ElementType, size: number): TensorData {
  const numeric = type === 'string' ? 'uint8' : type
  return elementsOf(numeric, new Uint8Array(size * elementBytes(numeric)))
}
