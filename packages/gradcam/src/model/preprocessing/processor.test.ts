import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeShared, sharedPath } from '../../../test/support/shared.ts'
import { GradcamError } from '../../core/errors.ts'
import { finalSize } from '../preprocessing.ts'
import { parsePreprocessing, readPreprocessing } from './sources.ts'

const stepsOf = (json: unknown) => parsePreprocessing(json).steps
const resize = (to: unknown, filter = 'bilinear') => ({ kind: 'resize', to, filter })

test('a size is a square, a rectangle, a side or a bound', () => {
  expect(stepsOf({ size: 224 })).toEqual([resize({ height: 224, width: 224 })])
  expect(stepsOf({ size: { height: 32, width: 100 } })).toEqual([resize({ height: 32, width: 100 })])
  expect(stepsOf({ size: [32, 100] })).toEqual([resize({ height: 32, width: 100 })])
  expect(stepsOf({ size: { shortest_edge: 256 } })).toEqual([resize({ shortest: 256 })])
  expect(stepsOf({ size: { shortest_edge: 800, longest_edge: 1333 } })).toEqual([resize({ shortest: 800, longest: 1333 })])
  expect(stepsOf({ size: { longest_edge: 1024 } })).toEqual([resize({ longest: 1024, rounding: 'half-up' })])
  expect(stepsOf({ size: { max_height: 480, max_width: 640 } })).toEqual([resize({ inside: { height: 480, width: 640 } })])
  expect(stepsOf({ size: 800, max_size: 1333 })).toEqual([resize({ shortest: 800, longest: 1333 })])
  expect(stepsOf({ size: 224, do_resize: false })).toEqual([resize('input')])
  expect(stepsOf({})).toEqual([resize('input')])
})

test('a bare number with a crop is the shorter side, except for vision transformers', () => {
  const clip = { size: 224, crop_size: 224, do_center_crop: true, resample: 3, feature_extractor_type: 'CLIPFeatureExtractor' }
  const crop = { kind: 'crop', to: { height: 224, width: 224 } }
  expect(stepsOf(clip)).toEqual([resize({ shortest: 224 }, 'bicubic'), crop])
  const deit = { size: 256, crop_size: 224, do_center_crop: true, feature_extractor_type: 'DeiTFeatureExtractor' }
  expect(stepsOf(deit)).toEqual([resize({ height: 256, width: 256 }, 'bicubic'), crop])
})

test('crop_pct widens the size before the crop', () => {
  const convnext = { feature_extractor_type: 'ConvNextFeatureExtractor', crop_pct: 0.875, do_resize: true, size: 224, resample: 3 }
  const steps = [resize({ shortest: 256 }, 'bicubic'), { kind: 'crop', to: { height: 224, width: 224 } }]
  expect(stepsOf(convnext)).toEqual(steps)
  expect(stepsOf({ ...convnext, crop_pct: null })).toEqual(steps)
  expect(stepsOf({ ...convnext, size: { shortest_edge: 384 } })).toEqual([resize({ height: 384, width: 384 }, 'bicubic')])
})

test('padding, proportions and multiples', () => {
  const pad = (to: unknown, place: string) => ({ kind: 'pad', to, place, fill: { value: 0 } })
  expect(stepsOf({ size: { longest_edge: 64 }, do_pad: true, pad_size: { height: 64, width: 64 } })[1]).toEqual(
    pad({ height: 64, width: 64 }, 'start'),
  )
  expect(stepsOf({ size: 518, keep_aspect_ratio: true, ensure_multiple_of: 14 })).toEqual([
    { ...resize({ nearest: { height: 518, width: 518 } }), multiple: { of: 14, rounding: 'nearest' } },
  ])
  expect(stepsOf({ image_processor_type: 'DPTImageProcessor', do_resize: false, do_pad: true, size_divisibility: 32 })).toEqual([
    pad({ multiple: 32 }, 'middle'),
  ])
  // one photo alone is padded to its own size: not at all
  expect(stepsOf({ image_processor_type: 'DetrImageProcessor', do_pad: true })).toEqual([resize({ shortest: 800, longest: 1333 })])
})

test('scale, mean and std follow the do_ flags', () => {
  expect(parsePreprocessing({})).toMatchObject({ scale: 1 / 255, mean: [], std: [], channelOrder: 'rgb', layout: 'nchw' })
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
    expect(stepsOf({ resample: number, size: 8 })).toEqual([resize({ height: 8, width: 8 }, name)])
})

test('what is absent means what the class has by default, and is said', () => {
  const mobilevit = readPreprocessing({
    image_processor_type: 'MobileViTImageProcessor',
    do_rescale: true,
    size: { shortest_edge: 224 },
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  })
  expect(mobilevit.preprocessing).toMatchObject({ mean: [], std: [], channelOrder: 'bgr' })
  expect(mobilevit.kind).toBe('MobileViTImageProcessor')
  expect(mobilevit.said).toContainEqual({
    finding: 'class-default',
    name: 'crop_size',
    what: '{"height":256,"width":256} by default of MobileViTImageProcessor',
  })
  const levit = readPreprocessing({ image_processor_type: 'LevitImageProcessorFast', size: { shortest_edge: 224 } })
  expect(levit.preprocessing.steps[0]).toEqual(resize({ shortest: 256 }, 'bicubic'))
  const lcnet = parsePreprocessing({ image_processor_type: 'PPLCNetImageProcessor' })
  expect(lcnet).toMatchObject({ channelOrder: 'bgr', mean: [0.485, 0.456, 0.406] })
})

test('unknown classes, unknown fields and fields that a class does not read are said', () => {
  const { said, kind } = readPreprocessing({ image_processor_type: 'NewImageProcessor', size: 8, blur_radius: 3 })
  expect(kind).toBe('NewImageProcessor')
  expect(said.map(({ finding, name }) => [finding, name])).toEqual([
    ['unknown-class', 'NewImageProcessor'],
    ['unknown-field', 'blur_radius'],
  ])
  const vit = readPreprocessing({ image_processor_type: 'ViTImageProcessor', size: 8, crop_pct: 0.5, blur_radius: 3 })
  expect(vit.preprocessing.steps).toEqual([resize({ height: 8, width: 8 })])
  expect(vit.said.filter(({ finding }) => finding !== 'class-default').map(({ finding, name }) => [finding, name])).toEqual([
    ['unread-field', 'crop_pct'],
    ['unknown-field', 'blur_radius'],
  ])
  expect(readPreprocessing({ size: 8 }).said[0]).toMatchObject({ finding: 'assumed', name: 'image_processor_type' })
  // a file that only says what the class does anyway has nothing to say but defaults
  expect(
    new Set(readPreprocessing({ image_processor_type: 'DetrImageProcessor', format: 'coco_detection' }).said.map(({ finding }) => finding)),
  ).toEqual(new Set(['class-default']))
})

test('a picture processor inside of a file is found', () => {
  const inner = { image_processor_type: 'SiglipImageProcessor', size: { height: 224, width: 224 }, resample: 3 }
  const { preprocessing, kind } = readPreprocessing({ image_processor: inner, processor_class: 'SiglipProcessor' }, 'processor_config.json')
  expect(kind).toBe('SiglipImageProcessor')
  expect(preprocessing).toMatchObject({ steps: [resize({ height: 224, width: 224 }, 'bicubic')], mean: [0.5, 0.5, 0.5] })
})

test.each([
  [{ image_processor_type: 'Qwen2VLImageProcessor' }, 'Qwen2VLImageProcessor makes patches, not a picture'],
  [
    { image_processor_type: 'GotOcr2ImageProcessor', crop_to_patches: true },
    'GotOcr2ImageProcessor with crop_to_patches makes patches, not a picture',
  ],
  [
    { image_processor_type: 'ImageGPTImageProcessor' },
    'ImageGPTImageProcessor with do_color_quantize makes numbers of colours, not a picture',
  ],
])('%j is refused by name', (json, message) => {
  expect(() => parsePreprocessing(json)).toThrow(expect.objectContaining({ code: 'unsupported-model', message }))
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
  ['a size in pixels', { size: { min_pixels: 1, max_pixels: 2 } }],
  ['a class that is no name', { image_processor_type: 3 }],
  ['an inner processor that is a list', { image_processor: [] }],
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

describeShared('real models', 'models', () => {
  test('their files are understood', () => {
    for (const name of readdirSync(sharedPath('models'))) {
      const file = sharedPath('models', name, 'preprocessor_config.json')
      if (existsSync(file)) expect(finalSize(parsePreprocessing(JSON.parse(readFileSync(file, 'utf8')))), name).toBeDefined()
    }
  })
})
