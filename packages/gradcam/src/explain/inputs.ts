/** @file The input that takes the image, and the shapes that a graph is prepared for. */
import { repeated } from '../core/batch.ts'
import { GradcamError } from '../core/errors.ts'
import type { InputShapes } from '../graph/tensor-info.ts'
import type { ImageInputFacts } from '../contract/choose-image.ts'
import type { DeclaredTensor, Dim } from '../graph/graph.ts'
import type { Size } from '../core/pixels.ts'
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

/** Height and width of images in a tensor. */
export function sizeOfImage({ dims }: Tensor, { layout }: Pick<ImageInput, 'layout'>): Size {
  const [height, width] = layout === 'nchw' ? [dims[2], dims[3]] : [dims[1], dims[2]]
  return { height: height as number, width: width as number }
}

/** A preprocessed tensor in the element type that the model takes. */
export const typed = (tensor: Tensor, type: Tensor['type']): Tensor =>
  tensor.type === type ? tensor : castFloat32(toFloat32(tensor), type, tensor.dims)

/** Shapes of all inputs for one photo where nothing was fed yet; further inputs at the shape that they declare. */
export function usualShapes(
  inputs: readonly DeclaredTensor[],
  image: NamedImageInput,
  size: Size,
  given: Readonly<Record<string, Tensor>> = {},
): Record<string, readonly number[]> {
  const dims = image.layout === 'nchw' ? [image.channels, size.height, size.width] : [size.height, size.width, image.channels]
  const declared = inputs.map(({ name, shape = [] }) => [name, shape.map((dim) => (typeof dim === 'number' ? dim : 1))] as const)
  const own = Object.entries(given).map(([name, tensor]) => [name, tensor.dims] as const)
  return { ...Object.fromEntries(declared), ...Object.fromEntries(own), [image.name]: [image.batch ?? 1, ...dims] }
}

/** The shapes to prepare for: a free batch stays free, other free dimensions take the size of what is fed. */
export function shapesOf(inputs: readonly DeclaredTensor[], given: Readonly<Record<string, readonly number[]>>): InputShapes {
  const shapes: Record<string, readonly Dim[]> = {}
  for (const { name, shape } of inputs) {
    const dims = given[name]
    if (!dims) {
      throw new GradcamError('shape-mismatch', `the model also takes the input ${name} [${(shape ?? ['?']).join(', ')}]`, {
        hint: `give it by its name: \`inputs: { '${name}': … }\`, a tensor or, for an image, a photo`,
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

/** The input as photos are prepared for it: in batches, which the model that is explained always takes. */
export function imageInputOf({ name, type, image }: ImageInputFacts): NamedImageInput {
  const { layout, channels, height, width, batch } = image
  const last = layout.value === 'nhwc' || layout.value === 'hwc'
  return { name, batch, type: type ?? 'float32', layout: last ? 'nhwc' : 'nchw', channels: channels.value, height, width }
}

/** One image [C, H, W] as a batch of one; batches as they are. */
export const batched = (tensor: Tensor): Tensor => (tensor.dims.length === 3 ? { ...tensor, dims: [1, ...tensor.dims] } : tensor)
