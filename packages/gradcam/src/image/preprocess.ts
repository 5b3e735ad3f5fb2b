/** @file A photo as the tensor that the network was trained on, step by step as the libraries of its training do it. */
import { GradcamError } from '../core/errors.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import { castFloat32, type ElementType, type Tensor } from '../core/tensor.ts'
import { checkPixels, toGrey, toRgb } from './convert.ts'
import type { ImageLayout, Pixels, Region, Size } from '../core/pixels.ts'
import { type Placed, stepped } from './geometry.ts'
import type { Levels } from './levels.ts'

/** The model's image input. A height or width of undefined is dynamic: the preprocessing decides. */
export interface ImageInput {
  type: ElementType
  layout: ImageLayout
  height: number | undefined
  width: number | undefined
  /** 1 (luminance) or 3. */
  channels: number
}

function checkFit(size: Size, input: ImageInput): void {
  const wide = input.width ?? size.width
  const high = input.height ?? size.height
  if (size.width === wide && size.height === high) return
  throw new GradcamError('shape-mismatch', `preprocessing makes ${size.width}×${size.height} pixels, the model takes ${wide}×${high}`, {
    hint: `correct size or crop_size in preprocessor_config.json, or leave them out to resize every photo to ${wide}×${high}`,
  })
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

/** A channel's value of a level; float32 at each step, as NumPy computes it. */
function valueOf(spec: Preprocessing, channel: number): (level: number) => number {
  const mean = Math.fround(spec.mean[spec.mean.length === 1 ? 0 : channel] ?? 0)
  const std = Math.fround(spec.std[spec.std.length === 1 ? 0 : channel] ?? 1)
  return (level) => Math.fround(Math.fround(level * spec.scale) - mean) / std
}

/** RGB with its luminance in each channel. */
function greyed({ width, height, data }: Levels): Levels {
  const out = data instanceof Float32Array ? new Float32Array(data.length) : new Uint8ClampedArray(data.length) // rounds
  for (let i = 0; i < out.length; i += 3) {
    out.fill((data[i] as number) * 0.299 + (data[i + 1] as number) * 0.587 + (data[i + 2] as number) * 0.114, i, i + 3)
  }
  return { width, height, channels: 3, data: out }
}

/** The values of a placed picture, channels first or last; padding with a value is already in `values`. */
function fill(values: Float32Array, { picture, frame }: Placed, spec: Preprocessing, planar: boolean): void {
  const { width, height, channels, data } = picture
  const outer = frame?.region ?? { x: 0, y: 0, width, height }
  const plane = outer.width * outer.height
  const step = planar ? 1 : channels
  for (let c = 0; c < channels; c++) {
    const value = valueOf(spec, c)
    const look = data instanceof Float32Array ? undefined : Float32Array.from({ length: 256 }, (_, level) => value(level))
    const from = spec.channelOrder === 'bgr' ? channels - 1 - c : c
    const start = planar ? c * plane : c
    for (let row = 0; row < height; row++) {
      let i = row * width * channels + from
      let o = start + ((row + outer.y) * outer.width + outer.x) * step
      if (look) for (let n = 0; n < width; n++, i += channels, o += step) values[o] = look[data[i] as number] as number
      else for (let n = 0; n < width; n++, i += channels, o += step) values[o] = value(data[i] as number)
    }
  }
}

/**
 * Turns a photo into a model's input.
 *
 * @returns `tensor` of shape [1, C, H, W] or [1, H, W, C], and `region`, the part of the photo the network sees, in photo
 *   pixels (fractional; beyond the photo where a crop or padding adds to it)
 * @throws {GradcamError} `shape-mismatch` when the result is not what the model takes; `model-invalid` when mean and std do
 *   not suit its channels; `unsupported-model` for an input that is no image; `image-too-large` for a photo of extreme shape
 * @example
 * const { tensor } = preprocess(photo, defaultPreprocessing(input), { type: 'float32', layout: 'nchw', ...input })
 */
export function preprocess(pixels: Pixels, spec: Preprocessing, input: ImageInput): { tensor: Tensor; region: Region } {
  checkPixels(pixels)
  checkChannels(spec, input.channels)
  const { channels } = input
  const source = (channels === 1 ? toGrey(pixels) : toRgb(pixels)) as Levels
  const placed = stepped(source, spec.steps, { ...(input.height && { height: input.height }), ...(input.width && { width: input.width }) })
  const { picture, frame, region } = placed
  const { width, height } = frame?.region ?? picture
  checkFit({ width, height }, input)

  const planar = input.layout === 'nchw'
  const values = new Float32Array(width * height * channels)
  if (frame && frame.value !== 0) values.fill(frame.value)
  fill(values, spec.channelOrder === 'grey' && channels === 3 ? { ...placed, picture: greyed(picture) } : placed, spec, planar)
  const dims = planar ? [1, channels, height, width] : [1, height, width, channels]
  return { tensor: castFloat32(values, input.type, dims), region }
}
