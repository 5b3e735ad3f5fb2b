/** @file Integrals over 0 … 1 as weighted sums: where the integrand is taken, and how much each value counts. */
import { choicesOf } from '../options.ts'

export interface Points {
  at: readonly number[]
  /** They sum to 1. */
  weights: readonly number[]
}

const even = (steps: number, first: number): Points => ({
  at: Array.from({ length: steps }, (_, k) => (k + first) / steps),
  weights: Array.from({ length: steps }, () => 1 / steps),
})

const rules = {
  'gauss-legendre': gaussLegendre,
  midpoint: (steps) => even(steps, 0.5),
  trapezoid: (steps) => ({
    at: Array.from({ length: steps + 1 }, (_, k) => k / steps),
    weights: Array.from({ length: steps + 1 }, (_, k) => (k === 0 || k === steps ? 0.5 : 1) / steps),
  }),
  left: (steps) => even(steps, 0),
  right: (steps) => even(steps, 1),
} satisfies Record<string, (steps: number) => Points>

export type Quadrature = keyof typeof rules
export const quadratures = choicesOf(rules)

/** Points and weights of a rule; `trapezoid` has one point more than steps. */
export const quadrature = (rule: Quadrature, steps: number): Points => rules[rule](steps)

/** Zeros of the Legendre polynomial P_n by Newton's method, weights 2/((1 − x²) P′_n(x)²), moved from −1 … 1 to 0 … 1: exact up to degree 2n − 1. */
function gaussLegendre(n: number): Points {
  const at: number[] = []
  const weights: number[] = []
  for (let k = 0; k < n; k++) {
    let x = -Math.cos((Math.PI * (k + 0.75)) / (n + 0.5))
    let slope = 1
    // converges quadratically: a handful of steps reach the last digit
    for (let step = 0; step < 10; step++) {
      const { value, derivative } = legendre(n, x)
      slope = derivative
      x -= value / derivative
    }
    at.push((1 + x) / 2)
    weights.push(1 / ((1 - x * x) * slope * slope))
  }
  return { at, weights }
}

/** P_n(x) by Bonnet's recursion, and P′_n(x). */
function legendre(n: number, x: number): { value: number; derivative: number } {
  let [before, value] = [0, 1]
  for (let k = 1; k <= n; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k]
  return { value, derivative: (n * (x * value - before)) / (x * x - 1) }
}
