/** @file All classes of a network at once: each must get what it would get alone. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { reductionOf } from '../../src/contract/reduction.ts'
import { chooseLayers } from '../../src/graph/layers.ts'
import { learnTensorInfo } from '../../src/graph/learn-tensor-info.ts'
import { explainable } from '../../src/contract/explainable.ts'
import { imageInputOf } from '../../src/explain/inputs.ts'
import { isGraphMethod } from '../../src/method/definition.ts'
import { methods } from '../../src/method/method.ts'
import { forwardModel } from '../../src/run/forward-model.ts'
import { BatchDependent } from '../../src/run/shared-features.ts'
import { readModel } from '../../src/graph/model.ts'
import { classObjective, fedClassObjective } from '../../src/objective/kinds/class.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose, type Tolerance } from '../support/close.ts'
import { explainAll, runtime } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { loadNet } from '../support/golden-nets.ts'
import { describeShared } from '../support/shared.ts'
import { headChannels, headClasses, headed, images } from '../support/small-nets.ts'

const model = buildModel(headed())
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const graphMethods = methods.filter(isGraphMethod).map(({ name }) => name)

/** Relative to the largest value of the map. */
const within = (values: Float32Array, part: number): Tolerance => ({ atol: part * Math.max(...values.map(Math.abs), 1e-9), rtol: part })

function expectSame(actual: readonly ExplanationData[] | undefined, expected: readonly ExplanationData[] | undefined, what = ''): void {
  expect(actual?.length).toBe(expected?.length)
  expected?.forEach((alone, t) => {
    const together = actual?.[t] as ExplanationData
    const { raw, map, provenance, warnings, index, label, scoreKind } = together
    const { raw: rawAlone, map: mapAlone, ...others } = alone
    expect(others).toMatchObject({ provenance, warnings, index, label, scoreKind })
    for (const name of ['score', 'logit'] as const) expect(together[name]).toBeCloseTo(alone[name], 4)
    expect(together.top.map((best) => best.index)).toEqual(alone.top.map((best) => best.index))
    expect([raw.width, raw.height, map.width, map.height]).toEqual([rawAlone.width, rawAlone.height, mapAlone.width, mapAlone.height])
    expectClose(raw.data, rawAlone.data, within(rawAlone.data, 1e-4), `${what} raw, class ${alone.index}`)
    expectClose(map.data, mapAlone.data, within(mapAlone.data, 1e-3), `${what} map, class ${alone.index}`)
  })
}

describe.each(graphMethods)('%s', (method) => {
  test.each(['none', 'bicubic'] as const)('a linear head, upsampling %s: all classes of a batch equal their singles', async (upsample) => {
    const batch = images(2)
    const together = await explainAll(model, batch, { method, target: 'all', upsample })
    const alone = await explainAll(model, batch, { method, target: count(headClasses), upsample })
    expect(together.length).toBe(2)
    together.forEach((row, n) => expectSame(row, alone[n]))
    expect(new Set(together.flat().map(({ index }) => index)).size).toBe(headClasses)
  })

  test('a batch that is fixed at one', async () => {
    const fixed = buildModel({ ...headed(), inputs: { x: [1, 3, 8, 8] }, outputs: { prob: [1, headClasses] } })
    const options = { method, upsample: 'none' } as const
    const together = await explainAll(fixed, images(1), { ...options, target: 'all' })
    expectSame(together[0], (await explainAll(fixed, images(1), { ...options, target: count(headClasses) }))[0])
  })
})

describeShared('networks', 'golden/nets/index.json', () => {
  test.each(['vgg', 'squeezenet', 'densenet', 'vit', 'swin', 'mobilenet_v3', 'two_input', 'shufflenet_v2'])('%s', async (name) => {
    const net = loadNet(name)
    const [image = '', ...others] = Object.keys(net.inputs)
    const inputs = Object.fromEntries(others.map((each) => [each, net.inputs[each] as Tensor]))
    const options = { inputs, upsample: 'none', featureLayer: net.features.tensor } as const
    const together = await explainAll(net.model, net.inputs[image] as Tensor, { ...options, target: 'all' })
    const classes = together[0]?.length ?? 0
    expect(classes).toBeGreaterThan(2)
    const alone = await explainAll(net.model, net.inputs[image] as Tensor, { ...options, target: count(classes) })
    together.forEach((row, n) => expectSame(row, alone[n], name))
  })

  test.each([
    ['mnasnet', true],
    ['vgg', false],
    ['vit', false],
  ])('%s: whether one image’s features serve all classes: %s', async (name, shared) => {
    const net = loadNet(name)
    const read = readModel(net.model)
    const input = imageInputOf(explainable(read).input)
    const info = await learnTensorInfo(read, runtime, { [input.name]: net.inputs[input.name]?.dims ?? [] })
    const layers = chooseLayers(read.graph, info, { featureLayer: net.features.tensor }, reductionOf(read.graph, info))
    const make = (): unknown =>
      forwardModel(
        { model: read, info, layers, image: input, objective: classObjective(layers.reduction, 0, '') },
        {
          ...{ key: '', shared: true, feeds: { index: { shape: [], each: true } } },
          objective: (fed) => fedClassObjective(layers.reduction, fed('index')),
          outputs: ({ gradient }) => ({ gradient }),
        },
      )
    if (shared) expect(make).not.toThrow()
    else expect(make).toThrow(BatchDependent)
  })
})

test('maps stay at feature size unless upsampling is asked for', async () => {
  const sizes = async (upsample: 'bilinear' | undefined): Promise<number[]> => {
    const [row = []] = await explainAll(model, images(1), { target: 'all', ...(upsample ? { upsample } : {}) })
    return row.map(({ map }) => map.width)
  }
  expect(await sizes(undefined)).toEqual(count(headClasses).map(() => 4))
  expect(await sizes('bilinear')).toEqual(count(headClasses).map(() => 8))
})

test('a long list of classes is upsampled as usual, and classes may come twice', async () => {
  const target = count(20).map((i) => (3 * i) % headClasses)
  const [together = []] = await explainAll(model, images(1), { target })
  const [alone = []] = await explainAll(model, images(1), { target: count(headClasses) })
  expectSame(
    together,
    target.map((index) => alone[index] as ExplanationData),
  )
})

test('all beside other targets, in their order', async () => {
  const [row = []] = await explainAll(model, images(1), { target: [2, 'all', 1], upsample: 'none' })
  expect(row.map(({ index }) => index)).toEqual([2, ...count(headClasses), 1])
})

test('maps that would take gigabytes are refused, by name', async () => {
  const classes = 5000
  const wide = buildModel({
    inputs: { x: ['N', 1, 400, 400] },
    outputs: { scores: ['N', classes] },
    weights: { w: float32(new Float32Array(classes).fill(1), [1, classes]) },
    nodes: [
      node('AveragePool', ['x'], 'blocks', { kernel_shape: [100, 100], strides: [100, 100] }),
      node('GlobalAveragePool', ['blocks'], 'pooled'),
      node('Flatten', ['pooled'], 'flat'),
      node('MatMul', ['flat', 'w'], 'scores'),
    ],
  })
  const x = float32(new Float32Array(160000).fill(1), [1, 1, 400, 400])
  await expect(explainAll(wide, x, { featureLayer: 'blocks', target: 'all', upsample: 'bicubic' })).rejects.toThrow(
    /5000 maps of 400×400 would take 3\.0 GB/,
  )
  const [row = []] = await explainAll(wide, x, { featureLayer: 'blocks', target: 'all' })
  expect(row.length).toBe(classes)
})

test('a long top-K: the best of each image, best first', async () => {
  const spec = headed()
  const classes = 20
  const wide = buildModel({
    ...spec,
    outputs: { prob: ['N', classes] },
    weights: { ...spec.weights, fc: numbers(45, [classes, headChannels], -1, 1), fcb: numbers(6, [classes], -0.2, 0.2) },
  })
  const together = await explainAll(wide, images(3), { target: 'top-18', upsample: 'bilinear' })
  const alone = await explainAll(wide, images(3), { target: count(classes), upsample: 'bilinear' })
  for (const [n, row] of together.entries()) {
    expect(row.slice(0, 5).map(({ index }) => index)).toEqual(row[0]?.top.map(({ index }) => index))
    expectSame(
      row,
      row.map(({ index = 0 }) => alone.flat()[n * classes + index] as ExplanationData),
    )
  }
  expect(new Set(together.map(([first]) => first?.index)).size).toBeGreaterThan(1)
})
