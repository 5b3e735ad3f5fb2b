/** @file A photo as the tensor that the network was trained on, step by step as Hugging Face's image processors do it. */
import { GradcamError } from '../core/errors.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import { castFloat32, type ElementType, type Tensor } from '../core/tensor.ts'
import { checkPixels, toGrey, toRgb } from './convert.ts'
import type { ImageLayout, Pixels, Region, Size } from '../core/pixels.ts'
import { resize } from './resize.ts'

/** The model's image input. A height or width of undefined is dynamic: the preprocessing decides. */
export interface ImageInput {
  type: ElementType
  layout: ImageLayout
  height: number | undefined
  width: number | undefined
  /** 1 (luminance) or 3. */
  channels: number
}

const largestDynamic = 100_000_000

/** Size after resizing, before cropping. */
function resized(photo: Size, spec: Preprocessing, input: ImageInput): Size {
  const { size } = spec
  if (size === undefined) {
    return spec.crop ? photo : { width: input.width ?? photo.width, height: input.height ?? photo.height }
  }
  if ('height' in size) return size
  const { width, height } = photo
  const short = Math.min(width, height)
  // truncated, as transformers' get_resize_output_image_size does
  let shorter = size.shortestEdge
  let longer = Math.trunc((size.shortestEdge * Math.max(width, height)) / short)
  if (size.longestEdge !== undefined && longer > size.longestEdge) {
    shorter = Math.max(1, Math.trunc((size.longestEdge * shorter) / longer))
    longer = size.longestEdge
  }
  return width <= height ? { width: shorter, height: longer } : { width: longer, height: shorter }
}

function checkFit(size: Size, input: ImageInput): void {
  const wide = input.width ?? size.width
  const high = input.height ?? size.height
  if (size.width !== wide || size.height !== high) {
    throw new GradcamError('shape-mismatch', `preprocessing makes ${size.width}×${size.height} pixels, the model takes ${wide}×${high}`, {
      hint: `correct size or crop_size in preprocessor_config.json, or leave them out to resize every photo to ${wide}×${high}`,
    })
  }
  if (size.width * size.height > largestDynamic) {
    throw new GradcamError('image-too-large', `preprocessing would make ${size.width}×${size.height} pixels of this photo`, {
      hint: 'crop the photo to a less extreme shape',
    })
  }
}

/** Every value 0 … 255 of one channel after scaling and normalising; float32 at each step, as NumPy computes it. */
function table(spec: Preprocessing, channel: number): Float32Array {
  const mean = Math.fround(spec.mean[spec.mean.length === 1 ? 0 : channel] ?? 0)
  const std = Math.fround(spec.std[spec.std.length === 1 ? 0 : channel] ?? 1)
  return Float32Array.from({ length: 256 }, (_, value) => Math.fround(Math.fround(value * spec.scale) - mean) / std)
}

function checkChannels(spec: Preprocessing, channels: number): void {
  if (channels !== 1 && channels !== 3) {
    throw new GradcamError('unsupported-model', `the model takes images of ${channels} channels`, {
      hint: 'photos have 1 or 3 channels: give the input as a .npy or .pb tensor',
    })
  }
  for (const { length } of [spec.mean, spec.std]) {
    if (length > 1 && length !== channels) {
      throw new GradcamError('model-invalid', `preprocessing normalises ${length} channels, the model takes ${channels}`, {
        hint: 'image_mean and image_std in preprocessor_config.json need one number per channel, or one for all',
      })
    }
  }
}

/** The part of the resized photo that survives the centre crop; negative where the crop is larger. */
function cropOf(size: Size, crop: Preprocessing['crop']): Region {
  if (!crop) return { x: 0, y: 0, ...size }
  const { width, height } = crop
  return { x: Math.floor((size.width - width) / 2), y: Math.floor((size.height - height) / 2), width, height }
}

/**
 * Turns a photo into a model's input.
 *
 * @returns `tensor` of shape [1, C, H, W] or [1, H, W, C], and `region`, the part of the photo the network sees, in photo
 *   pixels (fractional; beyond the photo where the crop adds black)
 * @throws {GradcamError} `shape-mismatch` when the result is not what the model takes; `model-invalid` when mean and std do
 *   not suit its channels; `unsupported-model` for an input that is no image
 * @example
 * const { tensor } = preprocess(photo, defaultPreprocessing(input), { type: 'float32', layout: 'nchw', ...input })
 */
export function preprocess(pixels: Pixels, spec: Preprocessing, input: ImageInput): { tensor: Tensor; region: Region } {
  checkPixels(pixels)
  checkChannels(spec, input.channels)
  const { channels } = input
  const size = resized(pixels, spec, input)
  const crop = cropOf(size, spec.crop)
  checkFit(crop, input)

  // resize computes only what the crop keeps
  const x = Math.max(0, crop.x)
  const y = Math.max(0, crop.y)
  const part = { x, y, width: Math.min(crop.width, size.width), height: Math.min(crop.height, size.height) }
  const source = channels === 1 ? toGrey(pixels) : toRgb(pixels)
  const { data } = resize(source, size.width, size.height, spec.filter, part)

  const plane = crop.width * crop.height
  const values = new Float32Array(plane * channels)
  const planar = input.layout === 'nchw'
  const step = planar ? 1 : channels
  for (let c = 0; c < channels; c++) {
    const look = table(spec, c)
    const from = spec.channelOrder === 'bgr' ? channels - 1 - c : c
    const start = planar ? c * plane : c
    if (part.width * part.height < plane) {
      for (let i = 0; i < plane; i++) values[start + i * step] = look[0] as number // the black around a small photo
    }
    for (let row = 0; row < part.height; row++) {
      let i = row * part.width * channels + from
      let o = start + ((row + y - crop.y) * crop.width + x - crop.x) * step
      for (let n = 0; n < part.width; n++, i += channels, o += step) values[o] = look[data[i] as number] as number
    }
  }

  const dims = planar ? [1, channels, crop.height, crop.width] : [1, crop.height, crop.width, channels]
  const sx = pixels.width / size.width
  const sy = pixels.height / size.height
  const region = { x: crop.x * sx, y: crop.y * sy, width: crop.width * sx, height: crop.height * sy }
  return { tensor: castFloat32(values, input.type, dims), region }
}
