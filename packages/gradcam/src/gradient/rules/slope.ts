/** @file Slopes of activations that operators of several domains share. */
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'

/** y = x·s, s = σ(αx): dy/dx = s + α·y·(1 − s). Ramachandran et al. 2017, arXiv:1710.05941 */
export function swishSlope(g: Builder, x: Value, y: Value, alpha: number): Value {
  const scaled = (value: Value): Value => (alpha === 1 ? value : g.mul(value, alpha))
  const s = g.unary('Sigmoid', scaled(x))
  return g.add(s, g.mul(scaled(y), g.sub(1, s)))
}

/** y = x·Φ(x): dy/dx = Φ(x) + x·φ(x). Hendrycks and Gimpel 2016, arXiv:1606.08415 */
export function geluSlope(g: Builder, x: Value): Value {
  const cumulative = g.mul(g.add(g.unary('Erf', g.mul(x, Math.SQRT1_2)), 1), 0.5)
  const density = g.mul(g.unary('Exp', g.mul(g.mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
  return g.add(cumulative, g.mul(x, density))
}

/** y = x/2·(1 + t), t = tanh(k(x + cx³)): dy/dx = (1 + t)/2 + x/2·(1 − t²)·k(1 + 3cx²) */
export function geluTanhSlope(g: Builder, x: Value): Value {
  const [k, c] = [Math.sqrt(2 / Math.PI), 0.044715]
  const squared = g.mul(x, x)
  const t = g.unary('Tanh', g.mul(x, g.add(g.mul(squared, k * c), k)))
  const steepness = g.mul(g.mul(x, g.add(g.mul(squared, 3 * k * c), k)), g.sub(1, g.mul(t, t)))
  return g.mul(g.add(g.add(t, steepness), 1), 0.5)
}
