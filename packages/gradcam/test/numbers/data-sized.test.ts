/** @file Sizes that hang on what the photo shows: maps by hand, photo after photo, and all of a batch. */
import { expect, test } from 'vitest'
import { createExplainer, type Explainer } from '../../src/explain/explainer.ts'
import { readModel } from '../../src/graph/model.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { refusal } from '../support/refusal.ts'
import { runtimeFor } from '../support/providers.ts'

/** Positive and negative part of each pixel; the scores are their means over the pixels above one half. */
const bytes = buildModel({
  inputs: { image: ['N', 1, 4, 4] },
  outputs: { logits: [1, 2] },
  nodes: [
    node('Conv', ['image', 'w'], 'conv'),
    node('Relu', ['conv'], 'features'),
    node('Squeeze', ['image', 'one'], 'pixels'),
    node('Greater', ['pixels', 'half'], 'bright'),
    node('NonZero', ['bright'], 'places'),
    node('Transpose', ['places'], 'each', { perm: [1, 0] }),
    node('Transpose', ['features'], 'last', { perm: [0, 2, 3, 1] }),
    node('GatherND', ['last', 'each'], 'kept'),
    node('ReduceMean', ['kept'], 'logits', { axes: [0], keepdims: 1 }),
  ],
  weights: {
    w: float32([1, -1], [2, 1, 1, 1]),
    half: float32([0.5], []),
    one: { type: 'int64', dims: [1], data: BigInt64Array.of(1n) },
  },
})
const photos = [
  [1, 2, 3, -1, -2, 0.25, 0, 4, ...Array<number>(8).fill(-0.5)],
  [0.75, ...Array<number>(15).fill(-1)],
  [...Array(16).keys()].map((i) => i + 1),
]
const given = (tensor: Tensor) => ({ tensor, region: undefined, photo: undefined })
const asked = { method: 'grad-cam', target: 0, featureLayer: 'features', normalize: 'none', upsample: 'none', activation: 'none' } as const

test('each photo alone, and together', async () => {
  const network = createExplainer(readModel(bytes), await runtimeFor('cpu'), {
    name: 'test',
    labels: [],
    preprocessing: undefined,
    singleLabel: false,
  })
  // k places of 16 hand back 1/k each: the weight of the first channel is 1/16
  const maps = photos.map((pixels) => Float32Array.from(pixels, (value) => Math.max(value, 0) / 16))
  for (const [n, pixels] of photos.entries()) {
    const [[why] = []] = await network.explain(given(float32(pixels, [1, 1, 4, 4])), asked)
    expectClose(why?.map.data as Float32Array, maps[n] as Float32Array, { atol: 1e-6, rtol: 0 })
  }
  const together = await network.explain(given(float32(photos.flat(), [3, 1, 4, 4])), asked)
  expect(together).toHaveLength(3)
  // noise moves pixels over one half: each version has sizes of its own
  const [[smooth] = []] = await network.explain(given(float32(photos[0] as number[], [1, 1, 4, 4])), {
    ...asked,
    noise: 4,
    noiseLevel: 0.5,
  })
  expect(smooth?.map.data.every(Number.isFinite)).toBe(true)
  for (const [n, [why]] of together.entries()) expectClose(why?.map.data as Float32Array, maps[n] as Float32Array, { atol: 1e-6, rtol: 0 })
  await network.close()
})

const alone = async <T>(work: (network: Explainer) => Promise<T>): Promise<T> => {
  const network = createExplainer(readModel(bytes), await runtimeFor('cpu'), {
    name: 'test',
    labels: [],
    preprocessing: undefined,
    singleLabel: false,
  })
  try {
    return await work(network)
  } finally {
    await network.close()
  }
}

test('covered versions run one by one: occlusion by hand', async () => {
  const pixels = photos[0] as number[]
  const score = (values: readonly number[]): number => {
    const bright = values.filter((value) => value > 0.5)
    return bright.reduce((sum, value) => sum + value, 0) / bright.length
  }
  const [[why] = []] = await alone((network) =>
    network.explain(given(float32(pixels, [1, 1, 4, 4])), {
      ...{ method: 'occlusion', target: 0, normalize: 'none', activation: 'none', featureLayer: 'features' },
      options: { patchPixels: 1, stridePixels: 1, score: 'logit', fill: 'zero' },
    }),
  )
  const expected = pixels.map((_, i) => score(pixels) - score(pixels.with(i, 0)))
  expectClose(why?.raw.data as Float32Array, Float32Array.from(expected), { atol: 1e-5, rtol: 0 })
})

test.each(['smooth-grad', 'integrated-gradients', 'gradient-shap', 'smooth-grad-cam++'])('%s: refused with the way out', async (method) => {
  const error = await refusal(() =>
    alone((network) => network.explain(given(float32(photos[0] as number[], [1, 1, 4, 4])), { ...asked, method })),
  )
  expect(error).toMatchObject({
    code: 'unsupported-model',
    message: expect.stringContaining('NonZero'),
    hint: expect.stringContaining('saliency'),
  })
})
