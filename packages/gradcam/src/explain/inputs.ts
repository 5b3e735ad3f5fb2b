/** @file The input that takes the image, and the shapes that a graph is prepared for. */
import { repeated } from '../core/batch.ts'
import { GradcamError } from '../core/errors.ts'
import type { InputShapes } from '../graph/tensor-info.ts'
import type { DeclaredTensor, Dim } from '../graph/graph.ts'
import type { Size } from '../core/pixels.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import type { ImageInput } from '../image/preprocess.ts'
import { castFloat32, type Tensor, toFloat32 } from '../core/tensor.ts'

/** The image's input, with its name and how many images it wants at once; undefined where that is free. */
export type NamedImageInput = ImageInput & { name: string; batch: number | undefined }

/** A single image as often as a model with a fixed batch wants it; all else as it is. */
export const filled = (tensor: Tensor, { batch = 1 }: NamedImageInput): Tensor => (tensor.dims[0] === 1 ? repeated(tensor, batch) : tensor)

/** One image as float32 [C, H, W], whatever its layout. */
export function imageValues(
  tensor: Tensor,
  layout: ImageInput['layout'],
): { data: Float32Array; channels: number; height: number; width: number } {
  const values = toFloat32(tensor)
  const [, a = 1, b = 1, c = 1] = tensor.dims
  if (layout === 'nchw') return { data: values, channels: a, height: b, width: c }
  const data = new Float32Array(values.length)
  const places = a * b
  for (let i = 0; i < places; i++) for (let k = 0; k < c; k++) data[k * places + i] = values[i * c + k] as number
  return { data, channels: c, height: a, width: b }
}

/** A preprocessed tensor in the element type that the model takes. */
export const typed = (tensor: Tensor, type: Tensor['type']): Tensor =>
  tensor.type === type ? tensor : castFloat32(toFloat32(tensor), type, tensor.dims)

/** The size that photos will get where the model itself does not fix it. */
export function usualSize({ height, width }: ImageInput, spec: Preprocessing | undefined): Size {
  const sized = spec?.crop ?? spec?.size
  if (sized && 'height' in sized) return { height: height ?? sized.height, width: width ?? sized.width }
  const edge = sized?.shortestEdge ?? 224
  return { height: height ?? edge, width: width ?? edge }
}

/** Shapes of all inputs for one photo where nothing was fed yet; further inputs at the shape that they declare. */
export function usualShapes(
  inputs: readonly DeclaredTensor[],
  image: NamedImageInput,
  spec: Preprocessing | undefined,
): { shapes: Record<string, readonly number[]>; size: Size } {
  const size = usualSize(image, spec)
  const dims = image.layout === 'nchw' ? [image.channels, size.height, size.width] : [size.height, size.width, image.channels]
  const declared = inputs.map(({ name, shape = [] }) => [name, shape.map((dim) => (typeof dim === 'number' ? dim : 1))] as const)
  return { shapes: { ...Object.fromEntries(declared), [image.name]: [image.batch ?? 1, ...dims] }, size }
}

/** The shapes to prepare for: a free batch stays free, other free dimensions take the size of what is fed. */
export function shapesOf(inputs: readonly DeclaredTensor[], given: Readonly<Record<string, readonly number[]>>): InputShapes {
  const shapes: Record<string, readonly Dim[]> = {}
  for (const { name, shape } of inputs) {
    const dims = given[name]
    if (!dims) {
      throw new GradcamError('shape-mismatch', `the model also takes the input ${name}`, {
        hint: `give it as a tensor: inputs: { '${name}': … }`,
      })
    }
    if (shape && (shape.length !== dims.length || shape.some((dim, i) => typeof dim === 'number' && dim !== dims[i]))) {
      throw new GradcamError('shape-mismatch', `the input ${name} has shape [${dims.join(', ')}], the model takes [${shape.join(', ')}]`, {
        hint: 'give a tensor of the shape that the model takes',
      })
    }
    const batchIsFree = typeof (shape?.[0] ?? '') === 'string'
    shapes[name] = dims.map((dim, axis) => (axis === 0 && batchIsFree ? 'N' : dim))
  }
  return shapes
}

/** The input of shape [N, C, H, W] or [N, H, W, C] with one or three channels. */
export function imageInputOf(inputs: readonly DeclaredTensor[]): NamedImageInput {
  for (const { name, type, shape } of inputs) {
    if (shape?.length !== 4 || !type) continue
    const [first, second, third, fourth] = shape
    const size = (dim: Dim | undefined): number | undefined => (typeof dim === 'number' ? dim : undefined)
    if (second === 3 || second === 1)
      return { name, batch: size(first), type, layout: 'nchw', channels: second, height: size(third), width: size(fourth) }
    if (fourth === 3 || fourth === 1)
      return { name, batch: size(first), type, layout: 'nhwc', channels: fourth, height: size(second), width: size(third) }
    if (typeof second === 'string')
      return { name, batch: size(first), type, layout: 'nchw', channels: 3, height: size(third), width: size(fourth) }
  }
  const found = inputs.map(({ name, shape }) => `${name} [${(shape ?? ['?']).join(', ')}]`).join(', ')
  throw new GradcamError('unsupported-model', `the model has no image input; its inputs are ${found || 'none'}`, {
    hint: 'gradcam explains networks with an input of shape [N, 3, H, W] or [N, H, W, 3]',
  })
}
