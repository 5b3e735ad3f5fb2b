/** @file Tests of mask.ts: photo coordinates through a crop, by hand. */
import { describe, expect, test } from 'vitest'
import { GradcamError } from '../core/errors.ts'
import { boxPlaces, maskPlaces, pointPlaces } from './mask.ts'

// a photo of 200×100, of which the network sees the middle 100×100 as 10×10 pixels, and scores at 4×4 places of 25 photo pixels
const around = { photo: { width: 200, height: 100 }, input: { width: 10, height: 10 }, region: { x: 50, y: 0, width: 100, height: 100 } }
const places = { width: 4, height: 4 }
const chosen = (values: Float32Array): number[] => Array.from(values.keys()).filter((i) => values[i] === 1)

const code = (attempt: () => unknown): string => {
  try {
    attempt()
  } catch (error) {
    if (error instanceof GradcamError) return error.code
    throw error
  }
  return 'nothing was refused'
}

describe('a point', () => {
  test.each([
    [[50, 0], 0],
    [[74.9, 24.9], 0],
    [[75, 0], 1],
    [[149, 99], 15],
    [[110, 30], 6],
  ] as const)('%j: place %d', (point, place) => expect(chosen(pointPlaces(point, places, around))).toEqual([place]))

  test.each([[[49, 0]], [[150, 50]], [[100, 100]], [[100, -1]]] as const)('%j: outside', (point) =>
    expect(code(() => pointPlaces(point, places, around))).toBe('target-absent'),
  )

  test('without a photo in pixels of the input', () => {
    expect(chosen(pointPlaces([9, 0], places, { input: around.input, photo: undefined, region: undefined }))).toEqual([3])
  })
})

describe('a box', () => {
  test('holds the places whose centres it holds', () => {
    expect(chosen(boxPlaces([50, 0, 100, 50], places, around))).toEqual([0, 1, 4, 5])
    expect(chosen(boxPlaces([62, 12, 63, 13], places, around))).toEqual([0])
    expect(chosen(boxPlaces([0, 40, 1000, 70], places, around))).toEqual([8, 9, 10, 11])
  })

  test.each([
    ['too small', [51, 1, 60, 10], 'target-absent'],
    ['outside', [0, 0, 40, 40], 'target-absent'],
    ['upside down', [60, 60, 50, 50], 'bad-target'],
  ] as const)('%s', (_, box, expected) => expect(code(() => boxPlaces(box, places, around))).toBe(expected))
})

describe('a mask', () => {
  const mask = (width: number, height: number, inside: (x: number, y: number) => boolean) => ({
    width,
    height,
    data: Array.from({ length: width * height }, (_, i) => Number(inside(i % width, Math.floor(i / width)))),
  })

  test('of the photo goes through the crop', () => {
    expect(
      chosen(
        maskPlaces(
          mask(200, 100, (x, y) => x < 75 && y < 50),
          places,
          around,
        ),
      ),
    ).toEqual([0, 4])
  })

  test('of the input, or of the scores themselves', () => {
    expect(
      chosen(
        maskPlaces(
          mask(10, 10, (x, y) => x < 5 && y < 2),
          places,
          around,
        ),
      ),
    ).toEqual([0, 1])
    expect(
      chosen(
        maskPlaces(
          mask(4, 4, (x, y) => x === 3 && y > 1),
          places,
          around,
        ),
      ),
    ).toEqual([11, 15])
  })

  test.each([
    ['another size', mask(20, 20, () => true), 'shape-mismatch'],
    ['nothing inside', mask(4, 4, () => false), 'target-absent'],
    ['only what the network does not see', mask(200, 100, (x) => x < 50), 'target-absent'],
  ] as const)('%s', (_, given, expected) => expect(code(() => maskPlaces(given, places, around))).toBe(expected))
})
