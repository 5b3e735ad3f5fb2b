import { expect, test } from 'vitest'
import { blurred } from '../image/blur.ts'
import { type Neutral, neutralImage, neutrals } from './neutral.ts'

// two channels of 2×4
const image = { data: Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? i : 10)), channels: 2, height: 2, width: 4 }
const range = { black: [-1, 3], white: [1, 1] }
const levels = (which: Neutral): number[] => {
  const { data, height, width } = { ...image, data: neutralImage({ image, range }, which) }
  expect(data.length).toBe(image.data.length)
  return [0, height * width - 1, height * width, data.length - 1].map((at) => data[at] as number)
}

test.each([
  ['mean', 3.5, 10],
  ['zero', 0, 0],
  ['black', -1, 3],
  ['grey', 0, 2],
  ['white', 1, 1],
  [0.25, 0.25, 0.25],
] as const)('%s, one value for each channel', (which, first, second) => expect(levels(which)).toEqual([first, first, second, second]))

test('the blur is a twentieth of the shorter side, however long the image is', () => {
  const long = { data: Float32Array.from({ length: 40 * 80 }, (_, i) => (i * 7) % 13), channels: 1, height: 40, width: 80 }
  expect(neutralImage({ image: long, range: undefined }, 'blur')).toEqual(blurred(long, 2))
})

test('only levels of grey need the preprocessing', () => {
  const unknown = { image, range: undefined }
  const refused = neutrals.filter((which) => {
    try {
      return neutralImage(unknown, which) === undefined
    } catch (error) {
      expect(error).toMatchObject({ code: 'bad-option', message: `${which} is unknown for this network: its preprocessing is not given` })
      return true
    }
  })
  expect(refused).toEqual(['black', 'grey', 'white'])
})
