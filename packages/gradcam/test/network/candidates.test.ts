/** @file Layers that could be named, where none can be chosen: models without scores, without maps of places, without images. */
import { expect, test } from 'vitest'
import { float32 } from '../../src/core/tensor.ts'
import { load } from '../../src/node/index.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'

const positions: ModelSpec = {
  inputs: { x: ['N', 3, 8, 8] },
  outputs: { where: ['two', 'n'] },
  weights: { w: numbers(1, [4, 3, 3, 3]), fc: numbers(2, [5, 4]) },
  nodes: [
    node('Conv', ['x', 'w'], 'c'),
    node('Relu', ['c'], 'r'),
    node('GlobalAveragePool', ['r'], 'p'),
    node('Flatten', ['p'], 'flat'),
    node('Gemm', ['flat', 'fc'], 'logits', { transB: 1 }),
    node('NonZero', ['logits'], 'where'),
  ],
}
const series: ModelSpec = {
  inputs: { x: [1, 2, 16] },
  outputs: { y: [1, 2] },
  weights: { w: numbers(1, [4, 2, 3]), fc: float32(new Float32Array(8).fill(1), [2, 4]) },
  nodes: [
    node('Conv', ['x', 'w'], 'c'),
    node('Relu', ['c'], 'r'),
    node('GlobalAveragePool', ['r'], 'p'),
    node('Flatten', ['p'], 'flat'),
    node('Gemm', ['flat', 'fc'], 'y', { transB: 1 }),
  ],
}

test.each([
  ['a network of positions', positions, 'unsupported-model', ['r', 'c'], ['logits']],
  ['a network of series', series, 'unsupported-model', ['r', 'c'], ['y']],
] as const)('%s: layers refuses, candidates lists', async (_, spec, code, features, reductions) => {
  const network = await load(buildModel(spec), { threads: 1 })
  expect((await refusal(() => network.layers())).code).toBe(code)
  const candidates = await network.layerCandidates()
  expect(candidates.features.map(({ name }) => name)).toEqual(features)
  expect(candidates.reductions.map(({ name }) => name)).toEqual(reductions)
  await network.close()
})
