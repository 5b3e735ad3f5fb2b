/** @file Pixel gradients: numbers worked out by hand, and what every one of them must keep to. */
import { describe, expect, test } from 'vitest'
import { saliencyMethods } from '../../src/method/saliency/methods.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, explainOne } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { imageAt } from '../support/net-targets.ts'
import { model, one, rawOf } from '../support/pixel-maps.ts'
import { byHand, count, headClasses, headed, mirror, images } from '../support/small-nets.ts'

describe('numbers worked out by hand', () => {
  const hand = buildModel(byHand)
  const x = float32(count(16), [1, 1, 4, 4])

  test('guided backprop', async () => {
    expect(Array.from(await rawOf({ method: 'guided-backprop' }, hand, x))).toEqual([0, 1, 1, 1, 1, 3, 3, 2, 1, 3, 3, 2, 1, 2, 2, 1])
  })

  test('guided Grad-CAM at the Relu, nearest', async () => {
    const options = { method: 'guided-grad-cam', featureLayer: 'relu', options: { upsampling: 'nearest' } }
    expect(Array.from(await rawOf(options, hand, x))).toEqual([0, 0, 4, 4, 0, 0, 12, 8, 28, 84, 97.5, 65, 28, 56, 65, 32.5])
  })

  test('DeepLIFT sees a pixel whose derivative is 0: max(x₁ + x₂ − 1, 0) from (0, 0) to (1, 1) rises by 1, half by each', async () => {
    const bytes = buildModel({
      inputs: { x: [1, 1, 1, 2] },
      outputs: { scores: [1, 1] },
      weights: { w: float32([1, 1], [1, 1, 1, 2]), b: float32([-1], [1]) },
      nodes: [node('Conv', ['x', 'w', 'b'], 'sum'), node('Relu', ['sum'], 'bent'), node('Flatten', ['bent'], 'scores')],
    })
    const at = (values: [number, number]) => rawOf({ method: 'deeplift', featureLayer: 'x' }, bytes, float32(values, [1, 1, 1, 2]))
    expect(Array.from(await at([1, 1]))).toEqual([0.5, 0.5])
    // Δ = 4 of the sum, 3 of the Relu: ¾ · (3, 1)
    expect(Array.from(await at([3, 1]))).toEqual([2.25, 0.75])
  })

  test('DeepLIFT at a maximum: up where the image has it, down where the reference had it', async () => {
    const bytes = buildModel({
      inputs: { x: [1, 1, 1, 2] },
      outputs: { scores: [1, 1] },
      weights: { shift: float32([5, 0], [1, 1, 1, 2]) },
      nodes: [
        node('Add', ['x', 'shift'], 'shifted'),
        node('MaxPool', ['shifted'], 'most', { kernel_shape: [1, 2] }),
        node('Flatten', ['most'], 'scores'),
      ],
    })
    const at = (values: [number, number]) => rawOf({ method: 'deeplift', featureLayer: 'x' }, bytes, float32(values, [1, 1, 1, 2]))
    // reference (5, 0) → 5; image (3, 7) → 7: raised by 2 at the second place
    expect(Array.from(await at([-2, 7]))).toEqual([0, 2])
    // image (3, 4) → 4: lowered by 1 at the first place
    expect(Array.from(await at([-2, 4]))).toEqual([-1, 0])
  })
})

describe('on a linear network every method knows the answer', () => {
  const linear = buildModel(mirror(2, 3))
  const x = float32([1, -2, 3, 0.5, 0, 4], [1, 1, 2, 3])
  const values = x.data as Float32Array
  const mean = values.reduce((a, b) => a + b, 0) / 6
  const at = (method: string, options: NonNullable<ExplainOptions['options']> = {}) =>
    rawOf({ method, featureLayer: 'x', options }, linear, x)
  const close = { atol: 1e-5, rtol: 1e-5 }

  test.each([
    ['saliency', {}, () => 1],
    ['input-x-gradient', {}, (v: number) => v],
    ['integrated-gradients', { steps: 3 }, (v: number) => v],
    ['integrated-gradients', { baseline: 'mean', rule: 'left' }, (v: number) => v - mean],
    ['smooth-grad', { samples: 3, channels: 'sum' }, () => 1],
    ['square-grad', { samples: 3 }, () => 1],
    ['var-grad', { samples: 3 }, () => 0],
    ['deeplift', {}, (v: number) => v],
    ['gradient-shap', { samples: 5, noise: 0 }, (v: number) => v],
    ['lrp', { rule: 'epsilon' }, (v: number) => v],
    // |x| between its least and largest value, and no bias
    ['full-grad', {}, (v: number) => Math.abs(v) / 4],
  ] as const)('%s %j', async (method, options, expected) => {
    expectClose(await at(method, options), values.map(expected), close, method)
  })

  test('channels', async () => {
    const channels = buildModel({
      inputs: { x: [1, 3, 1, 2] },
      outputs: { scores: [1, 1] },
      weights: { w: float32([1, 2, -3, 1, 0, 0], [1, 3, 1, 2]) },
      nodes: [node('Conv', ['x', 'w'], 'sum'), node('Flatten', ['sum'], 'scores')],
    })
    const ones = float32([1, 1, 1, 1, 1, 1], [1, 3, 1, 2])
    for (const method of ['saliency', 'integrated-gradients']) {
      const by = async (way: string) => Array.from(await rawOf({ method, featureLayer: 'x', options: { channels: way } }, channels, ones))
      const expected: Record<string, number[]> = { max: [3, 2], abs: [4, 3], sum: [-2, 3], mean: [-2 / 3, 1] }
      for (const [way, numbersOf] of Object.entries(expected)) expectClose(await by(way), numbersOf, close, `${method} ${way}`)
    }
  })
})

describe.each(saliencyMethods.map(({ name }) => name))('%s', (method) => {
  const few = { options: method.startsWith('integrated') ? { steps: 4 } : /smooth|square|var|shap/.test(method) ? { samples: 4 } : {} }
  const batch = images(2)

  test('a batch equals its singles, a model whose batch is fixed too, and one with channels last', async () => {
    const spec = headed()
    const fixed = buildModel({ ...spec, inputs: { x: [2, 3, 8, 8] }, outputs: { prob: [2, headClasses] } })
    const first = buildModel({ ...spec, inputs: { x: [1, 3, 8, 8] }, outputs: { prob: [1, headClasses] } })
    const last = buildModel({
      ...spec,
      inputs: { photo: ['N', 8, 8, 3] },
      nodes: [node('Transpose', ['photo'], 'x', { perm: [0, 3, 1, 2] }), ...spec.nodes],
    })
    const options = { target: 1, method, featureLayer: 'features', ...few }
    const together = await explainAll(model, batch, options)
    const filled = await explainAll(fixed, batch, options)
    for (let n = 0; n < 2; n++) {
      const x = imageAt(batch, n)
      const values = toFloat32(x)
      const turned = float32(
        Float32Array.from({ length: 192 }, (_, i) => values[(i % 3) * 64 + Math.floor(i / 3)] as number),
        [1, 8, 8, 3],
      )
      const alone = await explainOne(first, x, options)
      const largest = alone.raw.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const close = { atol: 1e-5 * largest, rtol: 1e-4 }
      expect([alone.raw.width, alone.raw.height]).toEqual([8, 8])
      expect(largest).toBeGreaterThan(0)
      expectClose(together[n]?.[0]?.raw.data ?? [], alone.raw.data, close, 'batch')
      expectClose(filled[n]?.[0]?.raw.data ?? [], alone.raw.data, close, 'fixed batch')
      expectClose((await explainOne(last, turned, options)).raw.data, alone.raw.data, close, 'channels last')
    }
  })

  test('its options are checked by name', async () => {
    await expect(explainOne(model, one, { method, options: { stepps: 3 } })).rejects.toMatchObject({ code: 'bad-option' })
  })
})

describe('chance', () => {
  test.each(['smooth-grad', 'square-grad', 'var-grad', 'gradient-shap'])(
    '%s: the same seed gives the same map, another one another',
    async (method) => {
      const options = { method, options: { samples: 40 } }
      const [first, again, other] = [
        await rawOf({ ...options, seed: 7 }),
        await rawOf({ ...options, seed: 7 }),
        await rawOf({ ...options, seed: 8 }),
      ]
      expect(again).toEqual(first)
      expect(other).not.toEqual(first)
    },
  )

  test('variance is the mean of squares less the square of the mean', async () => {
    const at = (method: string) =>
      rawOf({ method, options: { samples: 10, channels: 'sum' } }, buildModel({ ...headedGrey() }), greyImage())
    const [mean, square, variance] = [await at('smooth-grad'), await at('square-grad'), await at('var-grad')]
    expect(Math.max(...variance)).toBeGreaterThan(0)
    expectClose(
      variance,
      square.map((value, i) => value - (mean[i] as number) ** 2),
      { atol: 1e-6, rtol: 1e-3 },
      'variance',
    )
  })
})

/** One channel only, so that maps are the attributions themselves. */
const headedGrey = (): ModelSpec => {
  const spec = headed()
  return { ...spec, inputs: { x: ['N', 1, 8, 8] }, weights: { ...spec.weights, w1: numbers(1, [4, 1, 3, 3], -0.5, 0.5) } }
}
const greyImage = (): Tensor => numbers(12, [1, 1, 8, 8], -1, 2)
