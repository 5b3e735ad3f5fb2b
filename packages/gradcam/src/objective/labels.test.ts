/** @file Tests of labels.ts: what a person may write, and what it means. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classesOf, resolveLabel } from './labels.ts'

const labels = [
  'tench, Tinca tinca',
  'tiger shark, Galeocerdo cuvieri',
  'tabby, tabby cat',
  'tiger cat',
  'golden retriever',
  'crane',
  'café au lait',
  'cardigan, Cardigan Welsh corgi',
  'crane, machine',
  '7up',
]
const index = (target: string | number): unknown => resolveLabel(target, labels, labels.length)

describe('a label', () => {
  test.each([
    ['golden retriever', 4],
    ['GOLDEN Retriever', 4],
    ['  golden retriever ', 4],
    ['tinca TINCA', 0],
    ['tench, Tinca tinca', 0],
    ['tabby cat', 2],
    ['retriever', 4],
    ['golden', 4],
    ['CAFÉ au lait', 6],
    ['cafe\u0301 au lait', 6],
    ['7up', 9],
  ])('%s', (target, expected) => {
    expect(index(target)).toEqual({ kind: 'class', index: expected })
  })

  test('the whole label wins over names, names over parts', () => {
    expect(index('crane')).toEqual({ kind: 'class', index: 5 })
    expect(index('cardigan')).toEqual({ kind: 'class', index: 7 })
    expect(resolveLabel('cat', ['cat food', 'wild cat', 'cat, house cat'], 3)).toEqual({ kind: 'class', index: 2 })
  })

  test('a part that fits several is ambiguous, and all of them are named with their index', () => {
    expect(() => index('tiger')).toThrow(
      expect.objectContaining({
        code: 'ambiguous-label',
        message: '"tiger" fits 2 labels: 1 "tiger shark, Galeocerdo cuvieri", 3 "tiger cat"',
        suggestions: ['tiger shark, Galeocerdo cuvieri', 'tiger cat'],
      }),
    )
  })

  test('a crowd of them is cut short', () => {
    const many = Array.from({ length: 40 }, (_, i) => `cat ${i}`)
    expect(() => resolveLabel('cat', many, 40)).toThrow(/fits 40 labels: 0 "cat 0", .*5 "cat 5" and 34 more/)
  })

  test('alike labels are ambiguous, too: the index decides', () => {
    expect(() => resolveLabel('cat', ['cat', 'dog', 'cat'], 3)).toThrow(expect.objectContaining({ code: 'ambiguous-label' }))
  })

  test.each([
    ['golden retreiver', ['golden retriever']],
    ['taby', ['tabby, tabby cat']],
    ['xylophone', []],
    ['', []],
  ])('%j is unknown, near misses %j', (target, suggestions) => {
    expect(() => index(target)).toThrow(expect.objectContaining({ code: 'unknown-label', suggestions }))
  })

  test('cannot be looked up where there are none', () => {
    expect(() => resolveLabel('cat', [], 5)).toThrow(
      expect.objectContaining({ code: 'unknown-label', hint: expect.stringContaining('index') }),
    )
  })
})

describe('an index', () => {
  test.each([
    [0, 0],
    [9, 9],
    ['3', 3],
    [' 3 ', 3],
  ])('%j', (target, expected) => {
    expect(index(target)).toEqual({ kind: 'class', index: expected })
  })

  test.each([-1, 10, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '-1', '10', '1.5'])('%j is out of range', (target) => {
    expect(() => index(target)).toThrow(expect.objectContaining({ code: 'bad-index', hint: 'use a class from 0 to 9' }))
  })

  test('of the only output', () => {
    expect(resolveLabel(0, [], 1)).toEqual({ kind: 'class', index: 0 })
    expect(() => resolveLabel(1, [], 1)).toThrow(expect.objectContaining({ hint: 'the only class is 0' }))
  })

  test('counts classes, not labels: a model may have more', () => {
    expect(resolveLabel(12, labels, 20)).toEqual({ kind: 'class', index: 12 })
  })
})

describe('top-K', () => {
  test.each([
    ['top-1', 1],
    ['TOP-3', 3],
    ['top-10', 10],
  ])('%s', (target, count) => {
    expect(index(target)).toEqual({ kind: 'top', count })
  })

  test.each(['top-0', 'top-11', 'top-99999999999999999999'])('%s is out of range', (target) => {
    expect(() => index(target)).toThrow(expect.objectContaining({ code: 'bad-index', hint: 'use top-1 to top-10' }))
  })
})

test('all: every class, unless a label is called that', () => {
  expect(index('all')).toEqual({ kind: 'all' })
  expect(index(' ALL ')).toEqual({ kind: 'all' })
  expect(resolveLabel('all', ['none', 'all, everything'], 2)).toEqual({ kind: 'class', index: 1 })
  expect(resolveLabel('all', ['football'], 1)).toEqual({ kind: 'all' })
  expect(resolveLabel('all', [], 7)).toEqual({ kind: 'all' })
})

test('every label finds itself, whatever its case, unless another is alike', () => {
  const word = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('a', 'b', 'c', 'é', ' ', ',', '-') })
  fc.assert(
    fc.property(
      fc.uniqueArray(
        word.map((text) => `x${text}x`),
        { minLength: 1, maxLength: 8, selector: (text) => text.normalize('NFKC').toLowerCase() },
      ),
      fc.nat(),
      (all, pick) => {
        const wanted = pick % all.length
        expect(resolveLabel((all[wanted] as string).toUpperCase(), all, all.length)).toEqual({ kind: 'class', index: wanted })
      },
    ),
    { seed: 7 },
  )
})

describe('labels that are digits', () => {
  const years = ['7', '9', '12']
  test('a number is an index; label:7 is the class with that label', () => {
    expect(resolveLabel('2', years, 3)).toEqual({ kind: 'class', index: 2 })
    expect(resolveLabel('label:7', years, 3)).toEqual({ kind: 'class', index: 0 })
    expect(resolveLabel('LABEL: 12', years, 3)).toEqual({ kind: 'class', index: 2 })
    expect(() => resolveLabel('12', years, 3)).toThrow(expect.objectContaining({ hint: expect.stringContaining('label:12 is the class') }))
    expect(() => resolveLabel('label:8', years, 3)).toThrow(expect.objectContaining({ code: 'unknown-label' }))
  })

  test('a part of a label is not enough, and a label may be called so itself', () => {
    expect(() => resolveLabel('label:retr', ['retriever'], 1)).toThrow(expect.objectContaining({ code: 'unknown-label' }))
    expect(resolveLabel('label:7', ['7', 'label:7'], 2)).toEqual({ kind: 'class', index: 1 })
  })
})

test('two classes of one name are both named', () => {
  const cranes = ['crane, bird', 'crane, machine']
  expect(() => resolveLabel('crane', cranes, 2)).toThrow(
    expect.objectContaining({ code: 'ambiguous-label', message: '"crane" fits 2 labels: 0 "crane, bird", 1 "crane, machine"' }),
  )
})

describe('classes between bars', () => {
  test('labels with bars stay whole', () => {
    expect(classesOf('red|green')).toEqual(['red', 'green'])
    expect(classesOf('red|green|2', ['red|green', 'blue'])).toEqual(['red|green', 2])
    expect(classesOf('blue|Red|Green', ['red|green', 'blue'])).toEqual(['blue', 'Red|Green'])
    expect(classesOf('red|green|blue', ['red|green|blue', 'red|green'])).toEqual(['red|green|blue'])
  })

  test('where the parts are labels, too, both are named', () => {
    expect(() => classesOf('red|green', ['red|green', 'red', 'green'])).toThrow(
      expect.objectContaining({ code: 'ambiguous-label', message: '"red|green" fits twice: it is a label, and so are "red" and "green"' }),
    )
  })
})
