import { expect, test } from 'vitest'
import { defaultPreprocessing, finalSize, valueRange } from './preprocessing.ts'
import { parsePreprocessing } from './preprocessing/sources.ts'

test('without a file: the usual ImageNet preprocessing, none of the colours for grey', () => {
  expect(defaultPreprocessing({ height: 224, width: 192, channels: 3 })).toMatchObject({
    steps: [{ kind: 'resize', to: { height: 224, width: 192 }, filter: 'bilinear' }],
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

test('the size that photos end with', () => {
  const sizeOf = (json: unknown) => finalSize(parsePreprocessing(json))
  expect(sizeOf({ size: { shortest_edge: 256 }, crop_size: 224 })).toEqual({ height: 224, width: 224 })
  expect(sizeOf({ size: { shortest_edge: 800, longest_edge: 1333 } })).toEqual({ height: 800, width: 800 })
  expect(sizeOf({ size: { max_height: 480, max_width: 640 } })).toEqual({ height: 480, width: 640 })
  expect(sizeOf({ image_processor_type: 'PerceiverImageProcessor' })).toEqual({ height: 224, width: 224 })
  expect(sizeOf({})).toBeUndefined()
})
