/** @file The CAM family: identities between its methods, what all of them keep to, refusals. */
import { describe, expect, test } from 'vitest'
import { camMethods } from '../../src/method/cam/methods.ts'
import { isGraphMethod } from '../../src/method/definition.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, explainOne } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { bare, exact, raws } from '../support/raw-maps.ts'
import { refusal } from '../support/refusal.ts'
import { headChannels, headClasses, headed, images } from '../support/small-nets.ts'

const classes = Array.from({ length: headClasses }, (_, i) => i)

describe('behind global average pooling and a linear layer', () => {
  const spec = headed()
  const model = buildModel(spec)
  const x = images(1)
  const of = (method: string, options: ExplainOptions = {}) => raws(model, x, { target: classes, method, ...options })

  test('CAM = Z·Grad-CAM = Z·HiRes-CAM = Z·XGrad-CAM', async () => {
    const expected = await of('cam')
    expect(expected.flatMap((map) => Array.from(map)).some((value) => value < -0.1)).toBe(true)
    for (const method of ['grad-cam', 'hires-cam', 'xgrad-cam', 'shapley-cam']) {
      const maps = await of(method)
      maps.forEach((map, c) =>
        expectClose(
          map.map((value) => 16 * value),
          expected[c] ?? [],
          { atol: 1e-4, rtol: 1e-4 },
          `${method}, class ${c}`,
        ),
      )
    }
  })

  test('CAM of the weights themselves: its mean over the places is the logit without the bias', async () => {
    const [results = []] = await explainAll(model, x, { ...bare, target: classes, method: 'cam' })
    const bias = spec.weights?.['fcb']?.data as Float32Array
    results.forEach(({ raw, logit }, c) => {
      expect(raw.data.reduce((sum, value) => sum + value, 0) / 16).toBeCloseTo(logit - (bias[c] ?? 0), 4)
    })
  })

  test.each([
    ['a 1×1 convolution before the pooling', convolutionBefore(spec)],
    ['a 1×1 convolution after it, and MatMul without Gemm', convolutionAfter(spec)],
    ['averages rounded to 8 bits', quantizedHead(spec)],
  ])('the same with %s', async (_, other) => {
    const expected = await of('cam')
    const maps = await raws(buildModel(other), x, { target: classes, method: 'cam', featureLayer: 'features' })
    maps.forEach((map, c) => expectClose(map, expected[c] ?? [], { atol: 1e-4, rtol: 1e-4 }))
  })

  test('a class map of its own for every class, as in SqueezeNet: the map is that channel', async () => {
    const other = convolutionBefore(spec)
    const classMap = buildModel({
      ...other,
      nodes: other.nodes
        .map((each) => (each.outputs[0] === 'classes' ? node('Conv', ['features', 'kernel', 'fcb'], 'raw') : each))
        .flatMap((each) => (each.outputs[0] === 'raw' ? [each, node('Relu', ['raw'], 'classes')] : [each])),
    })
    const [results = []] = await explainAll(classMap, x, { ...bare, target: classes, method: ['cam', 'grad-cam'] })
    expect(results[0]?.featureLayer).toBe('classes')
    // y_c is the mean of the channel, which is the map
    for (const { method, raw, logit } of results.filter((why) => why.method === 'cam')) {
      expect(method).toBe('cam')
      expect(raw.data.reduce((sum, value) => sum + value, 0) / 16).toBeCloseTo(logit, 4)
    }
  })

  test('Grad-CAM++ where the gradient is w/Z everywhere: Σ ReLU(w)/(2 + w·mean A)·A', async () => {
    const [gradCam, plus] = [await of('cam'), await of('grad-cam++')]
    expect(plus.length).toBe(gradCam.length)
    const features = await featuresOf(model, x)
    const weights = spec.weights?.['fc']?.data as Float32Array
    plus.forEach((map, c) => {
      const expected = new Float64Array(16)
      for (let k = 0; k < headChannels; k++) {
        const channel = features.slice(k * 16, (k + 1) * 16)
        const w = weights[c * headChannels + k] ?? 0
        const mean = channel.reduce((sum, value) => sum + value, 0) / 16
        channel.forEach((value, i) => (expected[i] = (expected[i] ?? 0) + (Math.max(0, w) / (2 + w * mean)) * value))
      }
      expectClose(map, expected, { atol: 1e-4, rtol: 1e-4 }, `class ${c}`)
    })
  })

  test('Smooth Grad-CAM++ without noise is Grad-CAM++', async () => {
    const expected = await of('grad-cam++')
    const smooth = await of('smooth-grad-cam++', { options: { noise: 0, samples: 2 } })
    smooth.forEach((map, c) => expectClose(map, expected[c] ?? [], { atol: 1e-4, rtol: 1e-4 }))
  })

  test('Smooth Grad-CAM++ of a gradient that noise does not change is Grad-CAM++', async () => {
    const expected = await of('grad-cam++')
    const smooth = await of('smooth-grad-cam++', { options: { samples: 3 } })
    smooth.forEach((map, c) => expectClose(map, expected[c] ?? [], { atol: 1e-4, rtol: 1e-4 }))
  })

  test('Finer-CAM with γ = 0 is Grad-CAM; with all other classes it is Grad-CAM of y_c − γ·their mean', async () => {
    const maps = await of('grad-cam')
    const none = await of('finer-cam', { options: { gamma: 0 } })
    const all = await of('finer-cam', { options: { gamma: 0.5, classes: 64 } })
    maps.forEach((map, c) => {
      expectClose(none[c] ?? [], map, exact)
      const expected = map.map((value, i) => value - 0.5 * (maps.reduce((sum, each, k) => sum + (k === c ? 0 : (each[i] ?? 0)), 0) / 4))
      expectClose(all[c] ?? [], expected, exact)
    })
  })

  test('Finer-CAM compares with the class whose score is nearest', async () => {
    const [results = []] = await explainAll(model, x, { ...bare, target: classes, method: 'grad-cam' })
    const mine = await of('finer-cam', { options: { gamma: 1, classes: 1 } })
    results.forEach(({ raw, logit }, c) => {
      const others = results.filter((_, k) => k !== c)
      const nearest = others.reduce((best, each) => (Math.abs(each.logit - logit) < Math.abs(best.logit - logit) ? each : best))
      expectClose(
        mine[c] ?? [],
        raw.data.map((value, i) => value - (nearest.raw.data[i] ?? 0)),
        exact,
      )
    })
  })
})

describe('scores of known degree in the features: H·A = (d − 1)·G', () => {
  const spec = headed()
  const powered = (steps: ModelSpec['nodes'], last: string): Uint8Array =>
    buildModel({
      ...spec,
      nodes: spec.nodes.flatMap((each) =>
        each.operator === 'GlobalAveragePool' ? [...steps, node('GlobalAveragePool', [last], 'pooled')] : [each],
      ),
    })
  const options = { target: 2, featureLayer: 'features' } as const

  test('squares: Shapley-CAM is half of Grad-CAM', async () => {
    const model = powered([node('Mul', ['features', 'features'], 'squares')], 'squares')
    const [gradCam] = await raws(model, images(1), options)
    const [shapley] = await raws(model, images(1), { ...options, method: 'shapley-cam' })
    expect(Math.max(...(gradCam ?? []).map(Math.abs))).toBeGreaterThan(0.1)
    expectClose(
      shapley ?? [],
      (gradCam ?? []).map((value) => value / 2),
      exact,
    )
  })

  test('cubes: it is zero', async () => {
    const model = powered([node('Mul', ['features', 'features'], 'squares'), node('Mul', ['squares', 'features'], 'cubes')], 'cubes')
    const [gradCam] = await raws(model, images(1), options)
    const [shapley] = await raws(model, images(1), { ...options, method: 'shapley-cam' })
    expect(Math.max(...(gradCam ?? []).map(Math.abs))).toBeGreaterThan(0.1)
    expectClose(shapley ?? [], new Float32Array(16), { atol: 1e-5, rtol: 0 })
  })
})

describe('all of the family', () => {
  const model = buildModel(headed())

  test.each(camMethods.map(({ name }) => name))('%s: a batch equals its singles, and a seed its repetition', async (method) => {
    const both = await explainAll(model, images(2), { method, target: 1, ...bare, options: optionsFor(method) })
    const again = await explainAll(model, images(2), { method, target: 1, ...bare, options: optionsFor(method) })
    for (const n of [0, 1]) {
      const one = await explainOne(model, item(images(2), n), { method, target: 1, ...bare, options: optionsFor(method) })
      const largest = Math.max(...one.raw.data.map(Math.abs), 1e-3)
      expectClose(both[n]?.[0]?.raw.data ?? [], one.raw.data, { atol: 2e-4 * largest, rtol: 0 }, `image ${n}`)
      expect(both[n]?.[0]?.raw.data).toEqual(again[n]?.[0]?.raw.data)
    }
  })
})

describe('all of the family that is nodes', () => {
  const graphs = camMethods.filter(isGraphMethod).map(({ name }) => name)

  test.each([8, 11, 18])('opset %i gives the maps of opset 13', async (opset) => {
    const options = { method: graphs, target: 1, ...bare }
    const [expected = []] = await explainAll(buildModel(headed()), images(1), options)
    const [results = []] = await explainAll(buildModel(headed(opset)), images(1), options)
    expect(results.map(({ method }) => method)).toEqual(graphs)
    results.forEach(({ raw, method }, i) => expectClose(raw.data, expected[i]?.raw.data ?? [], { atol: 1e-4, rtol: 1e-4 }, method))
  })

  test('two targets of two images are those of four runs', async () => {
    const all = await explainAll(buildModel(headed()), images(2), { method: graphs, target: [0, 3], ...bare })
    const [alone = []] = await explainAll(buildModel(headed()), item(images(2), 1), { method: graphs, target: 3, ...bare })
    const last = (all[1] ?? []).slice(graphs.length)
    last.forEach(({ raw, method, index }, i) => {
      expect([method, index]).toEqual([graphs[i], 3])
      expectClose(raw.data, alone[i]?.raw.data ?? [], { atol: 1e-4, rtol: 1e-3 }, method)
    })
  })
})

describe('heads that CAM does not have', () => {
  test.each<[string, ModelSpec['nodes'], RegExp]>([
    [
      'a hidden layer',
      [node('GlobalAveragePool', ['features'], 'pooled'), node('Flatten', ['pooled'], 'fl'), node('Relu', ['fl'], 'flat')],
      /Relu node flat\/node is not linear/,
    ],
    [
      'no pooling',
      [node('MaxPool', ['features'], 'pooled', { kernel_shape: [4, 4] }), node('Flatten', ['pooled'], 'flat')],
      /MaxPool node pooled\/node is not linear/,
    ],
    [
      'pooling of a part',
      [node('AveragePool', ['features'], 'part', { kernel_shape: [2, 4] }), node('ReduceSum', ['part', 'axes'], 'flat', { keepdims: 0 })],
      /does not average over all places/,
    ],
  ])('%s is refused by name', async (_, head, message) => {
    const spec = headed()
    const at = spec.nodes.findIndex(({ operator }) => operator === 'GlobalAveragePool')
    const model = buildModel({
      ...spec,
      weights: { ...spec.weights, axes: { type: 'int64', dims: [2], data: BigInt64Array.of(2n, 3n) } },
      nodes: [...spec.nodes.slice(0, at), ...head, ...spec.nodes.slice(at + 2)],
    })
    const error = await refusal(() => explainOne(model, images(1), { method: 'cam', target: 0, featureLayer: 'features' }))
    expect(error).toMatchObject({ code: 'unsupported-model' })
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(/grad-cam/)
  })

  test('a weight for every place', async () => {
    const model = buildModel({
      inputs: { x: [1, 3, 1, 4] },
      outputs: { y: [1, 1] },
      weights: { w: numbers(3, [12, 1]) },
      nodes: [node('Relu', ['x'], 'f'), node('Flatten', ['f'], 'flat'), node('MatMul', ['flat', 'w'], 'y')],
    })
    const error = await refusal(() => explainOne(model, numbers(4, [1, 3, 1, 4]), { method: 'cam', target: 0, featureLayer: 'f' }))
    expect(error.message).toMatch(/a weight for every place/)
  })

  test('Finer-CAM of a network with a single output', async () => {
    const model = buildModel({
      inputs: { x: [1, 3, 1, 4] },
      outputs: { y: [1, 1] },
      weights: { w: numbers(3, [12, 1]) },
      nodes: [node('Relu', ['x'], 'f'), node('Flatten', ['f'], 'flat'), node('MatMul', ['flat', 'w'], 'y')],
    })
    const error = await refusal(() => explainOne(model, numbers(4, [1, 3, 1, 4]), { method: 'finer-cam', target: 0, featureLayer: 'f' }))
    expect(error.message).toMatch(/finer-cam compares classes/)
  })
})

function optionsFor(method: string): Record<string, number> {
  if (method === 'smooth-grad-cam++') return { samples: 3 }
  return method === 'dff' ? { components: 2 } : {}
}

function item({ type, dims, data }: Tensor, n: number): Tensor {
  const size = data.length / (dims[0] ?? 1)
  return { type, dims: [1, ...dims.slice(1)], data: data.slice(n * size, (n + 1) * size) }
}

/** The linear layer as a 1×1 convolution in front of the pooling. */
function convolutionBefore(spec: ModelSpec): ModelSpec {
  const at = spec.nodes.findIndex(({ operator }) => operator === 'GlobalAveragePool')
  return {
    ...spec,
    weights: { ...spec.weights, kernel: float32(spec.weights?.['fc']?.data as Float32Array, [headClasses, headChannels, 1, 1]) },
    nodes: [
      ...spec.nodes.slice(0, at),
      node('Conv', ['features', 'kernel', 'fcb'], 'classes', { kernel_shape: [1, 1] }),
      node('GlobalAveragePool', ['classes'], 'pooled'),
      node('Flatten', ['pooled'], 'logits'),
      node('Softmax', ['logits'], 'prob', { axis: 1 }),
    ],
  }
}

/** The linear layer as a 1×1 convolution behind the pooling, followed by a product with the unit matrix. */
function convolutionAfter(spec: ModelSpec): ModelSpec {
  const before = convolutionBefore(spec)
  const at = before.nodes.findIndex(({ operator }) => operator === 'GlobalAveragePool')
  const unit = Float32Array.from({ length: headClasses ** 2 }, (_, i) => (i % (headClasses + 1) === 0 ? 1 : 0))
  return {
    ...before,
    weights: { ...before.weights, unit: float32(unit, [headClasses, headClasses]) },
    nodes: [
      ...before.nodes.slice(0, at - 1),
      node('ReduceMean', ['features'], 'pooled', { axes: [2, 3], keepdims: 1 }),
      node('Conv', ['pooled', 'kernel', 'fcb'], 'classes', { kernel_shape: [1, 1] }),
      node('Flatten', ['classes'], 'flat'),
      node('MatMul', ['flat', 'unit'], 'logits'),
      node('Softmax', ['logits'], 'prob', { axis: 1 }),
    ],
  }
}

/** The averages as 8-bit levels of 0.1, which the gradient passes as if they were not rounded. */
const quantizedHead = (spec: ModelSpec): ModelSpec => ({
  ...spec,
  weights: { ...spec.weights, scale: float32([0.1], []), zero: { type: 'uint8', dims: [], data: Uint8Array.of(0) } },
  nodes: spec.nodes.flatMap((each) =>
    each.operator === 'Flatten'
      ? [
          node('QuantizeLinear', ['pooled', 'scale', 'zero'], 'levels'),
          node('DequantizeLinear', ['levels', 'scale', 'zero'], 'rounded'),
          node('Flatten', ['rounded'], 'flat'),
        ]
      : [each],
  ),
})

/** The features themselves: the gradient of their sum is 1, so that HiRes-CAM of each channel is it. */
async function featuresOf(model: Uint8Array, x: Tensor): Promise<number[]> {
  const { deriveModel } = await import('../../src/graph/derive.ts')
  const { readModel } = await import('../../src/graph/model.ts')
  const { runtime } = await import('../support/explain.ts')
  const session = await runtime.open(deriveModel(readModel(model), { outputs: ['features'] }))
  const run = await session.run({ x })
  await session.release()
  return Array.from(run['features']?.data as Float32Array)
}
