import { expect, test } from 'vitest'
import { parsePreprocessing } from '../model/preprocessing/sources.ts'
import { halfValue } from '../core/tensor.ts'
import type { Pixels } from '../core/pixels.ts'
import { type ImageInput, preprocess } from './preprocess.ts'

const photo = (width: number, height: number): Pixels => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256),
})
const input = (width: number, height: number, more: Partial<ImageInput> = {}): ImageInput => ({
  type: 'float32',
  layout: 'nchw',
  width,
  height,
  channels: 3,
  ...more,
})

test('scale, mean and std per channel, planes first', () => {
  const spec = parsePreprocessing({ rescale_factor: 0.5, image_mean: [1, 2, 3], image_std: [1, 2, 4] })
  const { tensor, region } = preprocess(
    { width: 2, height: 1, channels: 3, data: new Uint8Array([10, 20, 30, 40, 50, 60]) },
    spec,
    input(2, 1),
  )
  expect(tensor).toEqual({ type: 'float32', dims: [1, 3, 1, 2], data: new Float32Array([4, 19, 4, 11.5, 3, 6.75]) })
  expect(region).toEqual({ x: 0, y: 0, width: 2, height: 1 })
})

test('BGR reverses the channels, and mean and std are in the reversed order', () => {
  const spec = parsePreprocessing({ do_rescale: false, image_mean: [1, 2, 3], image_std: [1, 1, 1], do_flip_channel_order: true })
  const { tensor } = preprocess({ width: 1, height: 1, channels: 3, data: new Uint8Array([10, 20, 30]) }, spec, input(1, 1))
  expect(Array.from(tensor.data as Float32Array)).toEqual([29, 18, 7])
})

test('channels last, bytes and half floats', () => {
  const pixels = photo(3, 2)
  const raw = parsePreprocessing({ do_rescale: false, do_normalize: false })
  const { tensor } = preprocess(pixels, raw, input(3, 2, { type: 'uint8', layout: 'nhwc' }))
  expect(tensor).toEqual({ type: 'uint8', dims: [1, 2, 3, 3], data: pixels.data })
  const half = preprocess(pixels, raw, input(3, 2, { type: 'float16', layout: 'nhwc' })).tensor
  expect(Array.from(half.data as Uint16Array, halfValue)).toEqual(Array.from(pixels.data))
})

test('a centre crop inside: the region is where the crop lies in the photo', () => {
  const spec = parsePreprocessing({ size: { shortest_edge: 4 }, crop_size: 4, do_rescale: false, resample: 0 })
  const { tensor, region } = preprocess(photo(16, 8), spec, input(4, 4))
  expect(tensor.dims).toEqual([1, 3, 4, 4])
  expect(region).toEqual({ x: 4, y: 0, width: 8, height: 8 })
})

test('a crop larger than the photo is padded with black, before normalising, odd rest on the left and top', () => {
  const spec = parsePreprocessing({ crop_size: { height: 4, width: 3 }, do_rescale: false, image_mean: [100], image_std: [1] })
  const grey: Pixels = { width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(200) }
  const { tensor, region } = preprocess(grey, spec, input(3, 4))
  const o = -100
  expect(Array.from(tensor.data as Float32Array).slice(0, 12)).toEqual([o, o, o, o, 100, 100, o, 100, 100, o, o, o])
  expect(region).toEqual({ x: -1, y: -1, width: 3, height: 4 })
})

test('one channel is luminance', () => {
  const spec = parsePreprocessing({ do_rescale: false, image_mean: 0, image_std: 1 })
  const { tensor } = preprocess(
    { width: 3, height: 1, channels: 3, data: new Uint8Array([255, 0, 0, 0, 255, 0, 0, 0, 255]) },
    spec,
    input(3, 1, { channels: 1 }),
  )
  expect(tensor).toEqual({ type: 'float32', dims: [1, 1, 1, 3], data: new Float32Array([76, 150, 29]) })
})

test('without a size the photo becomes the size of the input; a dynamic input takes what comes', () => {
  const spec = parsePreprocessing({})
  expect(preprocess(photo(20, 10), spec, input(5, 7)).tensor.dims).toEqual([1, 3, 7, 5])
  const dynamic = { ...input(1, 1), height: undefined, width: undefined }
  expect(preprocess(photo(20, 10), spec, dynamic).tensor.dims).toEqual([1, 3, 10, 20])
  expect(preprocess(photo(20, 10), parsePreprocessing({ size: { shortest_edge: 5, longest_edge: 8 } }), dynamic).tensor.dims).toEqual([
    1, 3, 4, 8,
  ])
})

test('what does not fit is refused, with both sizes', () => {
  const spec = parsePreprocessing({ size: 8 })
  expect(() => preprocess(photo(20, 10), spec, input(7, 7))).toThrow(
    expect.objectContaining({ code: 'shape-mismatch', message: 'preprocessing makes 8×8 pixels, the model takes 7×7' }),
  )
  expect(() => preprocess(photo(2, 2), parsePreprocessing({ image_mean: [0, 0, 0] }), input(2, 2, { channels: 1 }))).toThrow(
    expect.objectContaining({ code: 'model-invalid' }),
  )
  expect(() => preprocess(photo(2, 2), spec, input(8, 8, { channels: 9 }))).toThrow(expect.objectContaining({ code: 'unsupported-model' }))
  expect(() => preprocess({ ...photo(2, 2), width: 3 }, spec, input(8, 8))).toThrow(expect.objectContaining({ code: 'bad-tensor' }))
})

test('an extreme shape costs only what the crop keeps', () => {
  const spec = parsePreprocessing({ size: { shortest_edge: 224 }, crop_size: 224 })
  const start = performance.now()
  const { region } = preprocess(photo(16000, 1), spec, input(224, 224)) // 3,584,000 × 224 before the crop
  expect(performance.now() - start).toBeLessThan(1000)
  expect(region).toEqual({ x: 7999.5, y: 0, width: 1, height: 1 })
  const dynamic = { ...input(1, 1), height: undefined, width: undefined }
  expect(() => preprocess(photo(16000, 1), parsePreprocessing({ size: { shortest_edge: 224 } }), dynamic)).toThrow(
    expect.objectContaining({ code: 'image-too-large' }),
  )
})
