/** @file Pixel gradients on networks that they do not suit, and work that is watched or ended. */
import { describe, expect, test } from 'vitest'
import { castFloat32, float32 } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne } from '../support/explain.ts'
import { completenessOf, model, one, rawOf } from '../support/pixel-maps.ts'
import { headed } from '../support/small-nets.ts'

describe('bad input', () => {
  const codes = async (bytes: Uint8Array, method: string, x = one): Promise<string[]> =>
    (await explainOne(bytes, x, { target: 0, method })).warnings.map(({ code }) => code)

  test('no rectifiers: guided methods say that they are the plain gradient', async () => {
    const spec = headed()
    const smooth = buildModel({
      ...spec,
      nodes: spec.nodes.map((each) => (each.operator === 'Relu' ? { ...each, operator: 'Tanh' } : each)),
    })
    for (const method of ['guided-backprop', 'deconvnet', 'guided-grad-cam']) {
      expect(await codes(smooth, method)).toContain('no-rectifiers')
      expect(await codes(model, method)).not.toContain('no-rectifiers')
    }
    expectClose(
      await rawOf({ method: 'guided-backprop' }, smooth),
      await rawOf({ method: 'saliency' }, smooth),
      { atol: 0, rtol: 0 },
      'plain gradient',
    )
    expect(await codes(smooth, 'saliency')).not.toContain('no-rectifiers')
  })

  test('ReLU6 as a Clip from 0 is a rectifier, a Clip that limits is none', async () => {
    const spec = headed()
    const clipped = (low: number) =>
      buildModel({
        ...spec,
        weights: { ...spec.weights, low: float32([low], []), high: float32([6], []) },
        nodes: spec.nodes.map((each) => (each.operator === 'Relu' ? node('Clip', [...each.inputs, 'low', 'high'], each.outputs) : each)),
      })
    expect(await codes(clipped(0), 'guided-backprop')).not.toContain('no-rectifiers')
    expect(await codes(clipped(-6), 'guided-backprop')).toContain('no-rectifiers')
  })

  test('a quantised network: gradients are as if nothing were rounded, and the way out is named', async () => {
    const spec = headed()
    const rounded = buildModel({
      ...spec,
      weights: { ...spec.weights, scale: float32([0.02], []), zero: { type: 'uint8', dims: [], data: Uint8Array.of(128) } },
      nodes: [
        node('QuantizeLinear', ['x', 'scale', 'zero'], 'q'),
        node('DequantizeLinear', ['q', 'scale', 'zero'], 'r'),
        ...spec.nodes.map((each) => ({ ...each, inputs: each.inputs.map((name) => (name === 'x' ? 'r' : name)) })),
      ],
    })
    for (const method of ['saliency', 'integrated-gradients']) {
      const { warnings } = await explainOne(rounded, one, { target: 0, method })
      const found = warnings.find(({ code }) => code === 'gradient-quantized')
      expect(found?.hint).toContain('occlusion')
    }
    expect(await codes(model, 'saliency')).not.toContain('gradient-quantized')
    // the rounding is before the features: to them the gradient is exact
    expect(await codes(rounded, 'grad-cam')).not.toContain('gradient-quantized')
  })

  test('rounding behind the features: every method that differentiates says so, and no other', async () => {
    const spec = headed()
    const rounded = buildModel({
      ...spec,
      weights: { ...spec.weights, scale: float32([0.02], []), zero: { type: 'uint8', dims: [], data: Uint8Array.of(128) } },
      nodes: spec.nodes.flatMap((each) =>
        each.outputs[0] === 'pooled'
          ? [
              { ...each, outputs: ['mean'] },
              node('QuantizeLinear', ['mean', 'scale', 'zero'], 'q'),
              node('DequantizeLinear', ['q', 'scale', 'zero'], 'pooled'),
            ]
          : [each],
      ),
    })
    for (const method of ['grad-cam', 'finer-cam', 'smooth-grad-cam++', 'saliency']) {
      const { warnings } = await explainOne(rounded, one, { target: 0, method })
      expect(warnings.find(({ code }) => code === 'gradient-quantized')?.hint, method).toContain('recipro-cam')
    }
    for (const method of ['recipro-cam', 'ablation-cam', 'eigen-cam', 'occlusion'])
      expect(await codes(rounded, method), method).not.toContain('gradient-quantized')
  })

  test('no gradient reaches the image', async () => {
    const spec = headed()
    const cut = buildModel({
      ...spec,
      nodes: [
        node('Cast', ['x'], 'whole', { to: 6 }),
        node('Cast', ['whole'], 'r', { to: 1 }),
        ...spec.nodes.map((each) => ({ ...each, inputs: each.inputs.map((name) => (name === 'x' ? 'r' : name)) })),
      ],
    })
    for (const method of ['saliency', 'integrated-gradients', 'deeplift', 'full-grad'])
      await expect(explainOne(cut, one, { target: 0, method, featureLayer: 'features' })).rejects.toMatchObject({ code: 'no-gradient' })
  })

  test('half precision: DeepLIFT finds its references', async () => {
    const spec = headed()
    const half = buildModel({
      ...spec,
      type: 'float16',
      weights: Object.fromEntries(
        Object.entries(spec.weights ?? {}).map(([name, { data, dims }]) => [name, castFloat32(data as Float32Array, 'float16', dims)]),
      ),
    })
    const why = await explainOne(half, one, { target: 0, method: 'deeplift' })
    const { gap, score, baseline } = completenessOf(why)
    expect(Math.abs(gap)).toBeLessThan(0.01 * Math.abs(score - baseline))
    // the plain derivative, which stands in where references are missing, does not add up
    const product = (await rawOf({ method: 'input-x-gradient' }, half)).reduce((a, b) => a + b, 0)
    expect(Math.abs(product - (score - baseline))).toBeGreaterThan(0.02 * Math.abs(score - baseline))
  })

  test('progress is told, and a signal ends the work', async () => {
    const told: number[] = []
    await explainOne(model, one, {
      target: 0,
      method: 'smooth-grad',
      options: { samples: 100 },
      progress: (done, total) => told.push(done / total),
    })
    expect(told.length).toBeGreaterThan(2)
    expect(told.at(-1)).toBe(1)
    const stop = new AbortController()
    const work = explainOne(model, one, {
      ...{ target: 0, method: 'integrated-gradients', options: { steps: 1000 }, signal: stop.signal },
      progress: () => stop.abort(),
    })
    await expect(work).rejects.toMatchObject({ code: 'cancelled' })
  })
})
