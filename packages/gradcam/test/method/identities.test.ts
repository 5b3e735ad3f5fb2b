/** @file What must hold whatever the weights: numbers worked out by hand, and identities between maps (METHODS.md). */
import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/graph/model.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, explainOne, layersOf, runtime } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { byHand, count, headChannels, headClasses, headed, images } from '../support/small-nets.ts'

const exact = { atol: 1e-5, rtol: 1e-5 }

describe('numbers worked out by hand', () => {
  const model = buildModel(byHand)
  const x = float32(count(16), [1, 1, 4, 4])
  const options = { target: 0, activation: 'none', upsample: 'none', normalize: 'none' } as const

  test.each([
    ['conv', [11.25, 13.5, 20.25, 22.5]],
    ['relu', [0, 4, 28, 32.5]],
    ['x', count(16).map((value) => 0.5625 * value)],
  ])('Grad-CAM at %s', async (featureLayer, expected) => {
    const why = await explainOne(model, x, { ...options, featureLayer })
    expect(Array.from(why.raw.data)).toEqual(expected)
    expect(Array.from(why.map.data)).toEqual(expected)
    expect(why.logit).toBe(54)
  })

  test('the Relu is found by itself, not the one at the end, which has no places', async () => {
    expect((await layersOf(model)).feature.name).toBe('relu')
  })
})

describe('a linear head behind global average pooling', () => {
  const spec = headed()
  const model = buildModel(spec)
  const x = images(1)
  const all = { target: count(headClasses), upsample: 'none', normalize: 'none', activation: 'none' } as const

  test('Grad-CAM = CAM / Z: Σ_k w_ck A_k over the number of places', async () => {
    const features = await tensorOf(model, 'features', x)
    const weights = spec.weights?.['fc']?.data as Float32Array
    const [results = []] = await explainAll(model, x, all)
    expect(results.map(({ index }) => index)).toEqual(count(headClasses))
    results.forEach(({ raw }, c) => {
      const cam = new Float64Array(16)
      for (let k = 0; k < headChannels; k++)
        for (let i = 0; i < 16; i++) cam[i] = (cam[i] ?? 0) + ((weights[c * headChannels + k] ?? 0) * (features[k * 16 + i] ?? 0)) / 16
      expectClose(raw.data, cam, exact, `class ${c}`)
    })
  })

  test('a softmax as reduction layer: p_c (L_c − Σ_k p_k L_k) of the maps L of the logits', async () => {
    const [logits = []] = await explainAll(model, x, all)
    const [probabilities = []] = await explainAll(model, x, { ...all, reductionLayer: 'prob' })
    const p = logits.map(({ score }) => score)
    expect(p.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6)
    probabilities.forEach(({ raw, score, scoreKind }, c) => {
      const expected = Float64Array.from(raw.data, (_, i) => {
        const mean = logits.reduce((sum, each, k) => sum + (p[k] ?? 0) * (each.raw.data[i] ?? 0), 0)
        return (p[c] ?? 0) * ((logits[c]?.raw.data[i] ?? 0) - mean)
      })
      expectClose(raw.data, expected, { atol: 1e-7, rtol: 1e-4 }, `class ${c}`)
      expect([score, scoreKind]).toEqual([expect.closeTo(p[c] ?? 0, 6), 'probability'])
    })
  })

  test('logits behind the softmax by default; scores are its probabilities', async () => {
    const why = await explainOne(model, x)
    expect([why.reductionLayer, why.featureLayer]).toEqual(['logits', 'features'])
    const prob = await tensorOf(model, 'prob', x)
    expect(why.score).toBeCloseTo(prob[why.index ?? -1] ?? 0, 6)
    expect(why.score).toBe(Math.max(...prob.map((value) => Math.fround(value))))
  })
})

test('a sigmoid per class: probabilities are its own, the logits are differentiated', async () => {
  const spec = headed()
  const nodes = spec.nodes.map((each) => (each.operator === 'Softmax' ? node('Sigmoid', ['logits'], 'prob') : each))
  const why = await explainOne(buildModel({ ...spec, nodes }), images(1), { target: 2 })
  expect(why.reductionLayer).toBe('logits')
  expect(why.score).toBeCloseTo(1 / (1 + Math.exp(-why.logit)), 6)
})

test('a reduction layer with places: the score is their sum, and so is its gradient', async () => {
  // class maps straight from a 1×1 convolution: dy/dA_k is the weight itself everywhere
  const weights = numbers(21, [2, 3, 1, 1])
  const model = buildModel({
    inputs: { x: [1, 3, 4, 5] },
    outputs: { classes: [1, 2, 4, 5] },
    weights: { w: weights },
    nodes: [node('Relu', ['x'], 'features'), node('Conv', ['features', 'w'], 'classes')],
  })
  const x = numbers(22, [1, 3, 4, 5])
  const why = await explainOne(model, x, { target: 1, upsample: 'none', normalize: 'none' })
  const expected = Float64Array.from({ length: 20 }, (_, i) =>
    [0, 1, 2].reduce((sum, k) => sum + Number(weights.data[3 + k]) * Math.max(0, Number(x.data[k * 20 + i])), 0),
  )
  expectClose(why.raw.data, expected, exact)
  expect(why.logit).toBeCloseTo(
    expected.reduce((a, b) => a + b, 0),
    4,
  )
})

/** A tensor of a model with the input `x`, by a plain run that has it as output. */
async function tensorOf(bytes: Uint8Array, name: string, x: Tensor): Promise<number[]> {
  const { deriveModel } = await import('../../src/graph/derive.ts')
  const session = await runtime.open(deriveModel(readModel(bytes), { outputs: [name] }))
  const run = await session.run({ x })
  await session.release()
  return Array.from(run[name]?.data as Float32Array)
}
