/** @file Sizes that are a multiple of a free batch: every image of a batch has the gradient that it has alone. */
import { describe, expect, test } from 'vitest'
import { createExplainer } from '../../src/explain/explainer.ts'
import { readModel } from '../../src/graph/model.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { numbers } from '../support/finite-differences.ts'
import { runtimeFor } from '../support/providers.ts'

const runtime = await runtimeFor('cpu')
const int64 = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(values, BigInt),
})

const weights = {
  w: numbers(1, [4, 3, 3, 3]),
  head: numbers(2, [4, 3]),
  zero: int64([0], []),
  one: int64([1], []),
  four: int64([4], []),
  minus: int64([-1]),
  axis: int64([1]),
  channels: int64([2, 0, 3, 1], [1, 4]),
}
const count = [
  node('Shape', ['image'], 'shape'),
  node('Gather', ['shape', 'zero'], 'n', { axis: 0 }),
  node('Range', ['zero', 'n', 'one'], 'images'),
]
const features = [node('Conv', ['image', 'w'], 'conv', { pads: [1, 1, 1, 1] }), node('Relu', ['conv'], 'features')]
const pooled = [node('GlobalAveragePool', ['features'], 'pool')]

// each ends in [N, 4], the channels in another order or as they are
const forms: [title: string, steps: NodeSpec[], order: number[]][] = [
  [
    'Gather from the flattened batch',
    [
      node('Reshape', ['pool', 'minus'], 'flat'),
      node('Mul', ['images', 'four'], 'starts'),
      node('Unsqueeze', ['starts', 'axis'], 'column'),
      node('Add', ['column', 'channels'], 'places'),
      node('Gather', ['flat', 'places'], 'tokens', { axis: 0 }),
    ],
    [2, 0, 3, 1],
  ],
  [
    'Gather of all images',
    [node('Flatten', ['pool'], 'vectors'), node('Gather', ['vectors', 'images'], 'tokens', { axis: 0 })],
    [0, 1, 2, 3],
  ],
  [
    'Gather of the images, the last one first',
    [
      node('Flatten', ['pool'], 'vectors'),
      node('Sub', ['n', 'images'], 'behind'),
      node('Sub', ['behind', 'one'], 'back'),
      node('Gather', ['vectors', 'back'], 'turned', { axis: 0 }),
      node('Gather', ['turned', 'back'], 'tokens', { axis: 0 }),
    ],
    [0, 1, 2, 3],
  ],
  [
    'Concat along the batch',
    [
      node('Flatten', ['pool'], 'vectors'),
      node('Concat', ['vectors', 'vectors'], 'twice', { axis: 0 }),
      node('Gather', ['twice', 'images'], 'tokens', { axis: 0 }),
    ],
    [0, 1, 2, 3],
  ],
]

const network = (steps: readonly NodeSpec[], more: Readonly<Record<string, Tensor>> = {}) =>
  createExplainer(
    readModel(
      buildModel({
        inputs: { image: ['N', 3, 6, 6] },
        outputs: { logits: ['N', 3] },
        nodes: [...features, ...pooled, ...steps, node('MatMul', ['tokens', 'head'], 'logits')],
        weights: { ...weights, ...more },
      }),
    ),
    runtime,
    { name: 'test', labels: [], preprocessing: undefined, singleLabel: true },
  )

const images = numbers(7, [3, 3, 6, 6])
const imageAt = (n: number): Tensor => float32((images.data as Float32Array).slice(n * 108, (n + 1) * 108), [1, 3, 6, 6])
const given = (tensor: Tensor) => ({ tensor, region: undefined, photo: undefined })

describe.each(forms)('%s', (_, steps, order) => {
  test.each(['grad-cam', 'saliency', 'smooth-grad', 'score-cam'])('%s', async (method) => {
    const options = { method, target: 1, normalize: 'none', upsample: 'none', activation: 'none', featureLayer: 'features' } as const
    const more = method === 'smooth-grad' ? { options: { samples: 4 } } : {}
    const own = network([...count, ...steps])
    const reference = network([node('Flatten', ['pool'], 'vectors'), node('Gather', ['vectors', 'order'], 'tokens', { axis: 1 })], {
      order: int64(order),
    })
    const together = await own.explain(given(images), { ...options, ...more })
    for (const n of [0, 1, 2]) {
      const [[right] = []] = await reference.explain(given(imageAt(n)), { ...options, ...more })
      const [[alone] = []] = await own.explain(given(imageAt(n)), { ...options, ...more })
      expectClose(alone?.map.data as Float32Array, right?.map.data as Float32Array, { atol: 1e-5, rtol: 1e-4 })
      if (method !== 'smooth-grad')
        expectClose(together[n]?.[0]?.map.data as Float32Array, right?.map.data as Float32Array, { atol: 1e-5, rtol: 1e-4 })
    }
    expect(together).toHaveLength(3)
    await Promise.all([own.close(), reference.close()])
  })
})
