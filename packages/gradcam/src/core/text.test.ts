import { expect, test } from 'vitest'
import { editDistance, nearestNames, oneLine } from './text.ts'

test('edit distance counts insertions, deletions, replacements and swaps of neighbours', () => {
  expect(editDistance('jet', 'jett')).toBe(1)
  expect(editDistance('teh', 'the')).toBe(1)
  expect(editDistance('kitten', 'sitting')).toBe(3)
  expect(editDistance('', 'abc')).toBe(3)
  expect(editDistance('same', 'same')).toBe(0)
  expect(editDistance('abcdefgh', 'stuvwxyz', 2)).toBe(3)
  expect(editDistance('ca', 'abc')).toBe(3) // optimal string alignment, not the unrestricted distance
  expect(editDistance('a'.repeat(300), 'b'.repeat(300))).toBe(300)
})

const dogs = ['tench, Tinca tinca', 'golden retriever', 'Labrador retriever', 'curly-coated retriever', 'tabby, tabby cat', 'Egyptian cat']

test('a typing error in one word of several is found', () => {
  expect(nearestNames('golden retriver', dogs)[0]).toBe('golden retriever')
  expect(nearestNames('retriver', dogs)).toHaveLength(3)
  expect(nearestNames('tabby cat', dogs)[0]).toBe('tabby, tabby cat')
  expect(nearestNames('goldne', dogs)[0]).toBe('golden retriever')
  expect(nearestNames('labrador', dogs)[0]).toBe('Labrador retriever')
})

test('layers are found by part, whatever the separators', () => {
  const layers = ['conv1/relu_7x7', 'inception_5a/output', 'inception_5b/output', '/features/denseblock4/Concat_output_0']
  expect(nearestNames('inception_5b', layers)[0]).toBe('inception_5b/output')
  expect(nearestNames('inception5b/output', layers)[0]).toBe('inception_5b/output')
  expect(nearestNames('denseblock4', layers)).toEqual(['/features/denseblock4/Concat_output_0'])
})

test('short words do not match everything, and nonsense matches nothing', () => {
  expect(nearestNames('xyzzy', dogs)).toEqual([])
  expect(nearestNames('  ..', dogs)).toEqual([])
  expect(nearestNames('jett', ['jet', 'turbo', 'viridis', 'grey'])).toEqual(['jet'])
  expect(nearestNames('cat', dogs)).toEqual(['tabby, tabby cat', 'Egyptian cat'])
  expect(nearestNames('jet', ['jet', 'jet'])).toEqual(['jet'])
})

test('thousands of candidates are quick', () => {
  const many = Array.from({ length: 5000 }, (_, i) => `block ${i} of some long network/with_names/${i * 7919}`)
  const start = performance.now()
  nearestNames('blokc 17 of som long netwrk', many)
  expect(performance.now() - start).toBeLessThan(500)
})

test('names of others as one line: no controls, no turned direction, an ellipsis where it was cut', () => {
  expect(oneLine(' a\r\n\tb\u0000c\u2028d ')).toBe('a b c d')
  expect(oneLine('\u202egnp.exe\u2066')).toBe('gnp.exe')
  expect(oneLine('\u001b[2J\ud800')).toBe('[2J')
  expect(oneLine('x'.repeat(1e6), 5)).toBe('xxxx…')
  expect(oneLine('👨‍👩‍👧 漢字')).toBe('👨‍👩‍👧 漢字')
  expect(oneLine('exact', 5)).toBe('exact')
})
