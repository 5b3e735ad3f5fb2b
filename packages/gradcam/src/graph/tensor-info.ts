/** @file Type, shape and, where it is fixed, value of every tensor of a graph. */
import { GradcamError } from '../core/errors.ts'
import type { ElementType, Tensor } from '../core/tensor.ts'
import { checkShape } from '../model/check.ts'
import type { Builder } from './emit.ts'
import { constantOf, type Graph, type Shape, type Value } from './graph.ts'

export interface TensorInfo {
  /** The tensor with its type and shape; throws where they are not known. */
  value(name: string): Value
  find(name: string): Value | undefined
  /** The value of an initializer, a constant, or shape arithmetic that does not change with the batch. */
  constant(name: string): Tensor | undefined
  /** Shape arithmetic that grows with the batch, image by image. */
  perImage(name: string): PerImage | undefined
  /** A tensor and axis where a free dimension can be read at run time. */
  dimSource(symbol: string): { tensor: Value; axis: number } | undefined
  /** The requested shapes of the fed inputs, with a fixed batch where the model allows one size only. */
  inputShapes: InputShapes
}

/** Whole numbers [N, …] of which those of image n are those of the first one plus n · `stride`, as places in a flattened batch are. */
export interface PerImage {
  /** [1, …] */
  first: Tensor
  stride: number
}

/** The info of the model's tensors and of those that a builder made. */
export function tensorInfoWith(info: TensorInfo, g: Builder): TensorInfo {
  return {
    ...info,
    find: (name) => g.made(name)?.value ?? info.find(name),
    value: (name) => g.made(name)?.value ?? info.value(name),
    constant: (name) => g.made(name)?.constant ?? info.constant(name),
  }
}

/** One shape per fed input; a string stands for a free dimension: the batch. */
export type InputShapes = Readonly<Record<string, Shape>>

/** Names of the free dimensions. */
export const freeDims = (inputShapes: InputShapes): Set<string> =>
  new Set(Object.values(inputShapes).flatMap((shape) => shape.filter((dim) => typeof dim === 'string')))

/** Types and shapes by tensor name, as they are learnt, and values of shape arithmetic. */
export interface Knowledge {
  types: Map<string, ElementType>
  shapes: Map<string, Shape>
  constants: Map<string, Tensor>
  perImage: Map<string, PerImage>
}

/** Makes the info of what was learnt. */
export function tensorInfoOf(graph: Graph, { types, shapes, constants, perImage }: Knowledge, inputShapes: InputShapes): TensorInfo {
  for (const [name, shape] of shapes) checkShape(name, shape)
  const find = (name: string): Value | undefined => {
    const type = types.get(name)
    const shape = shapes.get(name)
    return type && shape ? { name, type, shape } : undefined
  }
  const sources = new Map<string, { tensor: Value; axis: number }>()
  for (const [name, shape] of shapes) {
    const tensor = find(name)
    if (!tensor) continue
    for (const [axis, dim] of shape.entries()) if (typeof dim === 'string' && !sources.has(dim)) sources.set(dim, { tensor, axis })
  }
  return {
    find,
    value(name) {
      const tensor = find(name)
      if (tensor) return tensor
      throw new GradcamError('unsupported-model', `type and shape of the tensor ${name} cannot be found out`, {
        hint: 'fix the input size of the model, or run onnx.shape_inference on it',
      })
    },
    constant(name) {
      const tensor = constants.get(name) ?? constantOf(graph, name)
      if (tensor) constants.set(name, tensor)
      return tensor
    },
    perImage: (name) => perImage.get(name),
    dimSource: (symbol) => sources.get(symbol),
    inputShapes,
  }
}
