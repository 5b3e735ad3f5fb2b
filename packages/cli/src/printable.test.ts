/** @file Text from models and files that a terminal would obey. */
import { expect, test } from 'vitest'
import { printable, printableJson, shortened } from './printable.ts'
import { table, widthOf } from './table.ts'

test.each([
  ['\x1b[31mred\x07', '\\u001b[31mred\\u0007'],
  ['two\nlines\r\t', 'two\\nlines\\r\\t'],
  ['\u009b2J', '\\u009b2J'],
  ['photo\u202egpj.exe', 'photo\\u202egpj.exe'],
  ['\u2066a\u2069 \u200fb\u2028', '\\u2066a\\u2069 \\u200fb\\u2028'],
  ['half \ud83d', 'half \\ud83d'],
  ['Café 猫 👩‍🚀 قطة', 'Café 猫 👩‍🚀 قطة'],
])('%j', (text, shown) => expect(printable(text)).toBe(shown))

test('a megabyte is shortened in the middle, and no character is cut in two', () => {
  const text = printable('a'.repeat(500_000) + 'z'.repeat(500_000))
  expect([text.length, text[0], text.at(-1)]).toEqual([200, 'a', 'z'])
  for (let longest = 3; longest < 12; longest++) expect(shortened('😀'.repeat(20), longest)).not.toMatch(/\p{Cs}/u)
})

test('JSON keeps its value', () => {
  const value = { label: 'a\u009b\u202e\x1b\n', list: ['\ud83d', 1] }
  expect(printableJson(value)).not.toMatch(/[\p{Cc}\p{Cs}\u202e]/u)
  expect(JSON.parse(printableJson(value, 2))).toEqual(value)
})

test('tables: aligned, numbers by their points, cells safe', () => {
  const rows = [
    ['0.949', 'espresso', '967'],
    ['< 0.001', 'cup\n', '8'],
    ['12.5', '猫', '44'],
  ]
  expect(table(rows)).toBe('  0.949  espresso  967\n< 0.001  cup\\n       8\n 12.5    猫         44\n')
  expect(table([['a', 'long'], ['b']])).toBe('a  long\nb\n')
  expect(['abc', '猫', 'é', '👩‍🚀'].map(widthOf)).toEqual([3, 2, 1, 2])
})

test('tables as wide as the terminal: one column is broken between words, the whole text is there', () => {
  const rows = [
    ['name', 'why'],
    ['conv5', 'the last layer with more than one place before the classes'],
  ]
  const text = table(rows, 40)
  expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(40)
  expect(text.replace(/\s+/g, ' ')).toBe('name why conv5 the last layer with more than one place before the classes ')
  expect(table(rows).split('\n')).toHaveLength(3)
  expect(table([['0.9', 'a very long label of a class', '3']], 25)).toBe('0.9  a very long label  3\n     of a class\n')
})
