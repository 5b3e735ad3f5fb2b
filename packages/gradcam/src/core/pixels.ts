/** @file Images in memory: 8-bit pixels, float grids, values as a network takes them; and their sizes and parts. */

/** In pixels, or in places of a map. */
export interface Size {
  height: number
  width: number
}

/** 8-bit pixels, rows top to bottom, channels interleaved: 1 = grey, 3 = RGB, 4 = RGBA (not premultiplied). */
export interface Pixels extends Size {
  channels: 1 | 3 | 4
  data: Uint8Array | Uint8ClampedArray
}

/** Levels of a photo that are no bytes, as its file has them: rows of as many channels as its pixels; alpha is in the pixels. */
export interface DeepLevels {
  /** `uint16`, or anything wider. */
  type: 'uint16' | 'wide'
  data: Uint16Array | Float32Array
}

/** Pixels that were decoded, with the file's own levels where those are no bytes. */
export interface DecodedPixels extends Pixels {
  deep?: DeepLevels
}

/** One float per place, rows top to bottom: a saliency map. */
export interface Grid extends Size {
  data: Float32Array
}

/** A rectangle in pixels of a photo; may reach beyond it where a network pads. */
export interface Region extends Size {
  x: number
  y: number
}

/** An image as a network takes it: float32, rows of [C, H, W]. */
export interface ImageValues extends Size {
  data: Float32Array
  channels: number
}

/** Whether the channels of an image's tensor come before or after its rows and columns. */
export type ImageLayout = 'nchw' | 'nhwc'
