import { describe, expect, test } from 'vitest'
import { randomOf } from '../../core/random.ts'
import { gridCells, gridSegmentation } from './grid.ts'
import { labColours } from './lab.ts'
import { weightedSegments } from './segmentation.ts'
import { slic } from './slic.ts'
import { connected } from './slic-connected.ts'

/** Whether every part hangs together, side by side. */
function inOnePiece(labels: Int32Array, width: number, count: number): boolean {
  const seen = new Uint8Array(labels.length)
  let pieces = 0
  for (let first = 0; first < labels.length; first++) {
    if (seen[first]) continue
    pieces++
    const open = [first]
    seen[first] = 1
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const [side, is] of [
        [at - 1, at % width > 0],
        [at + 1, at % width < width - 1],
        [at - width, true],
        [at + width, true],
      ] as const) {
        if (!is || side < 0 || side >= labels.length || seen[side] || labels[side] !== labels[at]) continue
        seen[side] = 1
        open.push(side)
      }
    }
  }
  return pieces === count
}

const planes = (height: number, width: number, colour: (row: number, column: number) => readonly number[]): Float32Array => {
  const data = new Float32Array(3 * height * width)
  for (let at = 0; at < height * width; at++)
    colour(Math.floor(at / width), at % width).forEach((value, c) => (data[c * height * width + at] = value))
  return data
}

describe('SLIC', () => {
  test('regions of flat colours are found as they are', () => {
    // a wavy border, so that no grid would do: left dark, right light, and a strip at the bottom
    const region = (row: number, column: number): number => (row >= 30 ? 2 : column < 19 + 3 * Math.sin(row / 4) ? 0 : 1)
    const colours = [
      [20, 0, 0],
      [80, 0, 0],
      [50, 70, 30],
    ]
    const lab = planes(40, 40, (row, column) => colours[region(row, column)] as number[])
    const { labels, count } = slic(lab, 40, 40, { count: 16, compactness: 10 })
    expect(count).toBeLessThanOrEqual(16)
    expect(count).toBeGreaterThanOrEqual(8)
    // no superpixel reaches over a border
    const regionOf = new Map<number, number>()
    labels.forEach((label, at) => {
      const mine = region(Math.floor(at / 40), at % 40)
      expect(regionOf.get(label) ?? mine).toBe(mine)
      regionOf.set(label, mine)
    })
    expect(new Set(regionOf.values()).size).toBe(3)
    expect(inOnePiece(labels, 40, count)).toBe(true)
  })

  test('four squares of four colours are four superpixels', () => {
    const lab = planes(24, 24, (row, column) => [row < 12 ? 20 : 80, column < 12 ? -50 : 50, 0])
    const { labels, count } = slic(lab, 24, 24, { count: 4, compactness: 10 })
    expect(count).toBe(4)
    expect(Array.from(labels)).toEqual(Array.from(gridSegmentation(24, 24, 4).labels))
  })

  test('noise still gives superpixels in one piece, not more than asked for, and the same every time', () => {
    const random = randomOf(3)
    const lab = planes(50, 70, () => [100 * random.uniform(), 100 * random.normal(), 100 * random.normal()])
    const made = slic(lab, 50, 70, { count: 35, compactness: 1 })
    expect(made.count).toBeGreaterThan(5)
    expect(made.count).toBeLessThanOrEqual(35)
    expect(inOnePiece(made.labels, 70, made.count)).toBe(true)
    expect(slic(lab, 50, 70, { count: 35, compactness: 1 })).toEqual(made)
  })

  test('of a cluster in two pieces the larger one stays, the other joins its neighbour', () => {
    const clusters = Int32Array.of(0, 0, 0, 1, 1, 1, 0, 0, 0, 0)
    expect(connected(clusters, 1, 10, 2, 1)).toEqual({ labels: Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 1, 1), count: 2 })
    // too small to stay at all
    expect(connected(clusters, 1, 10, 2, 4)).toEqual({ labels: new Int32Array(10), count: 1 })
  })

  test('a flat image falls into even parts', () => {
    const { labels, count } = slic(new Float32Array(3 * 32 * 32), 32, 32, { count: 16, compactness: 10 })
    expect(count).toBe(16)
    for (const { pixels } of weightedSegments({ labels, count }, 32, new Float64Array(16))) expect(pixels).toBeGreaterThan(30)
  })

  test.each([
    [1, 3, 3],
    [1, 1, 1],
    [2, 2, 4],
    [3, 200, 7],
  ])('an image of %i×%i pixels in %i parts', (height, width, count) => {
    const made = slic(new Float32Array(height * width), height, width, { count, compactness: 10 })
    expect(made.count).toBeGreaterThan(0)
    expect(made.count).toBeLessThanOrEqual(count)
    expect(inOnePiece(made.labels, width, made.count)).toBe(true)
  })
})

describe('CIELAB', () => {
  // published sRGB (D65) values: white 100, 0, 0 · red 53.24, 80.09, 67.20 · green 87.73, −86.18, 83.18 · blue 32.30, 79.19, −107.86
  test.each([
    ['white', [1, 1, 1], [100, 0, 0]],
    ['black', [0, 0, 0], [0, 0, 0]],
    ['red', [1, 0, 0], [53.24, 80.09, 67.2]],
    ['green', [0, 1, 0], [87.73, -86.18, 83.18]],
    ['blue', [0, 0, 1], [32.3, 79.19, -107.86]],
  ])('%s', (_, rgb, expected) => {
    const data = Float32Array.from(rgb, (value) => 4 * value - 2)
    const lab = labColours({ image: { data, channels: 3, height: 1, width: 1 }, range: { black: [-2, -2, -2], white: [2, 2, 2] } })
    expected.forEach((value, c) => expect(Math.abs((lab[c] as number) - value)).toBeLessThan(0.05))
  })
})

describe('a grid', () => {
  test('cells are as square as can be', () => {
    expect(gridCells(224, 224, 49)).toEqual({ rows: 7, columns: 7 })
    expect(gridCells(100, 200, 50)).toEqual({ rows: 5, columns: 10 })
    expect(gridCells(1, 1000, 3)).toEqual({ rows: 1, columns: 3 })
  })

  test('parts know their pixels and their box', () => {
    const weights = Float64Array.of(1, 4, 2, 3)
    expect(weightedSegments(gridSegmentation(4, 6, 4), 6, weights)[0]).toEqual({
      ...{ index: 1, weight: 4, pixels: 6 },
      box: { left: 3, top: 0, right: 6, bottom: 2 },
    })
  })
})
