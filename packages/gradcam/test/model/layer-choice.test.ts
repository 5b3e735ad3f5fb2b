/** @file Which layers are chosen and offered: the last block, what the score reads, scores before they are rounded; and methods that need none. */
import { expect, test } from 'vitest'
import { readModel } from '../../src/graph/model.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { explainOne, layersOf } from '../support/explain.ts'
import { plain } from '../support/exporter-manners.ts'
import { imageSize } from '../support/exporter-nets.ts'
import { tokenNet } from '../support/exporter-tokens.ts'
import { numbers } from '../support/finite-differences.ts'
import { answersOf } from '../support/patch-test.ts'
import { bare } from '../support/raw-maps.ts'
import { refusal } from '../support/refusal.ts'
import { images } from '../support/small-nets.ts'

const conv = (from: string, weights: string, to: string, stride = 1): NodeSpec =>
  node('Conv', [from, weights], to, { strides: [stride, stride], pads: [1, 1, 1, 1] })

test('blocks behind a merging step with an activation win over it', async () => {
  const model = buildModel({
    inputs: { x: ['N', 3, 12, 12] },
    outputs: { y: ['N', 5] },
    weights: {
      w1: numbers(1, [8, 3, 3, 3], -0.5, 0.5),
      w2: numbers(2, [8, 8, 3, 3]),
      w3: numbers(3, [8, 8, 3, 3]),
      w4: numbers(4, [8, 5]),
    },
    nodes: [
      conv('x', 'w1', 'merged', 2),
      node('Relu', ['merged'], 'merge'),
      conv('merge', 'w2', 'inner'),
      node('Relu', ['inner'], 'inside'),
      conv('inside', 'w3', 'residual'),
      node('Add', ['merge', 'residual'], 'block'),
      node('ReduceMean', ['block'], 'pooled', { axes: [2, 3], keepdims: 0 }),
      node('MatMul', ['pooled', 'w4'], 'y'),
    ],
  })
  const { feature } = await layersOf(model)
  expect([feature.name, feature.certain, feature.runnersUp[0]?.name]).toEqual(['block', true, 'merge'])
})

test('a convolution that closes a block wins over the activation that begins it', async () => {
  const model = buildModel({
    inputs: { x: ['N', 3, 12, 12] },
    outputs: { y: ['N', 5] },
    weights: {
      ...{ w1: numbers(1, [8, 3, 3, 3], -0.5, 0.5), w2: numbers(2, [8, 8, 3, 3]), w3: numbers(3, [8, 8, 3, 3]) },
      ...{ w4: numbers(4, [8, 16, 3, 3]), m: numbers(5, [8, 5]) },
    },
    nodes: [
      conv('x', 'w1', 'first', 2),
      node('Relu', ['first'], 'begins'),
      conv('begins', 'w2', 'inner'),
      node('Relu', ['inner'], 'inside'),
      conv('begins', 'w3', 'side'),
      node('Concat', ['inside', 'side'], 'both', { axis: 1 }),
      conv('both', 'w4', 'closes'),
      node('ReduceMean', ['closes'], 'pooled', { axes: [2, 3], keepdims: 0 }),
      node('MatMul', ['pooled', 'm'], 'y'),
    ],
  })
  const { feature } = await layersOf(model)
  expect([feature.name, feature.certain]).toEqual(['closes', true])
})

test.each(['class', 'mean'] as const)('what is offered beside the layer has a map: %s', async (ending) => {
  const model = buildModel(tokenNet(plain, { extra: ending === 'class' ? 1 : 0, ending, stem: 'convolutions' }).spec)
  const { feature } = await layersOf(model)
  const image = images(1, 7, imageSize.height, imageSize.width)
  expect(feature.runnersUp.length).toBeGreaterThan(1)
  for (const { name } of [feature, ...feature.runnersUp]) {
    const why = await explainOne(model, image, { ...bare, target: 1, featureLayer: name })
    expect(Math.max(...why.raw.data.map(Math.abs)), name).toBeGreaterThan(0)
  }
  // its batch is fixed to two
  const two = images(2, 7, imageSize.height, imageSize.width)
  const verdict = await answersOf({ model: readModel(model), image: { name: 'pixels', layout: 'nchw', tensor: two } })
  expect(verdict).toMatchObject({ pass: true })
})

const scale = (value: number): Tensor => float32([value], [])
const zero: Tensor = { type: 'uint8', dims: [], data: Uint8Array.of(0) }

test('scores that are quantised at the end are explained before they are', async () => {
  const model = buildModel({
    inputs: { x: ['N', 3, 4, 4] },
    outputs: { y: ['N', 3] },
    weights: { s: scale(0.01), z: zero, w: float32([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3, 1, 1]) },
    nodes: [
      node('Conv', ['x', 'w'], 'c'),
      node('Relu', ['c'], 'f'),
      node('ReduceMean', ['f'], 'scores', { axes: [2, 3], keepdims: 0 }),
      node('QuantizeLinear', ['scores', 's', 'z'], 'q'),
      node('DequantizeLinear', ['q', 's', 'z'], 'y'),
    ],
  })
  const { reduction } = await layersOf(model)
  expect(reduction.name).toBe('scores')
  // 4 is beyond 2.55, the largest score that is told apart: y itself has no gradient there
  const why = await explainOne(
    model,
    float32(
      Array.from({ length: 48 }, (_, i) => (i < 16 ? 4 : 0)),
      [1, 3, 4, 4],
    ),
    { ...bare, target: 0 },
  )
  expect([...why.raw.data]).toEqual(Array(16).fill(0.25))
})

test('where no layer is found, methods that need none run', async () => {
  const model = buildModel({
    inputs: { x: [1, 3, 8, 8] },
    outputs: { y: [1, 4] },
    weights: { m: numbers(1, [192, 4], -0.5, 0.5) },
    nodes: [node('Flatten', ['x'], 'flat'), node('MatMul', ['flat', 'm'], 'y')],
  })
  const image = float32(
    Array.from({ length: 192 }, (_, i) => (i % 11) / 6),
    [1, 3, 8, 8],
  )
  for (const method of ['saliency', 'occlusion', 'rise', 'lime']) {
    const why = await explainOne(model, image, { method, target: 1, ...(method === 'rise' ? { options: { samples: 20 } } : {}) })
    expect([why.featureLayer, why.map.width], method).toEqual(['x', 8])
  }
  const error = await refusal(() => explainOne(model, image, { target: 1 }))
  expect([error.code, error.hint]).toEqual(['no-features', expect.stringContaining('occlusion')])
  expect((await refusal(() => explainOne(model, image, { target: 1, method: 'guided-grad-cam' }))).code).toBe('no-features')
})
