/** @file Softmax and sigmoid where they are nearly sure: p(1 − p) to all digits, by exponentials in float64. */
import { expect, test } from 'vitest'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { gradientsOf } from '../support/gradients.ts'

test.each([9, 13, 17, 21])('scores %d apart', async (distance) => {
  for (const [shape, axis] of [
    [[1, 3], 1],
    [[1, 3, 2], 1],
  ] as const) {
    const columns = shape[2] ?? 1
    const model = buildModel({ inputs: { x: shape }, outputs: { y: shape }, nodes: [node('Softmax', ['x'], 'y', { axis })] })
    const scores = [distance, 0, -1]
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0)
    const p = scores.map((score) => Math.exp(score) / total)
    // that of the surest class: p₀(1 − p₀), −p₀p₁, −p₀p₂
    const rest = (p[1] as number) + (p[2] as number)
    const right = [rest, -(p[1] as number), -(p[2] as number)].map((value) => value * (p[0] as number))
    const wide = (values: readonly number[]): Tensor =>
      float32(
        values.flatMap((value) => Array<number>(columns).fill(value)),
        shape,
      )
    const { x } = await gradientsOf(model, { x: wide(scores) }, { y: wide([1, 0, 0]) }, ['x'])
    for (const [i, value] of toFloat32(x as Tensor).entries()) expect(value / (right[Math.floor(i / columns)] as number)).toBeCloseTo(1, 5)
  }
})

test.each([-30, -9, 9, 13, 17, 30, 80])('a sigmoid of %d: p(1 − p) = e⁻ˣ/(1 + e⁻ˣ)²', async (score) => {
  const shape = [1, 3]
  const model = buildModel({ inputs: { x: shape }, outputs: { y: shape }, nodes: [node('Sigmoid', ['x'], 'y')] })
  const { x } = await gradientsOf(model, { x: float32([score, 0, -1], shape) }, { y: float32([1, 1, 1], shape) }, ['x'])
  for (const [i, at] of [score, 0, -1].entries()) {
    const right = Math.exp(-at) / (1 + Math.exp(-at)) ** 2
    expect((toFloat32(x as Tensor)[i] as number) / right).toBeCloseTo(1, 5)
  }
})
