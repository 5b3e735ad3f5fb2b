import { describe, expect, test } from 'vitest'
import { type Quadrature, quadrature, quadratures } from './quadrature.ts'

const integral = (rule: Quadrature, steps: number, of: (x: number) => number): number => {
  const { at, weights } = quadrature(rule, steps)
  return at.reduce((sum, x, i) => sum + (weights[i] as number) * of(x), 0)
}

describe.each(quadratures)('%s', (rule) => {
  test.each([1, 2, 7, 50])('%i steps: weights sum to 1, points ascend in 0 … 1', (steps) => {
    const { at } = quadrature(rule, steps)
    expect(integral(rule, steps, () => 1)).toBeCloseTo(1, 13)
    expect([...at].sort((a, b) => a - b)).toEqual(at)
    expect(Math.min(...at)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...at)).toBeLessThanOrEqual(1)
  })
})

test('Gauss–Legendre of n points is exact for polynomials up to degree 2n − 1', () => {
  for (const n of [1, 2, 3, 8, 50]) expect(integral('gauss-legendre', n, (x) => x ** (2 * n - 1))).toBeCloseTo(1 / (2 * n), 13)
})

test('two points of Gauss–Legendre lie at ½ ± 1/(2√3)', () => {
  const [low, high] = quadrature('gauss-legendre', 2).at
  expect(low).toBeCloseTo(0.5 - 0.5 / Math.sqrt(3), 14)
  expect(high).toBeCloseTo(0.5 + 0.5 / Math.sqrt(3), 14)
})

test('x² by hand with two steps', () => {
  expect(integral('midpoint', 2, (x) => x * x)).toBeCloseTo((0.0625 + 0.5625) / 2, 14)
  expect(integral('left', 2, (x) => x * x)).toBeCloseTo(0.125, 14)
  expect(integral('right', 2, (x) => x * x)).toBeCloseTo(0.625, 14)
  expect(integral('trapezoid', 2, (x) => x * x)).toBeCloseTo(0.375, 14)
})
