/** @file What a person gives as a photo, told apart: names, bytes, pixels, tensors; anything else is refused by what it is. */
import { badOption } from '../core/errors.ts'
import { type Bytes, isBytes, kindOfValue } from '../core/bytes.ts'
import type { Pixels } from '../core/pixels.ts'
import { sizeOf, type Tensor } from '../core/tensor.ts'

/** A canvas's pixels, RGBA. */
export interface ImageDataLike {
  width: number
  height: number
  data: ArrayLike<number>
  colorSpace?: unknown
}

/**
 * A photo: a path or, in a browser, a URL, as text or as a `URL` (an image, or a preprocessed `.npy` or `.pb` tensor); the bytes of an image,
 * or of a `.npy` tensor, in a `Uint8Array`, `ArrayBuffer`, `Blob` or `File`; pixels; a canvas's `ImageData`; or a preprocessed tensor of shape
 * [N, C, H, W] or [N, H, W, C].
 */
export type PhotoSource = string | URL | Bytes | Pixels | ImageDataLike | Tensor

/** A source by its kind. */
export type GivenPhoto = { name: string } | { bytes: Bytes } | { pixels: Pixels } | { tensor: Tensor }

const wanted =
  'give a path, a URL, the bytes of an image (Uint8Array, ArrayBuffer, Blob, File), pixels {width, height, channels, data}, ImageData, or a tensor {type, dims, data}'

/**
 * Tells what is given.
 *
 * @throws GradcamError `bad-option` for anything that is no photo
 */
export function photoGiven(source: unknown): GivenPhoto {
  if (typeof source === 'string') return { name: source }
  if (source instanceof URL) return { name: source.href }
  if (isBytes(source)) return { bytes: source }
  if (typeof source === 'object' && source !== null) {
    if ('dims' in source) return { tensor: tensorOf(source as Partial<Tensor>) }
    if ('width' in source && 'height' in source && 'data' in source) return { pixels: pixelsOf(source as Partial<Pixels>) }
  }
  if (ArrayBuffer.isView(source))
    throw badOption(
      `the photo is ${kindOfValue(source)}: numbers without a shape`,
      'give them as a tensor: {type: "float32", dims: [1, 3, 224, 224], data}',
    )
  throw badOption(`the photo is ${kindOfValue(source)}`, wanted)
}

function tensorOf({ type, dims, data }: Partial<Tensor>): Tensor {
  const wrong = (what: string): Error =>
    badOption(`the tensor that is given as the photo ${what}`, 'give {type: "float32", dims: [1, 3, 224, 224], data}')
  if (!Array.isArray(dims) || !dims.every((dim) => Number.isInteger(dim) && dim >= 0)) throw wrong('has no dims, a list of whole numbers')
  if (typeof type !== 'string') throw wrong('has no type')
  if (!ArrayBuffer.isView(data)) throw wrong('has no typed array as its data')
  const length = (data as Uint8Array).length
  if (length !== sizeOf(dims)) throw wrong(`has ${length} values, and its dims ask for ${sizeOf(dims)}`)
  return { type, dims, data }
}

function pixelsOf({ width = 0, height = 0, channels, data }: Partial<Pixels>): Pixels {
  const wrong = (what: string): Error =>
    badOption(`the pixels that are given as the photo ${what}`, 'give {width, height, channels: 1, 3 or 4, data: Uint8Array}, row by row')
  const size = [width, height]
  if (!size.every((side) => Number.isInteger(side) && side > 0)) throw wrong(`are ${width}×${height}`)
  if (!ArrayBuffer.isView(data) || !/^\[object Uint8(?:Clamped)?Array\]$/.test(Object.prototype.toString.call(data)))
    throw wrong(`are ${kindOfValue(data)}, not a Uint8Array of values from 0 to 255`)
  // ImageData has four
  const count = channels ?? 4
  if (count !== 1 && count !== 3 && count !== 4) throw wrong(`have ${String(count)} channels`)
  if (data.length !== width * height * count)
    throw wrong(`are ${data.length} values, and ${width}×${height}×${count} are ${width * height * count}`)
  return { width, height, channels: count, data }
}
