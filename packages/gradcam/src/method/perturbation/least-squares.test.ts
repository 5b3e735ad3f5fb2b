import { describe, expect, test } from 'vitest'
import { randomOf } from '../../core/random.ts'
import { coalitionsOf } from './coalitions.ts'
import { standardError } from '../convergence.ts'
import { addSample, joined, noMoments, ridge, solveSymmetric } from './least-squares.ts'

/** On/off vectors with scores and weights that no line fits. */
function drawn(features: number, count: number): { on: Float32Array; y: number; weight: number }[] {
  return Array.from({ length: count }, (_, item) => {
    const random = randomOf(7, item)
    const on = Float32Array.from({ length: features }, () => (random.uniform() < 0.5 ? 1 : 0))
    return { on, y: 5 + on.reduce((sum, one, i) => sum + one * (i - 1), 0) + random.normal(), weight: 0.1 + random.uniform() }
  })
}

describe('ridge', () => {
  test('at the answer the derivative of the penalised squares is zero, and R² is what it is defined as', () => {
    const samples = drawn(6, 200)
    const halves = [noMoments(6), noMoments(6)] as const
    samples.forEach(({ on, y, weight }, item) => addSample(halves[item < 50 ? 0 : 1], on, y, weight))
    const fit = ridge(joined(...halves), 3)
    if (!fit) throw new Error('no fit')
    const rest = samples.map(({ on, y }) => y - fit.intercept - on.reduce((sum, one, i) => sum + one * (fit.weights[i] as number), 0))
    const weighted = (of: (sample: (typeof samples)[number], item: number) => number): number =>
      samples.reduce((sum, sample, item) => sum + sample.weight * of(sample, item), 0)
    expect(weighted((_, item) => rest[item] as number)).toBeCloseTo(0, 9)
    for (let i = 0; i < 6; i++)
      expect(weighted(({ on }, item) => (rest[item] as number) * (on[i] as number))).toBeCloseTo(3 * (fit.weights[i] as number), 9)
    const mean = weighted(({ y }) => y) / weighted(() => 1)
    const r2 = 1 - weighted((_, item) => (rest[item] as number) ** 2) / weighted(({ y }) => (y - mean) ** 2)
    expect(fit.r2).toBeCloseTo(r2, 9)
    expect(fit.r2).toBeLessThan(0.95)
  })

  test('without a penalty, too few samples have no single answer', () => {
    const sums = noMoments(6)
    for (const { on, y, weight } of drawn(6, 5)) addSample(sums, on, y, weight)
    expect(ridge(sums, 0)).toBeUndefined()
    expect(ridge(sums, 1)).toBeDefined()
  })
})

test('a symmetric system is solved, a singular one is not', () => {
  // [[4, 2], [2, 3]] · [1, −2] = [0, −4]
  const [x] = solveSymmetric(Float64Array.of(4, 2, 2, 3), [Float64Array.of(0, -4)]) ?? []
  expect(x?.[0]).toBeCloseTo(1, 12)
  expect(x?.[1]).toBeCloseTo(-2, 12)
  expect(solveSymmetric(Float64Array.of(1, 1, 1, 1), [Float64Array.of(1, 1)])).toBeUndefined()
})

describe('coalitions', () => {
  test('few features: each coalition once, weighted by the Shapley kernel', () => {
    const { count, exact, choose, weight } = coalitionsOf(4, 100, 1)
    expect([count, exact]).toEqual([14, true])
    const seen = new Set<string>()
    for (let i = 0; i < count; i++) {
      const on = new Float32Array(4)
      choose(i, on)
      seen.add(on.join(''))
    }
    expect(seen.size).toBe(14)
    expect(seen.has('0000') || seen.has('1111')).toBe(false)
    // (M − 1) / (C(M, s) s (M − s)): 3/(4·1·3), 3/(6·2·2), 3/(4·3·1)
    expect([1, 2, 3].map(weight)).toEqual([1 / 4, 1 / 8, 1 / 4])
  })

  test('many features: sizes as often as the kernel says, every second one a complement', () => {
    const features = 12
    const { count, exact, choose } = coalitionsOf(features, 4000, 1)
    expect([count, exact]).toEqual([4000, false])
    const sizes = new Array<number>(features + 1).fill(0)
    for (let i = 0; i < count; i += 2) {
      const [one, two] = [new Float32Array(features), new Float32Array(features)]
      choose(i, one)
      choose(i + 1, two)
      expect(one.map((on) => 1 - on)).toEqual(two)
      for (const on of [one, two]) sizes[on.reduce((a, b) => a + b, 0)]! += 1
    }
    const shares = sizes.map((_, size) => (size > 0 && size < features ? 1 / (size * (features - size)) : 0))
    const total = shares.reduce((a, b) => a + b, 0)
    // four standard deviations of a binomial count, pairs counted twice
    sizes.forEach((seen, size) => {
      const expected = (4000 * (shares[size] as number)) / total
      expect(Math.abs(seen - expected)).toBeLessThanOrEqual(4 * Math.sqrt(2 * expected))
    })
  })
})

test('the standard error is that of a mean of two', () => {
  // means 0, 1, 2; differences 0.2 everywhere: 0.1 over a range of 2
  expect(standardError([0.1, 1.1, 2.1], [-0.1, 0.9, 1.9])).toBeCloseTo(0.05, 12)
  expect(standardError([1, 1], [1, 1])).toBe(Number.POSITIVE_INFINITY)
})
