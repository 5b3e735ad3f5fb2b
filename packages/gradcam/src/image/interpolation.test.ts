/** @file Tests of interpolation.ts: what the matrices must do to constants, lines and parabolas, and numbers worked out by hand. */
import { describe, expect, test } from 'vitest'
import { interpolation } from './interpolation.ts'

const modes = ['nearest', 'bilinear', 'bicubic'] as const
const sizes = [
  [7, 224],
  [8, 64],
  [1, 5],
  [5, 1],
  [3, 3],
  [13, 224],
  [14, 9],
] as const

/** A row of numbers at another size. */
function resized(values: readonly number[], to: number, mode: (typeof modes)[number]): number[] {
  const matrix = interpolation(values.length, to, mode)
  return Array.from({ length: to }, (_, row) =>
    values.reduce((sum, value, i) => sum + value * (matrix[row * values.length + i] as number), 0),
  )
}

const close = (actual: readonly number[], expected: readonly number[], digits = 5): void => {
  expect(actual.length).toBe(expected.length)
  actual.forEach((value, i) => expect(value, `place ${i}`).toBeCloseTo(expected[i] as number, digits))
}

describe.each(modes)('%s', (mode) => {
  test.each(sizes)('%i → %i: the weights of each row sum to 1', (from, to) => {
    const matrix = interpolation(from, to, mode)
    expect(matrix.length).toBe(from * to)
    close(resized(new Array<number>(from).fill(1), to, mode), new Array<number>(to).fill(1), 6)
  })

  test('the same size changes nothing', () => {
    close(resized([3, -1, 4, 1, -5], 5, mode), [3, -1, 4, 1, -5])
  })

  test('a mirrored map gives a mirrored result', () => {
    const values = [0, 2, 7, -1]
    // an even factor: at an odd one nearest has ties, which go to one side
    close(resized([...values].reverse(), 12, mode), resized(values, 12, mode).reverse())
  })
})

/** Where the places of the larger map lie among those of the smaller one: half-pixel centres. */
const centres = (from: number, to: number): number[] => Array.from({ length: to }, (_, i) => ((i + 0.5) * from) / to - 0.5)

describe('numbers worked out by hand', () => {
  test('nearest: each place repeated', () => {
    expect(resized([1, 2, 3], 6, 'nearest')).toEqual([1, 1, 2, 2, 3, 3])
    expect(resized([1, 2, 3, 4], 2, 'nearest')).toEqual([2, 4])
  })

  test('bilinear at half-pixel centres, the border repeated', () => {
    close(resized([0, 8], 4, 'bilinear'), [0, 2, 6, 8])
    close(resized([0, 6, 0], 9, 'bilinear'), [0, 0, 2, 4, 6, 4, 2, 0, 0])
  })

  test("bicubic, a = −½: Keys' weights at ¼ are −9/128, 111/128, 29/128, −3/128", () => {
    const spike = (at: number): number[] => Array.from({ length: 8 }, (_, i) => (i === at ? 128 : 0))
    // the tenth of 16 places lies at 4.25
    close(
      [3, 4, 5, 6].map((at) => resized(spike(at), 16, 'bicubic')[9] as number),
      [-9, 111, 29, -3],
    )
  })

  test('bicubic at the border: what would lie outside counts as the last place', () => {
    // the first of 4 places lies at −¼: weights −3/128, 29/128, 111/128, −9/128 of places −2, −1, 0, 1
    close(resized([128, 0], 4, 'bicubic'), [137, 102, 26, -9])
  })
})

describe('inside, away from the border', () => {
  const [from, to] = [12, 50]
  const inside = centres(from, to).flatMap((x, i) => (x >= 1 && x <= from - 2 ? [{ x, i }] : []))

  test.each([
    ['bilinear', 1],
    ['bicubic', 2],
  ] as const)('%s reproduces polynomials of degree %i', (mode, degree) => {
    expect(inside.length).toBeGreaterThan(30)
    const f = (x: number): number => 0.3 * x ** degree - 2 * x + 1
    const result = resized(
      Array.from({ length: from }, (_, i) => f(i)),
      to,
      mode,
    )
    close(
      inside.map(({ i }) => result[i] as number),
      inside.map(({ x }) => f(x)),
    )
  })
})
