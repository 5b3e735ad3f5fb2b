/** @file What a sequence reads, step by step, with the images on either axis. */
import { expect, test } from 'vitest'
import { fact } from '../contract/fact.ts'
import type { OutputContract } from '../contract/output-kind.ts'
import { float32 } from '../core/tensor.ts'
import { readSteps, stepsOf } from './read-steps.ts'

const output = (batch: number, value: 'sequence' | 'logits' = 'sequence', source: 'graph' | 'assumed' = 'graph'): OutputContract => ({
  ...{ name: 'y', type: 'float32', shape: ['N', 4, 3], batch, kind: fact(value, source, 'said') },
  ...{ classes: undefined, scores: undefined },
})

// symbols 2, 2, 0, 2 of the first image; the second one reads nothing but 1
const first = [
  [0.1, 0.2, 0.7],
  [0, 0.1, 0.9],
  [0.8, 0.1, 0.1],
  [0.2, 0.2, 0.6],
]
const second = first.map(() => [0, 1, 0])

test.each([
  ['[N, T, C]', 0, [...first, ...second].flat(), [2, 4, 3]],
  ['[T, N, C]', 1, first.flatMap((row, t) => [row, second[t] as number[]]).flat(), [4, 2, 3]],
] as const)('%s: steps of one symbol in a row are one, the surest of them', (_, batch, values, dims) => {
  const read = readSteps(float32(values, dims), output(batch), ['-', 'a', 'b'])
  expect(read).toEqual([
    { index: 1, label: 'step 1: b', score: Math.fround(0.9) },
    { index: 2, label: 'step 2: -', score: Math.fround(0.8) },
    { index: 3, label: 'step 3: b', score: Math.fround(0.6) },
  ])
})

test('without names of the symbols they are counted', () => {
  expect(readSteps(float32([0, 1, 0], [1, 1, 3]), output(0), ['a'])).toEqual([{ index: 0, label: 'step 0: symbol 1', score: 1 }])
})

test('only one answer, known to be a sequence, is read', () => {
  expect(stepsOf([output(0), output(0, 'logits', 'assumed')])?.name).toBe('y')
  expect(stepsOf([output(0), output(0, 'logits')])).toBeUndefined()
  expect(stepsOf([output(0, 'logits')])).toBeUndefined()
  expect(stepsOf([output(0, 'sequence', 'assumed')])).toBeUndefined()
})
