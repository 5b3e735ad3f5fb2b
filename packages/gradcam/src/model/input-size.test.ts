/** @file A size asked for takes the place of the preprocessing's own, where the model's input leaves it free. */
import { expect, test } from 'vitest'
import { refusal } from '../../test/support/refusal.ts'
import { withSize } from './input-size.ts'
import { parsePreprocessing } from './preprocessing.ts'

const free = { height: undefined, width: undefined, channels: 3 }
const cropping = parsePreprocessing({
  size: { shortest_edge: 256 },
  crop_size: 224,
  do_center_crop: true,
  image_mean: [0.5],
  image_std: [0.25],
})

test('size and crop are replaced, all else stays', () => {
  expect(withSize(cropping, 448, free)).toEqual({ ...cropping, size: { width: 448, height: 448 }, crop: undefined })
  expect(withSize(cropping, { width: 320, height: 160 }, free).size).toEqual({ width: 320, height: 160 })
  expect(withSize(undefined, 96, free)).toMatchObject({ size: { width: 96, height: 96 }, scale: 1 / 255 })
})

test('a fixed side can be asked for, and no other', async () => {
  const fixed = { ...free, height: 224 }
  expect(withSize(cropping, { width: 320, height: 224 }, fixed).size).toEqual({ width: 320, height: 224 })
  const refused = await refusal(() => withSize(cropping, 448, fixed))
  expect(refused).toMatchObject({ code: 'bad-option', message: '`size` is 448×448, but the model takes 448×224 pixels only' })
})

test.each([0, -1, 1.5, Number.NaN, 20_000, { width: 10, height: 0 }])('%j is no size', async (size) => {
  expect(await refusal(() => withSize(cropping, size, free))).toMatchObject({ code: 'bad-option' })
})
