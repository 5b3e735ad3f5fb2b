/** @file Tables and colours. */
import { expect, test } from 'vitest'
import { colors, table } from './terminal.ts'

test('columns are aligned, numbers to the right', () => {
  const rows = [
    ['0.900', 'espresso', '194'],
    ['0.050', 'cup', '1'],
  ]
  expect(table(rows)).toBe('0.900  espresso  194\n0.050  cup         1\n')
})

test('a short last column leaves no blanks at the end', () => {
  const rows = [
    ['a', 'long'],
    ['b', 'c'],
  ]
  expect(table(rows)).toBe('a  long\nb  c\n')
})

test('no colours where there is no terminal', () => {
  expect(colors({ isTTY: false } as NodeJS.WriteStream).red('x')).toBe('x')
})
