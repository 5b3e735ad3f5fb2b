/** @file Who is believed on how photos are prepared, and what is said of those who disagree. */
import { describe, expect, test } from 'vitest'
import type { SettingsObject } from '../graph/open.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import { fact } from './fact.ts'
import { fitted } from './fit.ts'
import type { InGraph } from './in-graph.ts'
import { pixelValues } from './pixel-values.ts'
import { type KnownPreparation, preparationOf, type PreparationPlaces } from './preparation.ts'
import { preparationSources } from './preparation-sources.ts'
import { savedSettings } from './saved.ts'

const silent: InGraph = {
  steps: [],
  rescales: false,
  normalises: false,
  resizes: false,
  reorders: false,
  values: undefined,
  order: undefined,
}
/** A graph that begins with Div 255. */
const rescaling: InGraph = {
  ...silent,
  ...{ steps: ['Div 255'], rescales: true, values: fact(pixelValues.levels, 'graph', 'its first nodes are Div 255') },
}
const side = 32
const input = { height: side, width: side, channels: 3 }
const size = fact({ height: side, width: side }, 'graph', 'the size that the model takes')

const means = (value: number): readonly number[] => [value, value, value]
const deviations = [0.5, 0.5, 0.5]
const square = { height: side, width: side }
const files: readonly (readonly [string, unknown])[] = [
  ['gradcam.json', { scale: 1 / 255, mean: 0.1, std: 0.5, channels: 'rgb', resize: 'squeeze' }],
  ['preprocessor_config.json', { image_processor_type: 'ViTImageProcessor', size: square, image_mean: means(0.2), image_std: deviations }],
  [
    'processor_config.json',
    { image_processor: { image_processor_type: 'ViTImageProcessor', size: square, image_mean: means(0.3), image_std: deviations } },
  ],
  ['open_clip_config.json', { preprocess_cfg: { size: side, mean: means(0.4), std: deviations } }],
  ['config.json', { pretrained_cfg: { input_size: [3, side, side], mean: means(0.6), std: deviations } }],
]
const ultralytics = [
  { key: 'description', value: 'Ultralytics YOLOv8n model' },
  { key: 'stride', value: '32' },
  { key: 'task', value: 'detect' },
  { key: 'imgsz', value: `[${side}, ${side}]` },
]

interface Said {
  files?: readonly (readonly [string, unknown])[]
  metadata?: typeof ultralytics
  given?: PreparationPlaces['given']
  inGraph?: InGraph
  input?: PreparationPlaces['input']
  size?: PreparationPlaces['size']
}

function known({ files: there = [], metadata = [], given = {}, ...more }: Said): KnownPreparation {
  const settings = new Map(
    there.map(([name, fields]): [string, SettingsObject] => [name, { name, fields: fields as SettingsObject['fields'] }]),
  )
  const own = settings.get('gradcam.json')
  const saved = savedSettings(own)
  const { sources } = preparationSources(settings, metadata, saved)
  return preparationOf({ given, saved: own && { options: saved, file: own.name }, sources, inGraph: silent, input, size, ...more })
}

describe('the strongest is believed', () => {
  const given = { scale: 1 / 255, mean: 0.05, std: 0.5 }
  const all: Said = { given, files, metadata: ultralytics, inGraph: rescaling }
  const rest = (from: number): Said => ({ files: files.slice(from), metadata: ultralytics })
  test.each([
    ['the user', all, 0.05, 'given', '`scale`, `mean`, `std`'],
    ['gradcam.json', rest(0), 0.1, 'stated', 'gradcam.json'],
    ['gradcam.json, over the graph', { ...rest(0), inGraph: rescaling }, 0.1, 'stated', 'gradcam.json'],
    ['preprocessor_config.json', rest(1), 0.2, 'stated', 'preprocessor_config.json (ViTImageProcessor)'],
    ['processor_config.json', rest(2), 0.3, 'stated', 'processor_config.json (ViTImageProcessor)'],
    ['open_clip_config.json', rest(3), 0.4, 'stated', expect.stringMatching(/^open_clip_config\.json/)],
    ["timm's config.json", rest(4), 0.6, 'stated', expect.stringMatching(/^config\.json/)],
    ['Ultralytics', { metadata: ultralytics }, undefined, 'stated', `imgsz ${side}×${side} in the file's metadata (Ultralytics)`],
    ['the graph', { inGraph: rescaling }, undefined, 'graph', 'its first nodes are Div 255'],
    ['nobody', {}, 0.485, 'assumed', 'what most networks for ImageNet want'],
  ] as const)('%s', (_, said, mean, source, from) => {
    const { preparation, preprocessing } = known(said)
    expect(preparation.values).toMatchObject({ source, from })
    expect(preprocessing.mean[0]).toBe(mean)
  })

  test('one option leaves the others as the file says them', () => {
    const { preprocessing, preparation } = known({ files: files.slice(1, 2), given: { channels: 'bgr' } })
    expect(preprocessing).toMatchObject({ mean: means(0.2), std: deviations, channelOrder: 'bgr' })
    expect(preparation).toMatchObject({ values: { source: 'stated' }, channelOrder: { source: 'given', from: '`channels`' } })
  })

  test("who describes pixels that nobody else does gets no mean of ImageNet's", () => {
    const { scale, mean, std } = known({ given: { scale: 1 } }).preprocessing
    expect({ scale, mean, std }).toEqual({ scale: 1, mean: [], std: [] })
  })
})

describe('what the graph does is not done twice', () => {
  const unit = ['preprocessor_config.json', { image_processor_type: 'ViTImageProcessor', size: square, do_normalize: false }] as const
  const levels = ['preprocessor_config.json', { ...unit[1], do_rescale: false }] as const

  test('without a file', () => {
    const { preprocessing, warnings } = known({ inGraph: rescaling })
    expect(preprocessing).toMatchObject({ scale: 1, mean: [], std: [] })
    expect(warnings.map(({ code }) => code)).toEqual(['preprocessing-assumed'])
  })

  test('a file that rescales, too: the graph is followed, and it is said', () => {
    const { preprocessing, preparation, warnings } = known({ files: [unit], inGraph: rescaling })
    expect(preprocessing).toMatchObject({ scale: 1, mean: [], std: [] })
    expect(preparation.values.source).toBe('graph')
    expect(warnings).toMatchObject([{ code: 'preprocessing-contradicts', message: expect.stringContaining('scales pixels to 0 … 1') }])
  })

  test('a file that does not is right, and nothing is said', () => {
    const { preprocessing, warnings } = known({ files: [levels], inGraph: rescaling })
    expect(preprocessing).toMatchObject({ scale: 1 })
    expect(warnings).toEqual([])
  })

  test('the user may say otherwise', () => {
    const { preprocessing, warnings } = known({ files: [unit], inGraph: rescaling, given: { scale: 0.5 } })
    expect(preprocessing.scale).toBe(0.5)
    expect(warnings).toEqual([])
  })
})

describe('what contradicts itself is said', () => {
  test('two files', () => {
    const { preprocessing, warnings } = known({ files: files.slice(1, 3) })
    expect(preprocessing.mean).toEqual(means(0.2))
    // (0 − 0.2) / 0.5 … (1 − 0.2) / 0.5, and with 0.3
    expect(warnings).toMatchObject([
      {
        code: 'preprocessing-contradicts',
        message:
          'preprocessor_config.json (ViTImageProcessor) and processor_config.json (ViTImageProcessor) disagree: pixels in -0.4 … 1.6 and -0.6 … 1.4',
      },
    ])
  })

  test('two files that agree', () => {
    const [, stated] = files[1] as [string, unknown]
    expect(known({ files: [files[1] as [string, unknown], ['processor_config.json', { image_processor: stated }]] }).warnings).toEqual([])
  })

  test("a file's size against the model's: the same steps in proportion", () => {
    const config = {
      image_processor_type: 'ViTImageProcessor',
      size: { height: 640, width: 640 },
      image_mean: means(0.5),
      image_std: deviations,
    }
    const said = known({ files: [['preprocessor_config.json', config]], input: { height: 320, width: 320, channels: 3 } })
    expect(said.preprocessing.steps).toMatchObject([{ kind: 'resize', to: { height: 320, width: 320 } }])
    expect(said.warnings).toMatchObject([
      {
        code: 'preprocessing-contradicts',
        message: 'preprocessor_config.json (ViTImageProcessor) makes 640×640 pixels, the model takes 320×320',
      },
    ])
  })

  test.each([
    [
      [
        { kind: 'resize', to: { shortest: 256 } },
        { kind: 'crop', to: { height: 224, width: 224 } },
      ],
      112,
      [{ to: { shortest: 128 } }, { to: { height: 112, width: 112 } }],
    ],
    [
      [
        { kind: 'resize', to: { inside: { height: 640, width: 640 } } },
        { kind: 'pad', to: { height: 640, width: 640 } },
      ],
      320,
      [{ to: { inside: { height: 320, width: 320 } } }, { to: { height: 320, width: 320 } }],
    ],
    [
      [
        { kind: 'resize', to: { longest: 1024 } },
        { kind: 'pad', to: { height: 1024, width: 1024 } },
      ],
      512,
      [{ to: { longest: 512 } }, { to: { height: 512, width: 512 } }],
    ],
    [
      [
        { kind: 'resize', to: { cover: { height: 64, width: 128 } } },
        { kind: 'crop', to: { height: 64, width: 128 } },
      ],
      32,
      [{ to: { cover: { height: 32, width: 32 } } }, { to: { height: 32, width: 32 } }],
    ],
  ] as const)('steps %j for %i pixels', (steps, wanted, expected) => {
    const said = fitted(fact(steps as unknown as Preprocessing['steps'], 'stated', 'a file'), { height: wanted, width: wanted })
    expect(said.steps.value).toMatchObject(expected)
    expect(said.steps.source).toBe('graph')
    expect(said.warnings).toHaveLength(1)
  })

  test.each([
    [{ shortest: 128 }, { height: 128, width: 192 }],
    [{ shortest: 128 }, { height: 192, width: 128 }],
    [{ longest: 192 }, { height: 192, width: 128 }],
    [{ shortest: 128 }, { height: undefined, width: undefined }],
  ])('%j of photos that keep their proportions, for a model of %j: the same steps', (to, wanted) => {
    const steps = [{ kind: 'resize', to }] as unknown as Preprocessing['steps']
    expect(fitted(fact(steps, 'stated', 'a file'), wanted)).toMatchObject({ steps: { value: steps }, warnings: [] })
  })

  test('classes and fields that nobody knows', () => {
    const fields = { image_processor_type: 'WobblyImageProcessor', size: square, do_wobble: true }
    const settings = new Map([['preprocessor_config.json', { name: 'preprocessor_config.json', fields }]])
    const [warning] = preparationSources(settings, [], {}).warnings
    expect(warning).toMatchObject({ code: 'preprocessing-unknown', message: expect.stringContaining('WobblyImageProcessor') })
    expect(warning?.message).toContain('do_wobble')
  })

  test.each(['[0, 640]', '[640.5, 640]', '1e9', '[1, 2, 3]', 'large'])(
    'imgsz %s in the metadata is nothing that can be followed',
    (imgsz) => {
      const metadata = ultralytics.map((entry) => (entry.key === 'imgsz' ? { key: 'imgsz', value: imgsz } : entry))
      expect(preparationSources(new Map(), metadata, {}).sources).toEqual([])
    },
  )
})

describe('what is assumed is named, and nothing else', () => {
  const assumed = (said: Said): string | undefined => known(said).warnings.find(({ code }) => code === 'preprocessing-assumed')?.message
  const open = { height: undefined, width: undefined, channels: 3 }
  const start = 'nothing says how photos are prepared for this network; assumed: '
  const levels: InGraph = { ...silent, values: fact(pixelValues.levels, 'graph', 'its element type is uint8') }
  test.each([
    ['all', {}, `${start}squeezed to 32×32 (bilinear), ImageNet's mean and deviation for pixels, RGB`],
    ['of one channel', { input: { ...input, channels: 1 } }, `${start}squeezed to 32×32 (bilinear), 0 … 1 for pixels`],
    ['of whole numbers', { inGraph: levels }, `${start}squeezed to 32×32 (bilinear), RGB`],
    [
      'a graph that knows the order',
      { inGraph: { ...levels, order: fact('bgr', 'graph', 'its mean') } },
      `${start}squeezed to 32×32 (bilinear)`,
    ],
    [
      'a graph that resizes an input of a fixed size',
      { inGraph: { ...levels, resizes: true } },
      `${start}squeezed to 32×32 (bilinear), RGB`,
    ],
    ['a graph that resizes', { inGraph: { ...levels, resizes: true }, input: open }, `${start}RGB`],
    ['the size alone is given', { given: { size: side } }, `${start}ImageNet's mean and deviation for pixels, RGB`],
    [
      'the order alone is given',
      { given: { channels: 'bgr' } },
      `${start}squeezed to 32×32 (bilinear), ImageNet's mean and deviation for pixels`,
    ],
    ['all is given', { given: { preprocessing: 'inception' } }, undefined],
    ['all is stated', { files: files.slice(1, 2) }, undefined],
    [
      'the order alone is kept',
      { files: [['gradcam.json', { channels: 'bgr' }]] },
      `${start}squeezed to 32×32 (bilinear), ImageNet's mean and deviation for pixels`,
    ],
    ['all is kept', { files: [['gradcam.json', { preprocessing: 'inception' }]] }, undefined],
  ] as const)('%s', (_, said, message) => {
    expect(assumed(said as Said)).toBe(message)
  })

  const unsaid = fact({ height: 224, width: 224 }, 'assumed', '224×224 runs')
  test.each([
    [{ resize: 'letterbox', scale: 1, mean: 0, std: 1, channels: 'rgb' }, true],
    [{ preprocessing: 'torchvision' }, true],
    [{ preprocessing: 'caffe' }, true],
    [{ preprocessing: 'caffe', size: 64 }, false],
    [{ preprocessing: 'none', resize: 'none' }, false],
    [{ preprocessing: 'none', resize: 64 }, false],
  ] as const)('a size that nobody said: %j', (given, asks) => {
    const said = known({ given, input: open, size: unsaid })
    expect(said.asksSize).toBe(asks)
    expect(said.warnings.map(({ message }) => message)).toEqual(asks ? [`${start}224×224 pixels`] : [])
  })

  test('what a kept name means follows the size of the model', () => {
    const { preprocessing, warnings } = known({ files: [['gradcam.json', { preprocessing: 'torchvision' }]] })
    // ⌊32 · 256 / 224⌋
    expect(preprocessing.steps).toMatchObject([{ to: { shortest: 36 } }, { to: square }])
    expect(warnings).toEqual([])
  })
})
