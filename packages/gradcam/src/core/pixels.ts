/** @file The raster types of the library: 8-bit pixels, a single-channel float grid, sizes and rectangles. */

export interface Size {
  height: number
  width: number
}

/** 8-bit pixels, rows top to bottom, channels interleaved: 1 = grey, 3 = RGB, 4 = RGBA (not premultiplied). */
export interface Pixels {
  width: number
  height: number
  channels: 1 | 3 | 4
  data: Uint8Array | Uint8ClampedArray
}

/** One float per place, rows top to bottom: a saliency map. */
export interface Grid {
  width: number
  height: number
  data: Float32Array
}

/** A rectangle in pixels of a photo; may reach beyond it where a network pads. */
export interface Region {
  x: number
  y: number
  width: number
  height: number
}
