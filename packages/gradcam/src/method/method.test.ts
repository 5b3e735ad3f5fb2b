/** @file What holds for all methods of the table together. */
import { expect, test } from 'vitest'
import { methods } from './method.ts'

test('names are different', () => {
  expect(new Set(methods.map(({ name }) => name)).size).toBe(methods.length)
})

test('an option of one name is of one kind: side by side methods share what they are given', () => {
  const kinds = new Map<string, Set<string>>()
  for (const { options = {} } of methods)
    for (const [name, { kind }] of Object.entries(options)) kinds.set(name, (kinds.get(name) ?? new Set()).add(kind))
  expect([...kinds].filter(([, found]) => found.size > 1).map(([name]) => name)).toEqual([])
})
