/** @file Attributions that add up: to the score, or to its difference to that of a baseline. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { defaultPreprocessing } from '../../src/model/preprocessing.ts'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne, withNetwork } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { completenessOf, model, one, rawOf } from '../support/pixel-maps.ts'
import { count } from '../support/small-nets.ts'
import { headClasses, headed } from '../support/small-nets.ts'

describe('completeness', () => {
  test('integrated gradients: the gap shrinks with the steps, and a rough rule is warned of', async () => {
    const gapOf = async (steps: number, rule: string): Promise<number> => {
      const why = await explainOne(model, one, { target: 0, method: 'integrated-gradients', options: { steps, rule } })
      const { sum, score, baseline, gap } = completenessOf(why)
      expect(score).toBeCloseTo(why.logit, 4)
      expect(gap).toBeCloseTo(sum - (score - baseline), 6)
      const share = Math.abs(gap / (score - baseline))
      // far from the bound, which leaves room for rounding
      expect(Math.abs(share - 0.05)).toBeGreaterThan(0.01)
      expect(why.warnings.some(({ code }) => code === 'incomplete')).toBe(share > 0.05)
      return share
    }
    expect(await gapOf(300, 'midpoint')).toBeLessThan(0.005)
    expect(await gapOf(50, 'gauss-legendre')).toBeLessThan(0.02)
    expect(await gapOf(1, 'left')).toBeGreaterThan(0.05)
  })

  test('the map itself sums to what is reported', async () => {
    for (const method of ['integrated-gradients', 'deeplift', 'gradient-shap']) {
      const why = await explainOne(model, one, { target: 1, method })
      expect(why.raw.data.reduce((a, b) => a + b, 0)).toBeCloseTo(completenessOf(why).sum, 4)
    }
  })

  test('DeepLIFT is exact through Conv, Relu, MaxPool, Gemm, products and quotients', async () => {
    const gated: ModelSpec = {
      inputs: { x: ['N', 3, 8, 8] },
      outputs: { scores: ['N', 4] },
      weights: {
        w: numbers(1, [4, 3, 3, 3], -0.5, 0.5),
        b: numbers(2, [4], 0, 0.5),
        g: numbers(3, [4, 4, 1, 1], -1, 1),
        two: float32([2], []),
        small: float32([0.1], []),
      },
      nodes: [
        node('Conv', ['x', 'w', 'b'], 'c', { pads: [1, 1, 1, 1] }),
        // x · σ(x), a gate per channel, and x / √(mean x² + 0.1)
        node('Sigmoid', ['c'], 's'),
        node('Mul', ['c', 's'], 'swish'),
        node('GlobalAveragePool', ['swish'], 'm'),
        node('Conv', ['m', 'g'], 'gate0'),
        node('HardSigmoid', ['gate0'], 'gate'),
        node('Mul', ['swish', 'gate'], 'gated'),
        node('Pow', ['gated', 'two'], 'squares'),
        node('ReduceMean', ['squares'], 'power', { axes: [1] }),
        node('Add', ['power', 'small'], 'above'),
        node('Sqrt', ['above'], 'norm'),
        node('Div', ['gated', 'norm'], 'normed'),
        // the largest of each channel, twice
        node('GlobalMaxPool', ['normed'], 'pooled'),
        node('ReduceMax', ['normed'], 'largest', { axes: [2, 3] }),
        node('Add', ['pooled', 'largest'], 'both'),
        node('Flatten', ['both'], 'scores'),
      ],
    }
    for (const bytes of [model, buildModel(gated)]) {
      for (const baseline of ['zero', 'mean', 'blur']) {
        const why = await explainOne(bytes, one, { target: 2, method: 'deeplift', options: { baseline } })
        const { gap, score, baseline: before } = completenessOf(why)
        expect(Math.abs(gap)).toBeLessThan(1e-4 * Math.abs(score - before))
        expect(why.warnings).toEqual([])
      }
    }
  })

  test('DeepLIFT says where it is not exact', async () => {
    const spec = headed()
    const bytes = buildModel({
      ...spec,
      nodes: [...spec.nodes, node('Mul', ['prob', 'prob'], 'squares')],
      outputs: { squares: ['N', headClasses] },
    })
    const why = await explainOne(bytes, one, { target: 2, method: 'deeplift', reductionLayer: 'squares' })
    expect(why.warnings.map(({ code }) => code)).toContain('incomplete')
  })

  test('FullGrad: input and biases of Sub, Conv, BatchNormalization, Add, Gemm make up the score', async () => {
    const biased = buildModel({
      inputs: { x: ['N', 3, 8, 8] },
      outputs: { scores: ['N', 5] },
      weights: {
        mean: numbers(1, [1, 3, 1, 1], 0.2, 0.5),
        w: numbers(2, [4, 3, 3, 3], -0.5, 0.5),
        b: numbers(3, [4], 0, 0.5),
        ...{
          scale: numbers(4, [4], 0.5, 2),
          shift: numbers(5, [4], -0.5, 0.5),
          mu: numbers(6, [4], -0.5, 0.5),
          variance: numbers(7, [4], 0.5, 2),
        },
        m: numbers(8, [4, 6], -1, 1),
        mb: numbers(9, [6], -1, 1),
        fc: numbers(10, [5, 6], -1, 1),
        fcb: numbers(11, [5], -1, 1),
      },
      nodes: [
        node('Sub', ['x', 'mean'], 'centred'),
        node('Conv', ['centred', 'w', 'b'], 'c', { pads: [1, 1, 1, 1] }),
        node('BatchNormalization', ['c', 'scale', 'shift', 'mu', 'variance'], 'n'),
        node('Relu', ['n'], 'a'),
        node('GlobalAveragePool', ['a'], 'p'),
        node('Flatten', ['p'], 'f'),
        node('MatMul', ['f', 'm'], 'h0'),
        node('Add', ['h0', 'mb'], 'h1'),
        node('Relu', ['h1'], 'h'),
        node('Gemm', ['h', 'fc', 'fcb'], 'scores', { transB: 1, beta: { float: 0.5 } }),
      ],
    })
    for (const bytes of [biased, model]) {
      const why = await explainOne(bytes, one, { target: 1, method: 'full-grad' })
      const { gap, score } = completenessOf(why)
      expect(score).toBeCloseTo(why.logit, 5)
      expect(Math.abs(gap)).toBeLessThan(1e-4 * Math.abs(score))
      const parts = why.details?.['parts'] as { input: number; biases: number }
      expect(Math.abs(parts.biases)).toBeGreaterThan(1e-2)
      expect(why.warnings).toEqual([])
    }
  })

  test('relevance of a network without biases is the score; with ε → 0 it is input × gradient', async () => {
    const spec = headed()
    const without = buildModel({
      ...spec,
      nodes: spec.nodes.map((each) => (['Conv', 'Gemm'].includes(each.operator) ? { ...each, inputs: each.inputs.slice(0, 2) } : each)),
    })
    for (const rule of ['epsilon', 'gamma', 'z-plus', 'epsilon-plus', 'epsilon-gamma']) {
      const why = await explainOne(without, one, { target: 1, method: 'lrp', options: { rule } })
      expect(why.raw.data.reduce((a, b) => a + b, 0) / why.logit).toBeCloseTo(1, 3)
    }
    const epsilon = await rawOf({ method: 'lrp', options: { rule: 'epsilon', epsilon: 1e-9 } })
    const product = await rawOf({ method: 'input-x-gradient' })
    expectClose(epsilon, product, { atol: 1e-4, rtol: 1e-3 }, 'relevance')
  })

  test('gradient SHAP without noise comes to integrated gradients', async () => {
    const shap = await rawOf({ method: 'gradient-shap', options: { samples: 500, noise: 0 } })
    const integrated = await rawOf({ method: 'integrated-gradients', options: { steps: 500, rule: 'midpoint' } })
    const largest = integrated.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expectClose(shap, integrated, { atol: 0.02 * largest, rtol: 0 }, 'map')
  })
})

describe('baselines', () => {
  const preprocessing = { scale: 1 / 255, mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.5] }
  const baselineScore = async (baseline: string, preprocessed: boolean): Promise<number> => {
    const about = preprocessed ? { preprocessing: { ...defaultPreprocessing({ height: 8, width: 8, channels: 3 }), ...preprocessing } } : {}
    const why = await withNetwork(
      model,
      (network) =>
        network.explain(
          { tensor: one, region: undefined, photo: undefined },
          { target: 0, method: 'integrated-gradients', options: { baseline, steps: 1 } },
        ),
      about,
    )
    return completenessOf(why[0]?.[0] as ExplanationData).baseline
  }
  const scoreOf = async (values: readonly number[]): Promise<number> => {
    const flat = float32(
      count(192).map((i) => values[Math.floor(i / 64)] as number),
      [1, 3, 8, 8],
    )
    return (await explainOne(model, flat, { target: 0 })).logit
  }

  test('zero, black and white are those of the preprocessing', async () => {
    expect(await baselineScore('zero', true)).toBeCloseTo(await scoreOf([0, 0, 0]), 5)
    expect(await baselineScore('black', true)).toBeCloseTo(await scoreOf([-2.5, -1.6, -0.6]), 4)
    expect(await baselineScore('white', true)).toBeCloseTo(await scoreOf([2.5, 2.4, 1.4]), 4)
  })

  test('black is refused where it is not known', async () => {
    await expect(baselineScore('black', false)).rejects.toMatchObject({
      code: 'bad-option',
      hint: expect.stringContaining('mean') as string,
    })
  })

  test('a blurred even image is that image', async () => {
    const even = float32(new Float32Array(192).fill(0.7), [1, 3, 8, 8])
    const why = await explainOne(model, even, { target: 0, method: 'integrated-gradients', options: { baseline: 'blur', steps: 2 } })
    expect(completenessOf(why).baseline).toBeCloseTo(completenessOf(why).score, 5)
    // nothing is to be shared out: what rounding leaves is no gap
    expect(why.warnings.map(({ code }) => code)).not.toContain('incomplete')
  })
})
