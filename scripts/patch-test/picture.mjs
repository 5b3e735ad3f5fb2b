/** @file What the patch test changes and compares: patches of a picture, places of a layer. */
import { uniform } from './uniform.mjs'

/**
 * @typedef {import('../../packages/gradcam/src/core/tensor.ts').Tensor} Tensor
 * @typedef {import('../../packages/gradcam/src/graph/layout.ts').Layout} Layout
 * @typedef {import('./answers.mjs').Patch} Patch
 * @typedef {'nchw' | 'nhwc'} ImageLayout
 */

/**
 * A picture of noise, of whole numbers 0 … 255 where the network takes bytes.
 *
 * @param {readonly number[]} dims
 * @param {boolean} bytes
 */
export function noise(dims, bytes) {
  const next = uniform(7)
  const length = dims.reduce((n, dim) => n * dim, 1)
  return Float32Array.from({ length }, () => (bytes ? Math.floor(next() * 256) : next() * 2 - 1))
}

/**
 * The values with one patch of others, by chance and in their range; of less `strength` than 1 they are mixed into those that were there.
 *
 * @param {Float32Array} values
 * @param {{ dims: readonly number[], layout: ImageLayout, patch: Patch, seed: number, strength: number, whole: boolean }} change
 */
export function withPatch(values, { dims, layout, patch, seed, strength, whole }) {
  const [height = 1, width = 1] = layout === 'nchw' ? dims.slice(2) : dims.slice(1)
  const channels = (layout === 'nchw' ? dims[1] : dims[3]) ?? 1
  const low = values.reduce((a, b) => Math.min(a, b), Infinity)
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity)
  const span = high > low ? high - low : 1
  const next = uniform(seed)
  const changed = values.slice()
  const place = (/** @type {number} */ share, /** @type {number} */ size) => Math.round(share * size)
  const [top, left] = [place(patch.top, height), place(patch.left, width)]
  const bottom = Math.max(place(patch.top + patch.height, height), top + 1)
  const right = Math.max(place(patch.left + patch.width, width), left + 1)
  for (let image = 0; image < (dims[0] ?? 1); image++)
    for (let channel = 0; channel < channels; channel++) {
      // a colour of its own, and grain: some layers hardly see one of them
      const colour = next()
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) {
          const i =
            layout === 'nchw'
              ? ((image * channels + channel) * height + y) * width + x
              : ((image * height + y) * width + x) * channels + channel
          const other = low + span * (0.5 * colour + 0.5 * next())
          const value = strength * other + (1 - strength) * (values[i] ?? 0)
          changed[i] = whole ? Math.round(value) : value
        }
    }
  return changed
}

/**
 * How much each place of a layer changed: sums over channels and images.
 *
 * @param {ArrayLike<number>} before
 * @param {ArrayLike<number>} after
 * @param {Layout} layout
 */
export function changeOf(before, after, layout) {
  const places = layout.height * layout.width
  const change = new Float64Array(places)
  const channels = Number(layout.channels)
  const tokens = layout.kind === 'nlc' ? layout.skip + places + (layout.after ?? 0) : places
  for (let i = 0; i < after.length; i++) {
    const token = layout.kind === 'nchw' ? i % places : Math.floor(i / channels) % tokens
    const place = layout.kind === 'nlc' ? token - layout.skip : token
    if (place < 0 || place >= places) continue
    change[place] = (change[place] ?? 0) + Math.abs((after[i] ?? 0) - (before[i] ?? 0))
  }
  return change
}
