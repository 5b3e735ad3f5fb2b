/** @file LIME and KernelSHAP on networks whose answers are known: linear ones, and small ones whose Shapley values are counted out. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { resolveOptions } from '../../src/method/options.ts'
import { segmentationOptions, segmented, type WeightedSegment } from '../../src/method/perturbation/segmentation.ts'
import type { RunContext } from '../../src/run/run-context.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { headed, images } from '../support/small-nets.ts'

const post = { activation: 'none', normalize: 'none' } as const
type Options = Record<string, number | string>

/** Weights by the parts' own numbers. */
function weights({ details }: ExplanationData): number[] {
  const parts = details?.['features'] as WeightedSegment[]
  return [...parts].sort((a, b) => a.index - b.index).map(({ weight }) => weight)
}

/** y_k = Σ over quarters of the image of weight · mean: [N, 1, 8, 8] to two scores. */
const quarters = (batch: number | string): ModelSpec => ({
  inputs: { x: [batch, 1, 8, 8] },
  outputs: { y: [batch, 2] },
  weights: { w: float32([3, 0, -2, 0, 0.5, 0, 7, 1], [4, 2]), b: float32([10, 0], [2]) },
  nodes: [
    node('AveragePool', ['x'], 'means', { kernel_shape: [4, 4], strides: [4, 4] }),
    node('Flatten', ['means'], 'flat'),
    node('Gemm', ['flat', 'w', 'b'], 'y'),
  ],
})
const x = numbers(5, [1, 1, 8, 8], 0.5, 2)

/** weight · mean of the image in that quarter. */
const expected = [3, -2, 0.5, 7].map((weight, quarter) => {
  let sum = 0
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++) sum += Number(x.data[((quarter >> 1) * 4 + row) * 8 + (quarter & 1) * 4 + column])
  return (weight * sum) / 16
})

describe('a linear network', () => {
  const why = (method: string, options: Options): Promise<ExplanationData> =>
    explainOne(buildModel(quarters('N')), x, {
      ...{ featureLayer: 'x', method, target: 0, ...post },
      options: { features: 4, segmentation: 'grid', fill: 'zero', ...options },
    })

  test.each([['exponential'], ['none']])('LIME finds its weights, and R² is 1 (kernel: %s)', async (kernel) => {
    const result = await why('lime', { ridge: 0, samples: 300, kernel })
    expectClose(weights(result), expected, { atol: 1e-4, rtol: 0 })
    expect(result.details?.['r2']).toBeCloseTo(1, 6)
    expect(result.details?.['intercept']).toBeCloseTo(10, 4)
    expect(result.details).toMatchObject({ samples: 300, measure: 'score' })
    // spread over the pixels of each part
    expect([result.raw.width, result.raw.height]).toEqual([8, 8])
    const corners = [0, 7, 56, 63].map((at) => result.raw.data[at] as number)
    expectClose(corners, expected, { atol: 1e-4, rtol: 0 })
  })

  test('LIME shrinks its weights by the penalty', async () => {
    const free = weights(await why('lime', { ridge: 0, samples: 300 }))
    const bound = weights(await why('lime', { ridge: 20, samples: 300 }))
    bound.forEach((weight, i) => expect(Math.abs(weight)).toBeLessThan(0.95 * Math.abs(free[i] as number)))
  })

  test("a tree of LIME finds each part's share of the variance", async () => {
    const result = await why('lime', { model: 'tree', samples: 2000, kernel: 'none' })
    const squares = expected.map((weight) => weight ** 2)
    const total = squares.reduce((a, b) => a + b, 0)
    expectClose(
      weights(result),
      squares.map((square) => square / total),
      { atol: 0.03, rtol: 0 },
    )
    expect(result.details?.['r2']).toBeCloseTo(1, 6)
  })

  test('KernelSHAP finds its weights', async () => {
    const result = await why('kernel-shap', {})
    expectClose(weights(result), expected, { atol: 1e-4, rtol: 0 })
    expect(result.details).toMatchObject({ exact: true, samples: 14 })
  })

  test('parts are told with place and size, the weightiest first', async () => {
    const { details } = await why('lime', { ridge: 0, samples: 300 })
    const [first] = (details?.['features'] ?? []) as WeightedSegment[]
    expect(first).toMatchObject({ index: 3, pixels: 16, box: { left: 4, top: 4, right: 8, bottom: 8 } })
  })
})

/** [N, 1, 2, columns] → Flatten → Gemm → Relu → Gemm: parts work together. */
const mixed = (columns: number, batch: number | string = 'N'): ModelSpec => ({
  inputs: { x: [batch, 1, 2, columns] },
  outputs: { y: [batch, 2] },
  weights: { w1: numbers(1, [2 * columns, 9], -1, 1), b1: numbers(2, [9], -1, 1), w2: numbers(3, [9, 2], -1, 1) },
  nodes: [
    node('Flatten', ['x'], 'flat'),
    node('Gemm', ['flat', 'w1', 'b1'], 'hidden'),
    node('Relu', ['hidden'], 'active'),
    node('MatMul', ['active', 'w2'], 'y'),
  ],
})

/** The first score, computed by loops. */
function mixedScore(pixels: ArrayLike<number>): number {
  const { w1, b1, w2 } = mixed(pixels.length / 2).weights as Record<string, Tensor>
  let y = 0
  for (let j = 0; j < 9; j++) {
    let sum = Number(b1?.data[j])
    for (let i = 0; i < pixels.length; i++) sum += (pixels[i] as number) * Number(w1?.data[i * 9 + j])
    y += Math.max(0, sum) * Number(w2?.data[j * 2])
  }
  return y
}

/** φ_i = Σ_S |S|! (n − |S| − 1)! / n! (y(S ∪ i) − y(S)): Shapley's definition. */
function shapley(pixels: ArrayLike<number>): number[] {
  const n = pixels.length
  const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1))
  const y = Array.from({ length: 2 ** n }, (_, members) => mixedScore(Array.from(pixels, (pixel, i) => ((members >> i) & 1 ? pixel : 0))))
  return Array.from({ length: n }, (_, i) => {
    let value = 0
    for (let members = 0; members < 2 ** n; members++) {
      if ((members >> i) & 1) continue
      const size = Array.from({ length: n }, (__, j) => (members >> j) & 1).reduce((a, b) => a + b, 0)
      value += ((factorial(size) * factorial(n - size - 1)) / factorial(n)) * ((y[members | (1 << i)] as number) - (y[members] as number))
    }
    return value
  })
}

describe('Shapley values', () => {
  const why = (image: Tensor, options: Options): Promise<ExplanationData> =>
    explainOne(buildModel(mixed(image.dims[3] ?? 0)), image, {
      ...{ featureLayer: 'x', method: 'kernel-shap', target: 0, ...post },
      options: { features: image.data.length, segmentation: 'grid', fill: 'zero', ...options },
    })

  test.each([[2], [3], [5]])('two rows of %i pixels, one by one: all coalitions', async (columns) => {
    const image = numbers(9, [1, 1, 2, columns], -2, 2)
    const result = await why(image, {})
    expect(result.details?.['exact']).toBe(true)
    expectClose(weights(result), shapley(image.data as Float32Array), { atol: 2e-5, rtol: 0 })
  })

  test('random coalitions come near, and say how near', async () => {
    const image = numbers(9, [1, 1, 2, 6], -2, 2)
    const exact = shapley(image.data as Float32Array)
    const result = await why(image, { samples: 4000 })
    expect(result.details).toMatchObject({ exact: false, samples: 4000 })
    const range = Math.max(...exact) - Math.min(...exact)
    const error = Math.sqrt(weights(result).reduce((sum, value, i) => sum + (value - (exact[i] as number)) ** 2, 0) / exact.length) / range
    expect(error).toBeLessThan(0.02)
    expect(result.details?.['error']).toBeGreaterThan(error / 3)
    expect(result.details?.['error']).toBeLessThan(error * 3)
  })

  test.each([[{}], [{ samples: 100 }], [{ samples: 60, features: 8 }]])('they sum to y(x) − y(nothing): %o', async (options) => {
    const result = await why(numbers(9, [1, 1, 2, 5], -2, 2), options)
    const { score, baseline } = result.details as { score: number; baseline: number }
    expect(score).toBeCloseTo(result.logit, 5)
    expect(weights(result).reduce((a, b) => a + b, 0)).toBeCloseTo(score - baseline, 9)
  })
})

describe.each(['lime', 'kernel-shap'])('%s', (method) => {
  const free = buildModel(headed())
  const run = (model: Uint8Array, options: Options, more: object = {}): Promise<ExplanationData> =>
    explainOne(model, images(1), { method, target: 1, ...post, options: { features: 16, ...options }, ...more })

  test('the same for a seed, another one for another seed', async () => {
    const [one, again, other] = [
      await run(free, { samples: 64 }),
      await run(free, { samples: 64 }),
      await run(free, { samples: 64 }, { seed: 2 }),
    ]
    expect(again.raw).toEqual(one.raw)
    expect(other.raw.data).not.toEqual(one.raw.data)
  })

  test('batches of one, three and as many as fit give the same map, and stop at the same sample', async () => {
    const fixed = (batch: number): Uint8Array => {
      const spec = headed()
      return buildModel({ ...spec, inputs: { x: [batch, 3, 8, 8] }, outputs: { prob: [batch, 5] } })
    }
    const options = { samples: 1000, tolerance: 0.2 }
    const whole = await run(free, options)
    for (const batch of [1, 3]) {
      const part = await run(fixed(batch), options)
      expectClose(part.raw.data, whole.raw.data, { atol: 1e-5, rtol: 1e-4 })
      expect(part.details?.['samples']).toBe(whole.details?.['samples'])
    }
    expect(whole.details).toMatchObject({ converged: true })
    expect(Number(whole.details?.['samples']) % 256).toBe(0)
    expect(whole.details?.['error']).toBeLessThanOrEqual(0.2)
  })

  test('a probability may be measured', async () => {
    const { details, score } = await run(free, { samples: 64, score: 'probability' })
    expect(details?.['measure']).toBe('softmax')
    expect(details?.['score']).toBeCloseTo(score, 5)
  })

  test('each part may be covered by its own mean, or by a blur', async () => {
    const maps = [await run(free, { samples: 64, fill: 'segment-mean' }), await run(free, { samples: 64, fill: 'blur' })]
    for (const { raw } of maps) expect(raw.data.some((value) => value !== 0)).toBe(true)
  })

  test('more parts than pixels are refused', async () => {
    await expect(run(free, { features: 65 })).rejects.toThrow(expect.objectContaining({ code: 'bad-option' }))
  })

  test('superpixels of huge images are refused before anything is made for them', () => {
    const context = { image: { data: new Float32Array(), channels: 3, height: 4096, width: 4097 } } as RunContext
    const values = resolveOptions({ name: 'lime', options: segmentationOptions })
    expect(() => segmented(context, values)).toThrow(expect.objectContaining({ code: 'bad-option', hint: expect.stringContaining('grid') }))
  })

  test('an aborted run ends', async () => {
    const aborting = new AbortController()
    const progress = (done: number): void => (done >= 32 ? aborting.abort() : undefined)
    await expect(run(free, { samples: 10_000 }, { signal: aborting.signal, progress })).rejects.toMatchObject({ code: 'cancelled' })
  })
})

describe('too few samples', () => {
  const model = buildModel(headed())
  const run = (method: string, options: Options): Promise<ExplanationData> => explainOne(model, images(1), { method, target: 1, options })

  test('no two samples are the same by habit: 300 of them determine 36 parts', async () => {
    const { details } = await run('lime', { features: 36, segmentation: 'grid', samples: 300, ridge: 0 })
    expect(details?.['samples']).toBe(300)
  })

  test('LIME warns, and refuses without a ridge', async () => {
    const { warnings } = await run('lime', { features: 36, segmentation: 'grid', samples: 20 })
    expect(warnings.map(({ code }) => code)).toContain('few-samples')
    await expect(run('lime', { features: 36, segmentation: 'grid', samples: 20, ridge: 0 })).rejects.toThrow(/20 samples do not determine/)
  })

  test('KernelSHAP refuses', async () => {
    await expect(run('kernel-shap', { features: 36, segmentation: 'grid', samples: 20 })).rejects.toThrow(/20 samples do not determine/)
  })
})
