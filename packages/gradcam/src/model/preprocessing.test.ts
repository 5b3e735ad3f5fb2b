import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { GradcamError } from '../core/errors.ts'
import { defaultPreprocessing, parsePreprocessing, valueRange } from './preprocessing.ts'

test('a size is a square, a rectangle or a shorter side', () => {
  expect(parsePreprocessing({ size: 224 }).size).toEqual({ height: 224, width: 224 })
  expect(parsePreprocessing({ size: { height: 32, width: 100 } }).size).toEqual({ height: 32, width: 100 })
  expect(parsePreprocessing({ size: { shortest_edge: 256 } }).size).toEqual({ shortestEdge: 256 })
  expect(parsePreprocessing({ size: { shortest_edge: 800, longest_edge: 1333 } }).size).toEqual({ shortestEdge: 800, longestEdge: 1333 })
  expect(parsePreprocessing({ size: 224, do_resize: false }).size).toBeUndefined()
  expect(parsePreprocessing({}).size).toBeUndefined()
})

test('a bare number with a crop is the shorter side, except for vision transformers', () => {
  const clip = parsePreprocessing({
    size: 224,
    crop_size: 224,
    do_center_crop: true,
    resample: 3,
    feature_extractor_type: 'CLIPFeatureExtractor',
  })
  expect(clip).toMatchObject({ size: { shortestEdge: 224 }, crop: { height: 224, width: 224 }, filter: 'bicubic' })
  const deit = parsePreprocessing({ size: 256, crop_size: 224, do_center_crop: true, feature_extractor_type: 'DeiTFeatureExtractor' })
  expect(deit).toMatchObject({ size: { height: 256, width: 256 }, crop: { height: 224, width: 224 } })
})

test('crop_pct widens the size before the crop', () => {
  const convnext = { feature_extractor_type: 'ConvNextFeatureExtractor', crop_pct: 0.875, do_resize: true, size: 224, resample: 3 }
  expect(parsePreprocessing(convnext)).toMatchObject({ size: { shortestEdge: 256 }, crop: { height: 224, width: 224 } })
  expect(parsePreprocessing({ ...convnext, crop_pct: null })).toMatchObject({
    size: { shortestEdge: 256 },
    crop: { height: 224, width: 224 },
  })
  expect(parsePreprocessing({ ...convnext, size: { shortest_edge: 384 } })).toMatchObject({
    size: { height: 384, width: 384 },
    crop: undefined,
  })
})

test('scale, mean and std follow the do_ flags', () => {
  expect(parsePreprocessing({})).toMatchObject({
    scale: 1 / 255,
    mean: [],
    std: [],
    channelOrder: 'rgb',
    layout: 'nchw',
    filter: 'bilinear',
  })
  expect(parsePreprocessing({ do_rescale: false, do_normalize: false, image_mean: [1], data_format: 'channels_last' })).toMatchObject({
    scale: 1,
    mean: [],
    layout: 'nhwc',
  })
  expect(parsePreprocessing({ image_mean: 0.5, image_std: [0.5, 0.5, 0.5], do_flip_channel_order: true })).toMatchObject({
    mean: [0.5],
    std: [0.5, 0.5, 0.5],
    channelOrder: 'bgr',
  })
  expect(parsePreprocessing({ do_normalize: true }).mean).toEqual([0.485, 0.456, 0.406])
  const efficient = {
    image_processor_type: 'EfficientNetImageProcessor',
    rescale_factor: 1 / 127.5,
    rescale_offset: true,
    image_mean: [0, 0, 0],
    image_std: [0.5, 0.5, 0.5],
  }
  expect(parsePreprocessing(efficient)).toMatchObject({ scale: 1 / 127.5, mean: [1, 1, 1], std: [0.25, 0.25, 0.25] })
  for (const [number, name] of ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'].entries())
    expect(parsePreprocessing({ resample: number }).filter).toBe(name)
})

test.each([
  ['not an object', 'hello'],
  ['an array', []],
  ['null', null],
  ['a size of nothing', { size: 0 }],
  ['a size of everything', { size: 1e9 }],
  ['a fractional size', { size: 1.5 }],
  ['half a size', { size: { height: 224 } }],
  ['a textual size', { size: '224' }],
  ['an infinite mean', { image_mean: [Number.POSITIVE_INFINITY] }],
  ['NaN in the mean', { image_mean: [0, Number.NaN, 0] }],
  ['a deviation of 0', { image_std: [1, 0, 1] }],
  ['too many channels', { image_mean: new Array(5).fill(0) }],
  ['an unknown filter', { resample: 7 }],
  ['a fractional filter', { resample: 1.5 }],
  ['a flag that is none', { do_resize: 'yes' }],
  ['a layout that is none', { data_format: 'sideways' }],
  ['a crop share of 0', { size: 224, crop_pct: 0 }],
  ['a tiny crop share', { size: 224, crop_pct: 1e-9 }],
  ['NaN as factor', { rescale_factor: Number.NaN }],
])('%s is refused', (_, json) => {
  try {
    parsePreprocessing(json)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(GradcamError)
    expect(error).toMatchObject({ code: 'model-invalid' })
    expect((error as Error).message).toMatch(/^preprocessor_config\.json/)
  }
})

test('without a file: the usual ImageNet preprocessing, none of the colours for grey', () => {
  expect(defaultPreprocessing({ height: 224, width: 192, channels: 3 })).toMatchObject({
    size: { height: 224, width: 192 },
    scale: 1 / 255,
    std: [0.229, 0.224, 0.225],
  })
  expect(defaultPreprocessing({ height: 28, width: 28, channels: 1 })).toMatchObject({ mean: [], std: [] })
})

test('black and white by channel, whichever of them is the larger', () => {
  const usual = parsePreprocessing({ rescale_factor: 1 / 255, image_mean: [0.5, 0, 0.25], image_std: [0.5, 1, 0.25] })
  expect(valueRange(usual, 3)).toEqual({ black: [-1, 0, -1], white: [1, 1, 3] })
  // a network that was trained on negatives
  const negative = parsePreprocessing({ rescale_factor: -1 / 255, image_mean: [-1], image_std: [1] })
  expect(valueRange(negative, 1)).toEqual({ black: [1], white: [0] })
  expect(valueRange(undefined, 3)).toBeUndefined()
})

const models = new URL('../../../../../shared/models/', import.meta.url)
test.skipIf(!existsSync(models))('the real models at hand are understood (../shared/models)', () => {
  for (const name of readdirSync(models)) {
    const file = new URL(`${name}/preprocessor_config.json`, models)
    if (existsSync(file)) expect(parsePreprocessing(JSON.parse(readFileSync(file, 'utf8'))).size, name).toBeDefined()
  }
})
