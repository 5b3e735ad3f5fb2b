/** @file Masks of padding that nobody gives are 1 everywhere, and it is said; one that is given is fed. */
import { expect, test } from 'vitest'
import { float32 } from '../../src/core/tensor.ts'
import { load } from '../../src/node/index.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'

/** The image times the mask, its mean by a convolution with ones: 0.5 · 3 channels where nothing is masked. */
const masked: ModelSpec = {
  inputs: { pixel_values: ['N', 3, 'H', 'W'], pixel_mask: ['N', 'H', 'W'] },
  types: { pixel_mask: 'int64' },
  outputs: { logits: ['N', 2] },
  weights: { w: float32([1, 1, 1, 2, 2, 2], [2, 3, 1, 1]), axes: { type: 'int64', dims: [1], data: BigInt64Array.of(1n) } },
  nodes: [
    node('Cast', ['pixel_mask'], 'm', { to: 1 }),
    node('Unsqueeze', ['m', 'axes'], 'm4'),
    node('Mul', ['pixel_values', 'm4'], 'x'),
    node('Conv', ['x', 'w'], 'c'),
    node('Relu', ['c'], 'f'),
    node('GlobalAveragePool', ['f'], 'p'),
    node('Flatten', ['p'], 'logits'),
  ],
}
const image = float32(new Float32Array(3 * 8 * 8).fill(0.5), [1, 3, 8, 8])

test('a mask that is not given', async () => {
  const network = await load(buildModel(masked), { threads: 1 })
  const why = await network.explain(image, { target: 1 })
  expect(why.logit).toBeCloseTo(3, 5)
  expect(why.warnings.map(({ code }) => code)).toContain('pixel-mask-assumed')
  expect((await network.layers()).feature.name).toBe('f')
  const half = new BigInt64Array(64).fill(1n, 0, 32)
  const given = await network.explain(image, { target: 1, inputs: { pixel_mask: { type: 'int64', dims: [1, 8, 8], data: half } } })
  expect(given.logit).toBeCloseTo(1.5, 5)
  await network.close()
})
