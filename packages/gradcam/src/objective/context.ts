/** @file What a target is resolved against: the network's tensors, and what they hold for the images at hand. */
import type { NetworkAnswer } from '../contract/answer.ts'
import { GradcamError } from '../core/errors.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { type Dim, type Graph, shapeText, type Value } from '../graph/graph.ts'
import { floatOf } from '../graph/quantised.ts'
import type { Model } from '../graph/model.ts'
import type { Region } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import { nearestNames } from '../core/text.ts'

export interface ObjectiveContext {
  graph: Graph
  info: TensorInfo
  /** Name of the reduction layer. */
  reduction: string
  /** Axis of its classes; undefined where there is one class only. */
  classAxis: number | undefined
  /** Whether it was named, which makes it one of classes. */
  reductionNamed: boolean
  /** What the network's answer is. */
  answer: NetworkAnswer
  /** All labels that come with the model, whatever they belong to. */
  labels: readonly string[]
  /** Images of the run, and how shapes write that. */
  images: number
  batch: Dim
  /** Size of the network's input, in its pixels. */
  input: { width: number; height: number }
  /** The part of the photo that the network sees, and the photo's size; undefined for tensors. */
  region: Region | undefined
  photo: { width: number; height: number } | undefined
  /** Values of tensors for the images at hand, or for another one, by a plain forward run. */
  look(names: readonly string[], image?: Tensor): Promise<Readonly<Record<string, Tensor>>>
  /** Types and shapes of another model. */
  learn(model: Model, shapes: Readonly<Record<string, readonly Dim[]>>): Promise<TensorInfo>
}

/**
 * A tensor with values of its own for every image: by its name, that of the node that makes it, or `output:0`.
 *
 * @param spelled how a hint writes names. Default: as they are
 * @throws GradcamError `unknown-tensor`
 */
export function tensorNamed(context: ObjectiveContext, name: string, spelled: (name: string) => string = String): Value {
  const value = valuesNamed(context, name, spelled)
  const float = floatOf(context.graph, context.info, value)
  if (float) return float
  throw new GradcamError('unknown-tensor', `the tensor ${value.name} holds ${value.type}, which has no gradient`, {
    hint: 'name a float tensor',
  })
}

/** The same of any type. */
export function valuesNamed(context: ObjectiveContext, name: string, spelled: (name: string) => string = String): Value {
  const { graph, batch } = context
  const value = findTensor(context, name)
  if (!value) {
    const names = [...graph.outputs.map((output) => output.name), ...graph.inputs.map((input) => input.name), ...graph.producers.keys()]
    const suggestions = nearestNames(name, [...new Set(names)])
    const outputs = graph.outputs.map((output) => output.name).join(', ')
    throw new GradcamError('unknown-tensor', `unknown tensor: ${name}`, {
      hint: suggestions.length > 0 ? `did you mean ${suggestions.map(spelled).join(', ')}?` : `outputs of the model: ${outputs}`,
      suggestions,
    })
  }
  if (value.shape[0] === batch || batchAxisOf(value, batch) === 1) return value
  throw new GradcamError('unknown-tensor', `the tensor ${value.name} ${shapeText(value.shape)} has no values of its own for each image`, {
    hint: `name a tensor whose first dimension is the batch, ${batch}; one from before the model sorts or filters its boxes`,
  })
}

/** The axis of the images: 1 in steps of a sequence, [T, N, C]. */
export const batchAxisOf = ({ shape }: Value, batch: Dim): number =>
  shape.length === 3 && shape[0] !== batch && shape[1] === batch ? 1 : 0

/** Whatever tensor is called that. */
export function findTensor({ graph, info }: ObjectiveContext, name: string): Value | undefined {
  if (graph.initializers.has(name)) return undefined
  const known = info.find(name)
  if (known) return known
  const number = /^output:(\d+)$/.exec(name)?.[1]
  const output = number === undefined ? graph.nodes.find((node) => node.name === name)?.outputs[0] : graph.outputs[Number(number)]?.name
  return output === undefined ? undefined : info.find(output)
}

/** Values of one image. */
export function rowOf(values: Float32Array, n: number, images: number): Float32Array {
  const size = values.length / images
  return values.subarray(n * size, (n + 1) * size)
}
