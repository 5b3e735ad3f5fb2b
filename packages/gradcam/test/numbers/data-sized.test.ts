/** @file Sizes that hang on what the photo shows: maps by hand, photo after photo, and all of a batch. */
import { describe, expect, test } from 'vitest'
import { createExplainer, type Explainer } from '../../src/explain/explainer.ts'
import { gradient } from '../../src/gradient/gradient.ts'
import { readModel } from '../../src/graph/model.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { refusal } from '../support/refusal.ts'
import { runtimeFor } from '../support/providers.ts'

const weights = {
  w: float32([1, -1], [2, 1, 1, 1]),
  half: float32([0.5], []),
  one: { type: 'int64', dims: [1], data: BigInt64Array.of(1n) },
} as const
/** Positive and negative part of each pixel, of those above one half. */
const keeping = [
  node('Conv', ['image', 'w'], 'conv'),
  node('Relu', ['conv'], 'features'),
  node('Squeeze', ['image', 'one'], 'pixels'),
  node('Greater', ['pixels', 'half'], 'bright'),
  node('NonZero', ['bright'], 'places'),
  node('Transpose', ['places'], 'each', { perm: [1, 0] }),
  node('Transpose', ['features'], 'last', { perm: [0, 2, 3, 1] }),
  node('GatherND', ['last', 'each'], 'kept'),
]
/** The scores are their means. */
const bytes = buildModel({
  inputs: { image: ['N', 1, 4, 4] },
  outputs: { logits: [1, 2] },
  nodes: [...keeping, node('ReduceMean', ['kept'], 'logits', { axes: [0], keepdims: 1 })],
  weights,
})
const photos = [
  [1, 2, 3, -1, -2, 0.25, 0, 4, ...Array<number>(8).fill(-0.5)],
  [0.75, ...Array<number>(15).fill(-1)],
  [...Array(16).keys()].map((i) => i + 1),
]
const info = { name: 'test', labels: [], preprocessing: undefined, singleLabel: false }
const given = (tensor: Tensor) => ({ tensor, region: undefined, photo: undefined })
const asked = { method: 'grad-cam', target: 0, featureLayer: 'features', normalize: 'none', upsample: 'none', activation: 'none' } as const

test('each photo alone, and together', async () => {
  const network = createExplainer(readModel(bytes), await runtimeFor('cpu'), info)
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
  const network = createExplainer(readModel(bytes), await runtimeFor('cpu'), info)
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

/** Rounding decides how many places there are: each is compared with what it was without graph optimisation, which merges norm and convolution. */
test('sizes are those of the run that they were learned from, to the last digit', async () => {
  const runtime = await runtimeFor('cpu')
  const image = float32(
    Array.from({ length: 64 }, (_, i) => Math.sin(3 * i) / 3),
    [1, 1, 8, 8],
  )
  const vector = (...values: number[]): Tensor => float32(values, [2])
  const weights = {
    w: float32(
      Array.from({ length: 18 }, (_, i) => Math.cos(5 * i) / 7),
      [2, 1, 3, 3],
    ),
    ...{ scale: vector(1.1, 0.7), shift: vector(0.3, 0.1), mean: vector(0.013, 0.21), variance: vector(0.37, 0.9) },
  }
  const features = [
    node('Conv', ['image', 'w'], 'conv', { pads: [1, 1, 1, 1] }),
    node('BatchNormalization', ['conv', 'scale', 'shift', 'mean', 'variance'], 'features'),
  ]
  const front = buildModel({ inputs: { image: [1, 1, 8, 8] }, outputs: { features: [1, 2, 8, 8] }, nodes: features, weights })
  const session = await runtime.open({ bytes: front, external: [] }, { optimize: false })
  const before = (await session.run({ image }))['features'] as Tensor
  await session.release()
  const whole = buildModel({
    inputs: { image: [1, 1, 8, 8] },
    outputs: { logits: [1, 2] },
    nodes: [
      ...features,
      node('Less', ['features', 'before'], 'less'),
      node('Not', ['less'], 'same'),
      node('Cast', ['same'], 'ones', { to: 1 }),
      node('ReduceMin', ['ones'], 'each', { axes: [1], keepdims: 0 }),
      node('NonZero', ['each'], 'places'),
      node('Transpose', ['places'], 'rows', { perm: [1, 0] }),
      node('Transpose', ['features'], 'last', { perm: [0, 2, 3, 1] }),
      node('GatherND', ['last', 'rows'], 'kept'),
      node('ReduceMean', ['kept'], 'logits', { axes: [0], keepdims: 1 }),
    ],
    weights: { ...weights, before },
  })
  const network = createExplainer(readModel(whole), runtime, info)
  const [[why] = []] = await network.explain(given(image), { ...asked, target: 1 })
  // all 64 places are kept, each counts 1/64: so does the channel
  const own = (before.data as Float32Array).slice(64)
  expectClose(
    why?.map.data as Float32Array,
    own.map((value) => value / 64),
    { atol: 1e-6, rtol: 0 },
  )
  expect(why?.logit).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / 64, 5)
  await network.close()
  const found = await gradient(readModel(whole), runtime, { of: [{ tensor: 'logits', index: 1 }], wrt: ['features'], inputs: { image } })
  expectClose(
    found['features']?.data as Float32Array,
    Float32Array.from({ length: 128 }, (_, i) => (i < 64 ? 0 : 1 / 64)),
    {
      atol: 1e-7,
      rtol: 0,
    },
  )
})

describe('a score of one of the places that are kept', () => {
  const rows = buildModel({
    inputs: { image: ['N', 1, 4, 4] },
    outputs: { rows: [1, 'K', 2] },
    nodes: [...keeping, node('Unsqueeze', ['kept', 'zero'], 'rows')],
    weights: { ...weights, zero: { type: 'int64', dims: [1], data: BigInt64Array.of(0n) } },
  })
  // a cover hides places: four of them, or all but one
  test.each([
    ['occlusion', photos[0] as number[], 3],
    ['score-cam', photos[0] as number[], 3],
    ['occlusion', [0.75, 2, ...Array<number>(14).fill(-1)], 1],
  ])('%s: other sizes are told, and not taken for the same', async (method, pixels, row) => {
    const options = method === 'occlusion' ? { patchPixels: 1, stridePixels: 1, fill: 'zero' } : {}
    const network = createExplainer(readModel(rows), await runtimeFor('cpu'), info)
    const asking = { ...asked, method, options, target: `value:rows[${row},0]` }
    expect(await refusal(() => network.explain(given(float32(pixels, [1, 1, 4, 4])), asking))).toMatchObject({
      code: 'run-failed',
      message: expect.stringMatching(/hang on what a photo shows .*NonZero.*differ between two runs/),
      hint: expect.stringContaining('grad-cam'),
    })
    // the picture as it is
    const [[why] = []] = await network.explain(given(float32(pixels, [1, 1, 4, 4])), { ...asking, method: 'grad-cam', options: {} })
    expect(why?.logit).toBe(pixels.filter((value) => value > 0.5)[row])
    await network.close()
  })
})
