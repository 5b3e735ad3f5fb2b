/** @file The CAM family in numbers worked out by hand. */
import { describe, expect, test } from 'vitest'
import { factorize } from '../../src/method/cam/nmf.ts'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne } from '../support/explain.ts'
import { bare, exact, raws } from '../support/raw-maps.ts'
import { refusal } from '../support/refusal.ts'
import { headChannels, headClasses, headed, images } from '../support/small-nets.ts'

describe('numbers worked out by hand', () => {
  // features [1, 3, 1, 4]: channel 0 is 8, 0, 0, 0, channel 1 is 1, 1, 3, 3, channel 2 is silent; y = ½·(sum of 0) + sum of 1 weighted 0, 1, 0, −1
  const features = [8, 0, 0, 0, 1, 1, 3, 3, 0, 0, 0, 0]
  const model = buildModel({
    inputs: { x: [1, 3, 1, 4] },
    outputs: { y: [1, 1] },
    weights: { w: float32([0.5, 0.5, 0.5, 0.5, 0, 1, 0, -1, 5, 5, 5, 5], [1, 12]), zero: float32([0], [1]) },
    nodes: [node('Relu', ['x'], 'f'), node('Flatten', ['f'], 'flat'), node('Gemm', ['flat', 'w', 'zero'], 'y', { transB: 1 })],
  })
  const x = float32(features, [1, 3, 1, 4])
  test.each([
    // mean G: ½ and 0
    ['grad-cam', {}, [4, 0, 0, 0]],
    ['hires-cam', {}, [4, 1, 0, -3]],
    ['grad-cam-elementwise', {}, [4, 1, 0, 0]],
    ['layer-cam', {}, [4, 1, 0, 0]],
    // Σ G·A / ΣA: 4/8 and (1 − 3)/8
    ['xgrad-cam', {}, [4 - 0.25, -0.25, -0.75, -0.75]],
    // ReLU(G)/(2 + ΣA·G): 4 × ½/(2 + 4) and 1/(2 + 8)
    ['grad-cam++', {}, [8 / 3 + 0.1, 0.1, 0.3, 0.3]],
    // Σ G²·ReLU(G): 4/8 and 1
    ['grad-cam++', { denominator: 'none' }, [4 + 1, 1, 3, 3]],
    // one place of channel 0 is above 2 + 1.5·3.46, none of channel 1 is above 2 + 1.5·1
    ['fem', { k: 1.5 }, [2, 0, 0, 0]],
    ['fem', { k: 0.5 }, [2 + 0.5, 0.5, 1.5, 1.5]],
  ])('%s %j', async (method, options, expected) => {
    const why = await explainOne(model, x, { ...bare, featureLayer: 'f', target: 0, method, options })
    expectClose(why.raw.data, expected, exact)
  })

  test('XGrad-CAM leaves out a channel whose activations add up to zero', async () => {
    const signed = float32([8, 0, 0, 0, 0, 1, 0, -1, 0, 0, 0, 0], [1, 3, 1, 4])
    const why = await explainOne(model, signed, { ...bare, featureLayer: 'x', target: 0, method: 'xgrad-cam' })
    expectClose(why.raw.data, [4, 0, 0, 0], exact)
  })

  test('Eigen-CAM of one channel is that channel without its mean', async () => {
    const single = buildModel({
      inputs: { x: [1, 1, 1, 4] },
      outputs: { y: [1, 1] },
      nodes: [node('Relu', ['x'], 'f'), node('GlobalAveragePool', ['f'], 'p'), node('Flatten', ['p'], 'y')],
    })
    const why = await explainOne(single, float32([4, 0, 0, 8], [1, 1, 1, 4]), {
      ...bare,
      featureLayer: 'f',
      target: 0,
      method: 'eigen-cam',
    })
    expectClose(why.raw.data, [1, -3, -3, 5], exact)
  })

  test.each(['eigengrad-cam', 'seg-eigen-cam', 'grad-cam++'])('%s of a score 10²² times smaller is so much smaller', async (method) => {
    const spec = headed()
    const weights = spec.weights?.['fc']?.data as Float32Array
    const tiny = weights.map((value) => value * 1e-22)
    const small = buildModel({ ...spec, weights: { ...spec.weights, fc: float32(tiny, [headClasses, headChannels]) } })
    const [expected = []] = await raws(buildModel(spec), images(1), { target: 0, method })
    const [found = []] = await raws(small, images(1), { target: 0, method })
    // grad-cam++ has no square of G in its denominator then, but 2: that it is there at all is what counts
    expect(Math.max(...found.map(Math.abs))).toBeGreaterThan(1e-24)
    if (method !== 'grad-cam++')
      expectClose(
        Array.from(found, (value) => value * 1e22),
        expected,
        { atol: 1e-3, rtol: 1e-3 },
      )
  })

  test('Eigen-CAM finds an axis that is hardly longer than the second: 3 and 2.99', async () => {
    // two channels that do not correlate: the first is the axis
    const [a, b] = [3, 2.99]
    const why = await explainOne(model, float32([2 * a, 0, 2 * a, 0, 2 * b, 2 * b, 0, 0, 0, 0, 0, 0], [1, 3, 1, 4]), {
      ...bare,
      ...{ featureLayer: 'f', target: 0, method: 'eigen-cam' },
    })
    expectClose(why.raw.data.map(Math.abs), [a, a, a, a], { atol: 1e-3, rtol: 0 })
  })
})

describe('deep feature factorisation', () => {
  test('a matrix of rank 2 with disjoint parts is found exactly', () => {
    const v = Float64Array.of(2, 4, 0, 0, 1, 2, 0, 0, 0, 0, 3, 1)
    const { wt, h, error } = factorize(v, 3, 4, { rank: 2, iterations: 500, tolerance: 0, seed: 1 })
    const product = Float64Array.from(v, (_, i) => {
      const [row, column] = [Math.floor(i / 4), i % 4]
      return (wt[row] ?? 0) * (h[column] ?? 0) + (wt[3 + row] ?? 0) * (h[4 + column] ?? 0)
    })
    expectClose(product, v, { atol: 1e-6, rtol: 0 })
    expect(error).toBeLessThan(1e-4)
    expect([...wt, ...h].every((value) => value >= 0)).toBe(true)
  })

  test('concepts come by their scores, which add up to the whole for a linear head; the map is ‖W_k‖·H_k', async () => {
    const spec = headed()
    const features = float32([3, 1, 0, 0, 6, 2, 0, 0, 0, 0, 5, 5], [1, 3, 1, 4])
    const model = buildModel({
      ...spec,
      inputs: { x: [1, 3, 1, 4] },
      outputs: { logits: [1, 2] },
      weights: { fc: float32([1, 0, -1, 0, 1, 2], [2, 3]), zero: float32([0, 0], [2]) },
      nodes: [
        node('Relu', ['x'], 'f'),
        node('GlobalAveragePool', ['f'], 'p'),
        node('Flatten', ['p'], 'flat'),
        node('Gemm', ['flat', 'fc', 'zero'], 'logits', { transB: 1 }),
      ],
    })
    const options = { ...bare, featureLayer: 'f', method: 'dff' } as const
    const settings = { components: 2 }
    const first = await explainOne(model, features, { ...options, target: 0, options: settings })
    const { components, error } = first.details as { components: { score: number; share: number }[]; error: number }
    // channels 0 and 1 together: 4/4 for class 0; channel 2: −10/4
    expectClose(
      components.map(({ score }) => score),
      [1, -2.5],
      { atol: 1e-3, rtol: 0 },
    )
    expect(error).toBeLessThan(1e-3)
    expectClose(
      components.map(({ share }) => share),
      [12 / 22, 10 / 22],
      { atol: 1e-3, rtol: 0 },
    )
    expectClose(first.raw.data, [3 * Math.sqrt(5), Math.sqrt(5), 0, 0], { atol: 1e-2, rtol: 0 })
    const second = await explainOne(model, features, { ...options, target: 0, options: { ...settings, component: 2 } })
    expectClose(second.raw.data, [0, 0, 5, 5], { atol: 1e-2, rtol: 0 })
    const other = await explainOne(model, features, { ...options, target: 1, options: settings })
    expectClose(other.raw.data, [0, 0, 5, 5], { atol: 1e-2, rtol: 0 })
    await expect(
      refusal(() => explainOne(model, features, { ...options, target: 1, options: { components: 2, component: 3 } })),
    ).resolves.toMatchObject({ code: 'bad-option' })
  })
})
