/** @file Tests of image-metadata.ts: black, white and the order of channels by what the file states. */
import { expect, test } from 'vitest'
import { fact } from './fact.ts'
import { imageMetadata } from './image-metadata.ts'
import { preparationOf } from './preparation.ts'
import { preparationSources } from './preparation-sources.ts'
import { levelWith, type Values } from './values.ts'

const stated = (range: string, format?: string): { key: string; value: string }[] => [
  { key: 'Image.NominalPixelRange', value: range },
  ...(format === undefined ? [] : [{ key: 'Image.BitmapPixelFormat', value: format }]),
]

test.each([
  ['NominalRange_0_255', 'Bgr8', 0, 255, 'bgr'],
  ['Normalized_0_1', 'Rgb8', 0, 1, 'rgb'],
  ['Normalized_1_1', undefined, -1, 1, 'rgb'],
  ['NominalRange_16_235', 'Gray8', 16, 235, 'grey'],
] as const)('%s, %s', (range, format, black, white, order) => {
  const found = imageMetadata(stated(range, format))
  expect(found?.channelOrder).toBe(order)
  expect(levelWith(found?.values as Values, 0, 0)).toBeCloseTo(black, 5)
  expect(levelWith(found?.values as Values, 255, 0)).toBeCloseTo(white, 5)
})

test('unknown words are none', () => {
  expect(imageMetadata(stated('toString'))).toBeUndefined()
  expect(imageMetadata([])).toBeUndefined()
})

test('values and order are stated, the way to the size is assumed, and only that is said', () => {
  const inGraph = { steps: [], rescales: false, normalises: false, resizes: false, reorders: false, values: undefined, order: undefined }
  const { sources } = preparationSources(new Map(), stated('NominalRange_0_255', 'Bgr8'), {})
  const size = fact({ height: 224, width: 224 }, 'graph', 'declared')
  const input = { height: 224, width: 224, channels: 3 }
  const { preparation, warnings } = preparationOf({ given: {}, saved: undefined, sources, inGraph, input, size })
  expect([preparation.steps.source, preparation.values.source, preparation.channelOrder]).toMatchObject([
    'assumed',
    'stated',
    { value: 'bgr', source: 'stated' },
  ])
  expect(warnings.map(({ message }) => message)).toEqual([expect.stringMatching(/assumed: squeezed to 224×224 \(bilinear\)$/)])
})
