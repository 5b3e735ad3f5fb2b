import { expect, test } from 'vitest'
import { columnsFor, methodsOf, rowsOf, type Subject } from './arrangement.ts'

const subjects = (targets: number, methods: number): Subject[] =>
  Array.from({ length: targets * methods }, (_, i) => ({
    method: `m${i % methods}`,
    label: `c${Math.floor(i / methods)}`,
    index: Math.floor(i / methods),
  }))

test('no row is longer than six, and rows are about as full as each other', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 24].map(columnsFor)).toEqual([1, 2, 3, 4, 3, 3, 4, 4, 3, 4, 6])
  for (let count = 1; count <= 24; count++) {
    for (const [targets, methods] of [
      [count, 1],
      [1, count],
    ] as const) {
      const rows = rowsOf(subjects(targets, methods))
      expect(rows.reduce((a, b) => a + b, 0)).toBe(count)
      expect(Math.max(...rows)).toBeLessThanOrEqual(6)
    }
  }
})

test('several targets by several methods: a row for each target', () => {
  expect(rowsOf(subjects(3, 2))).toEqual([2, 2, 2])
  expect(rowsOf(subjects(2, 5))).toEqual([5, 5])
  expect(rowsOf(subjects(2, 8))).toEqual([4, 4, 4, 4])
  expect(methodsOf(subjects(3, 2))).toBe(2)
})

test('any other list is wrapped', () => {
  const mixed = subjects(2, 2).slice(0, 3)
  expect(methodsOf(mixed)).toBeUndefined()
  expect(rowsOf(mixed)).toEqual([3])
})
