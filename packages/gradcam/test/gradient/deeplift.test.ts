/** @file DeepLIFT's multipliers at operators that its rules take by their kind, against differences to the reference worked out by hand. */
import { expect, test } from 'vitest'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { rawOf } from '../support/pixel-maps.ts'

const [x, bias] = [[0.5, 2] as const, 0.7]

/** Contributions of two pixels to the sum of y over them, or to y, from the reference 0. */
async function contributions(nodes: readonly NodeSpec[], summed = true): Promise<ArrayLike<number>> {
  const bytes = buildModel({
    inputs: { x: [1, 1, 1, 2] },
    outputs: { scores: [1, 1] },
    weights: { bias: float32([bias, bias], [2]), ones: float32([1, 1], [2, 1]) },
    nodes: [...nodes, ...(summed ? [node('Flatten', ['y'], 'row'), node('MatMul', ['row', 'ones'], 'scores')] : [])],
    domains: ['com.microsoft'],
  })
  return rawOf({ method: 'deeplift', featureLayer: 'x' }, bytes, float32([...x], [1, 1, 1, 2]))
}

// Abramowitz and Stegun 7.1.26, good for 1.5e-7
function erf(value: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(value))
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
  return Math.sign(value) * (1 - series * Math.exp(-value * value))
}
const gelu = (value: number): number => (value / 2) * (1 + erf(value / Math.SQRT2))
const close = { atol: 1e-5, rtol: 1e-5 }

test('a function of one element contributes its difference', async () => {
  expectClose(await contributions([node('Sin', ['x'], 'y')]), x.map(Math.sin), close)
})

test('an activation of x + b, too', async () => {
  const differences = x.map((value) => gelu(value + bias) - gelu(bias))
  expectClose(await contributions([node('BiasGelu', ['x', 'bias'], 'y', {}, 'com.microsoft')]), differences, close)
})

test('a product by Gemm of two computed tensors: Σ x² from 0 is Σ x², and not twice that', async () => {
  const nodes = [node('Flatten', ['x'], 'row'), node('Gemm', ['row', 'row'], 'scores', { transB: 1 })]
  const found = await contributions(nodes, false)
  expect(Array.from(found, (value) => Number(value.toFixed(5)))).toEqual([0.25, 4])
})
