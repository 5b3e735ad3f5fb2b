/** @file Regression trees whose splits can be worked out by hand. */
import { expect, test } from 'vitest'
import { randomOf } from '../../core/random.ts'
import { growTree, type TreeSamples } from './tree.ts'

/** All on/off vectors of `features` parts, `times` times, with a score each. */
function everyVector(features: number, times: number, score: (on: number[]) => number): TreeSamples & { rows: number[] } {
  const count = 2 ** features * times
  const vectors = Array.from({ length: count }, (_, i) => Array.from({ length: features }, (__, k) => (i >> k) & 1))
  return {
    features,
    on: Uint8Array.from(vectors.flat()),
    y: Float64Array.from(vectors, score),
    weight: new Float64Array(count).fill(1),
    rows: vectors.map((_, i) => i),
  }
}

test('a sum of independent parts: each explains its share of the variance', () => {
  // 3a + b: variances 9/4 and 1/4 of 10/4
  const { rows, ...samples } = everyVector(3, 8, ([a = 0, b = 0]) => 3 * a + b)
  const { importance, mean, r2 } = growTree(samples, rows)
  expect(Array.from(importance)).toEqual([expect.closeTo(0.9, 12), expect.closeTo(0.1, 12), 0])
  expect([mean, r2]).toEqual([2, expect.closeTo(1, 12)])
})

test('both parts or nothing: the first split explains a third, the second the rest', () => {
  // y = a∧b: variance 3/16; splitting by a leaves b inside it: 1/2 · 1/4 = 2/16, so 1/16 is explained first
  const { rows, ...samples } = everyVector(2, 8, ([a = 0, b = 0]) => a * b)
  const { importance, r2 } = growTree(samples, rows)
  expect(Array.from(importance)).toEqual([expect.closeTo(1 / 3, 12), expect.closeTo(2 / 3, 12)])
  expect(r2).toBeCloseTo(1, 12)
})

test('weights count samples: those without weight change nothing', () => {
  const { rows, ...samples } = everyVector(2, 16, ([a = 0, b = 0]) => a + 5 * b)
  // where b is on nothing counts: only a is left
  const weight = samples.weight.map((_, i) => (samples.on[2 * i + 1] === 1 ? 0 : 1))
  expect(Array.from(growTree({ ...samples, weight }, rows).importance)).toEqual([expect.closeTo(1, 12), 0])
})

test('noise is not split below ten samples; a constant is explained by its mean', () => {
  const { normal } = randomOf(3)
  const nine = { ...everyVector(3, 1, normal), rows: [0, 1, 2, 3, 4, 5, 6, 7] }
  expect(growTree(nine, nine.rows).r2).toBe(0)
  const flat = everyVector(2, 8, () => 4)
  expect(growTree(flat, flat.rows)).toEqual({ importance: new Float64Array(2), mean: 4, r2: 1 })
})
