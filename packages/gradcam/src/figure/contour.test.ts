import { expect, test } from 'vitest'
import { contourLines, joined } from './contour.ts'
import type { Grid } from '../core/pixels.ts'

const grid = (width: number, height: number, at: (x: number, y: number) => number): Grid => ({
  width,
  height,
  data: Float32Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))),
})

/** Segments as rows of four. */
const segments = (map: Grid, level: number): number[][] => {
  const lines = Array.from(contourLines(map, level))
  return Array.from({ length: lines.length / 4 }, (_, i) => lines.slice(i * 4, i * 4 + 4))
}

test('a ramp is crossed where it has the value, from border to border', () => {
  const lines = segments(
    grid(4, 3, (x) => x),
    1.25,
  )
  for (const [x0, , x1] of lines) expect([x0, x1]).toEqual([1.75, 1.75])
  const ys = lines.flatMap(([, y0 = 0, , y1 = 0]) => [y0, y1]).sort((a, b) => a - b)
  expect(ys).toEqual([0, 0.5, 0.5, 1.5, 1.5, 2.5, 2.5, 3])
})

test('a cone has circles of the right radius, closed', () => {
  const lines = segments(
    grid(40, 40, (x, y) => 20 - Math.hypot(x + 0.5 - 20, y + 0.5 - 20)),
    8,
  )
  const ends = new Map<string, number>()
  for (const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] of lines) {
    for (const [x, y] of [
      [x0, y0],
      [x1, y1],
    ] as const) {
      expect(Math.hypot(x - 20, y - 20)).toBeCloseTo(12, 1)
      const key = `${x.toFixed(5)} ${y.toFixed(5)}`
      ends.set(key, (ends.get(key) ?? 0) + 1)
    }
  }
  expect(new Set(ends.values())).toEqual(new Set([2]))
  const length = lines.reduce((sum, [x0 = 0, y0 = 0, x1 = 0, y1 = 0]) => sum + Math.hypot(x1 - x0, y1 - y0), 0)
  expect(length / (2 * Math.PI * 12)).toBeCloseTo(1, 1)
})

test('at a saddle the middle decides', () => {
  const saddle = (high: number): Grid => ({ width: 2, height: 2, data: Float32Array.of(high, 0, 0, high) })
  // both high corners joined: the lines cut off the low ones, at (1.5, 0.5) and (0.5, 1.5)
  const inside = (lines: number[][]): number[][] => lines.filter((line) => line.every((value) => value >= 0.5 && value <= 1.5))
  const side = ([x0 = 0, y0 = 0, x1 = 0, y1 = 0]: number[]): number => Math.sign((x0 + x1) / 2 - (y0 + y1) / 2)
  expect(new Set(inside(segments(saddle(4), 1)).map(side))).toEqual(new Set([-1, 1]))
  expect(inside(segments(saddle(4), 3)).map(side)).toEqual([0, 0])
})

test('nothing where the level is not reached, and none at NaN', () => {
  const flat = grid(5, 5, () => 1)
  expect([segments(flat, 2), segments(flat, 0.5), segments(flat, 1)]).toEqual([[], [], []])
  expect(segments({ width: 3, height: 1, data: Float32Array.of(0, Number.NaN, 1) }, 0.5)).toEqual([])
  expect(segments({ width: 2, height: 1, data: Float32Array.of(0, Number.POSITIVE_INFINITY) }, 0.5)).toEqual([])
  expect(() => contourLines({ width: 2, height: 2, data: new Float32Array(3) }, 1)).toThrow('do not fill')
})

test('joined: a closed line is one path that ends where it began, an open one goes from end to end', () => {
  const peak = { width: 3, height: 3, data: Float32Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0) }
  const [ring, ...others] = joined(contourLines(peak, 0.5))
  expect(others).toEqual([])
  expect(ring?.slice(0, 2)).toEqual(ring?.slice(-2))
  expect(ring).toHaveLength(10)
  const step = { width: 2, height: 3, data: Float32Array.of(0, 1, 0, 1, 0, 1) }
  const [line, ...rest] = joined(contourLines(step, 0.5))
  expect(rest).toEqual([])
  expect(line?.filter((_, i) => i % 2 === 0)).toEqual([1, 1, 1, 1, 1])
  expect(line?.filter((_, i) => i % 2 === 1).sort((a, b) => a - b)).toEqual([0, 0.5, 1.5, 2.5, 3])
  // one that is met in its middle first
  expect(joined(Float64Array.of(1, 0, 2, 0, 0, 0, 1, 0))).toEqual([[0, 0, 1, 0, 2, 0]])
})
