/** @file Rows and columns through reshapes and slices, by hand. */
import { expect, test } from 'vitest'
import { type Axis, joined, lengthOf, other, regrouped, sliced, tokenGrid, whole } from './axes.ts'

const [rows, columns] = [whole('row', 8), whole('column', 6)]
const swapped = (axes: readonly Axis[], order: readonly number[]): Axis[] => order.map((i) => axes[i] ?? [])

test('windows are parts of rows and columns, and their inverse puts them together again', () => {
  // [8, 6, 5] → [2, 4, 3, 2, 5] → [2, 3, 4, 2, 5] → [6, 8, 5]: six windows of 4 × 2
  const split = regrouped([rows, columns, other(5)], [2, 4, 3, 2, 5]) ?? []
  expect(split[0]).toEqual([{ of: 'row', size: 2, step: 4, whole: 8 }])
  expect(split[3]).toEqual([{ of: 'column', size: 2, step: 1, whole: 6 }])
  const windows = regrouped(swapped(split, [0, 2, 1, 3, 4]), [6, 8, 5]) ?? []
  expect(tokenGrid(windows[0] ?? [])).toBeUndefined()
  const back = regrouped(swapped(regrouped(windows, [2, 3, 4, 2, 5]) ?? [], [0, 2, 1, 3, 4]), [8, 6, 5])
  expect(back).toEqual([rows, columns, other(5)])
})

test('a map row by row is a grid of tokens; column by column it is none', () => {
  const [tokens = []] = regrouped([rows, columns], [48]) ?? []
  expect(tokenGrid(tokens)).toEqual({ height: 8, width: 6, skip: 0, after: 0 })
  expect(tokenGrid(regrouped([columns, rows], [48])?.[0] ?? [])).toBeUndefined()
  expect(tokenGrid(other(49))).toBeUndefined()
})

test('patches that are merged into channels leave a coarser map, and shuffled pixels make a finer one', () => {
  // [8, 6, 5] → [4, 2, 3, 2, 5] → [4, 3, 2, 2, 5] → [4, 3, 20], as Swin merges patches
  const merged = regrouped(swapped(regrouped([rows, columns, other(5)], [4, 2, 3, 2, 5]) ?? [], [0, 2, 1, 3, 4]), [4, 3, 20])
  expect(merged).toEqual([whole('row', 4), whole('column', 3), other(20)])
  // [1, 20, 4, 3] → [1, 5, 2, 2, 4, 3] → [1, 5, 4, 2, 3, 2] → [1, 5, 8, 6], as a pixel shuffle does
  const apart = regrouped([[], other(20), whole('row', 4), whole('column', 3)], [1, 5, 2, 2, 4, 3]) ?? []
  expect(regrouped(swapped(apart, [0, 1, 4, 2, 5, 3]), [1, 5, 8, 6])).toEqual([[], other(5), rows, columns])
})

test('tokens in front of a grid and behind it are counted, and cut off', () => {
  const [grid = []] = regrouped([rows, columns], [48]) ?? []
  const tokens = joined([other(1), other(4), grid, other(20)])
  expect(tokenGrid(tokens)).toEqual({ height: 8, width: 6, skip: 5, after: 20 })
  expect(tokenGrid(sliced(tokens, 1, 52, 1))).toEqual({ height: 8, width: 6, skip: 4, after: 0 })
  expect(tokenGrid(sliced(tokens, 5, 48, 1))).toEqual({ height: 8, width: 6, skip: 0, after: 0 })
  // a part of the grid is none
  expect(tokenGrid(sliced(tokens, 5, 30, 1))).toBeUndefined()
  expect(sliced(tokens, 0, 1, 1)).toEqual([])
})

test('maps of two scales behind each other are no grid', () => {
  const [fine = []] = regrouped([rows, columns], [48]) ?? []
  const [coarse = []] = regrouped([whole('row', 4), whole('column', 3)], [12]) ?? []
  expect(tokenGrid(joined([fine, coarse]))).toBeUndefined()
})

test('what tears joined axes apart is not known', () => {
  expect(regrouped([joined([whole('row', 5), whole('row', 3)])], [2, 4])).toBeUndefined()
  expect(regrouped([other(6)], [4, 2])).toBeUndefined()
})

test('a free batch counts as one', () => {
  expect([3, 'N', '4*N', '4*N+1'].map(lengthOf)).toEqual([3, 1, 4, Number.NaN])
})
