/** @file The self-check of the runtime: it agrees with itself, and is found out where it does not. */
import { expect, test } from 'vitest'
import { createExplainer } from '../../src/explain/explainer.ts'
import { readModel } from '../../src/graph/model.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { runtimeFor } from '../support/providers.ts'

const cpu = await runtimeFor('cpu')
const bytes = buildModel({
  inputs: { image: ['N', 1, 2, 2] },
  outputs: { logits: ['N', 2] },
  nodes: [node('Conv', ['image', 'w'], 'conv'), node('GlobalAveragePool', ['conv'], 'pool'), node('Flatten', ['pool'], 'logits')],
  weights: { w: float32([1, -1], [2, 1, 1, 1]) },
})

/** Adds to all numbers of optimised sessions. */
const wrong = (by: number): Runtime => ({
  ...cpu,
  async open(model, options) {
    const session = await cpu.open(model, options)
    const changed = (tensor: Tensor): Tensor =>
      float32(
        toFloat32(tensor).map((value) => value + by),
        tensor.dims,
      )
    return {
      ...session,
      run: async (feeds) => {
        const run = await session.run(feeds)
        return options?.optimize === false ? run : Object.fromEntries(Object.entries(run).map(([name, tensor]) => [name, changed(tensor)]))
      },
    }
  },
})

test.each([
  [0, true],
  [1e-4, true],
  [0.25, false],
  [Number.NaN, false],
])('optimised numbers off by %d', async (by, agrees) => {
  const network = createExplainer(readModel(bytes), wrong(by), { name: 'test', labels: [], preprocessing: undefined, singleLabel: false })
  const image = { tensor: float32([1, 2, 3, 4], [1, 1, 2, 2]), region: undefined, photo: undefined }
  const found = await network.verify(image)
  expect([found.agrees, found.outputs.map(({ name, shape }) => [name, shape])]).toEqual([agrees, [['logits', [1, 2]]]])
  expect(found.outputs[0]?.largest).toBe(2.5)
  expect(found.outputs[0]?.difference).toBeCloseTo(Number.isNaN(by) ? Number.POSITIVE_INFINITY : by, 5)
  expect(found.verdict).toContain(agrees ? 'the same' : 'logits is off by')
  await network.close()
})
