/** @file Other sources than Hugging Face's, by what their documentation and code say. */
import { expect, test } from 'vitest'
import { refusal } from '../../../test/support/refusal.ts'
import { kerasPreprocessing, namedPreprocessing, type PreprocessingName, ultralyticsPreprocessing } from './named.ts'
import { jsonOf, parsePreprocessing, readPreprocessing, saysPreprocessing } from './sources.ts'

const crop = (height: number, width = height) => ({ kind: 'crop', to: { height, width }, odd: 'even' })
const resize = (to: unknown, filter: string) => ({ kind: 'resize', to, filter })

test("timm: size / crop_pct rounded down, then a crop; other modes squeeze, or pad with the mean's colour", () => {
  const config = {
    architecture: 'x',
    pretrained_cfg: { input_size: [3, 64, 64], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], crop_pct: 0.875 },
  }
  const read = readPreprocessing(config, 'config.json')
  expect(read.preprocessing).toMatchObject({
    steps: [resize({ shortest: 73 }, 'bicubic'), crop(64)],
    mean: [0.5, 0.5, 0.5],
    scale: 1 / 255,
  })
  expect(read).toMatchObject({
    kind: 'timm',
    said: [{ finding: 'class-default', name: 'interpolation', what: 'bicubic by default of timm' }],
  })
  // as in its first years
  expect(parsePreprocessing({ architecture: 'x', ...config.pretrained_cfg })).toEqual(read.preprocessing)
  const steps = (more: object) => parsePreprocessing({ pretrained_cfg: { ...config.pretrained_cfg, ...more } }).steps
  expect(steps({ crop_pct: 1, crop_mode: 'squash', interpolation: 'bilinear' })).toEqual([
    resize({ height: 64, width: 64 }, 'bilinear'),
    crop(64),
  ])
  expect(steps({ crop_pct: 1, crop_mode: 'border' })[1]).toEqual({
    kind: 'pad',
    to: { height: 64, width: 64 },
    place: 'middle',
    fill: [128, 128, 128],
  })
  expect(steps({ input_size: [3, 64, 48] })[0]).toEqual(resize({ cover: { height: 73, width: 54 } }, 'bicubic'))
})

test.each<[string, object]>([
  ['input_size', { input_size: [224, 224] }],
  ['input_size', { input_size: [3, 1e9, 8] }],
  ['crop_pct', { crop_pct: 2 }],
  ['crop_mode', { crop_mode: 'around' }],
  ['interpolation', { interpolation: 'soft' }],
  ['std', { std: [0, 0, 0] }],
])('a wrong %s of timm is named', async (field, cfg) => {
  const error = await refusal(() => readPreprocessing({ pretrained_cfg: cfg }, 'config.json'))
  expect(error.message.startsWith(`config.json: ${field} is `), error.message).toBe(true)
})

test('open_clip_config.json', () => {
  const config = {
    model_cfg: { vision_cfg: { image_size: 240 } },
    preprocess_cfg: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], resize_mode: 'squash' },
  }
  expect(readPreprocessing(config)).toMatchObject({
    kind: 'open_clip',
    preprocessing: { steps: [resize({ height: 240, width: 240 }, 'bicubic')], mean: [0.5, 0.5, 0.5] },
  })
  expect(saysPreprocessing(config)).toBe(true)
  expect(saysPreprocessing({ id2label: {} })).toBe(false)
})

test('by name', async () => {
  expect(namedPreprocessing('torchvision')).toMatchObject({
    steps: [resize({ shortest: 256 }, 'bilinear'), crop(224)],
    mean: [0.485, 0.456, 0.406],
  })
  expect(namedPreprocessing('torchvision', { height: 299, width: 299 }).steps[0]).toEqual(resize({ shortest: 341 }, 'bilinear'))
  expect(namedPreprocessing('caffe')).toMatchObject({ scale: 1, mean: [103.939, 116.779, 123.68], channelOrder: 'bgr' })
  expect(namedPreprocessing('inception')).toMatchObject({ scale: 1 / 127.5, mean: [1], std: [] })
  expect(namedPreprocessing('clip', { height: 336 }).steps).toEqual([
    resize({ cover: { height: 336, width: 224 } }, 'bicubic'),
    crop(336, 224),
  ])
  expect(namedPreprocessing('none')).toMatchObject({ scale: 1, mean: [], std: [], steps: [resize('input', 'bilinear')] })
  expect(await refusal(() => namedPreprocessing('imagenet' as PreprocessingName))).toMatchObject({ code: 'bad-option' })
  expect(kerasPreprocessing('tf')).toMatchObject({ scale: 1 / 127.5, mean: [1], layout: 'nhwc' })
})

test('Ultralytics: a letterbox, a crop for classifiers', async () => {
  expect(ultralyticsPreprocessing({ imgsz: [384, 640] }).steps).toEqual([
    { kind: 'resize', to: { inside: { height: 384, width: 640 }, rounding: 'nearest' }, filter: 'opencv-linear' },
    { kind: 'pad', to: { height: 384, width: 640 }, place: 'middle', fill: [114] },
  ])
  expect(ultralyticsPreprocessing({ imgsz: 224, task: 'classify' }).steps).toEqual([resize({ shortest: 224 }, 'bilinear'), crop(224)])
  expect(await refusal(() => ultralyticsPreprocessing({ imgsz: 0 }))).toMatchObject({ code: 'bad-option' })
})

test('a byte-order mark in front of JSON', async () => {
  expect(jsonOf('\uFEFF{"size":8}', 'config.json')).toEqual({ size: 8 })
  expect(await refusal(() => jsonOf('{', 'config.json'))).toMatchObject({ code: 'model-invalid', message: 'config.json is not JSON' })
})
