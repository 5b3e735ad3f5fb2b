/** @file Maps of operators on integers are layers, through their own scale and zero point: Grad-CAM is that of the network in floats. */
import { expect, test } from 'vitest'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node, type NodeSpec } from '../support/build.ts'
import { explainOne, layersOf, runtime } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { bare } from '../support/raw-maps.ts'

const scale = (value: number): Tensor => float32([value], [])
const zero = (type: 'uint8' | 'int8', value = 0): Tensor => ({ type, dims: [], data: (type === 'int8' ? Int8Array : Uint8Array).of(value) })
const int8 = (dims: number[], factor: number): Tensor => ({
  type: 'int8',
  dims,
  data: Int8Array.from({ length: dims.reduce((n, dim) => n * dim, 1) }, (_, i) => ((i * factor) % 83) - 41),
})

const weights = {
  ...{ s0: scale(0.02), z0: zero('uint8', 100), s1: scale(0.03), z1: zero('uint8', 20), s2: scale(0.02), z2: zero('uint8', 30) },
  ...{ s3: scale(0.05), z3: zero('uint8', 40), s4: scale(0.05), z4: zero('uint8', 100), s5: scale(0.02), z5: zero('uint8', 128) },
  ...{ ws: scale(0.008), wz: zero('int8'), w1: int8([6, 3, 3, 3], 7), w2: int8([6, 6, 3, 3], 5), m: int8([6, 4], 11) },
}
const ports: Pick<ModelSpec, 'inputs' | 'outputs' | 'weights' | 'domains'> = {
  ...{ domains: ['com.microsoft'], inputs: { x: [1, 3, 8, 12] }, outputs: { y: [1, 4] }, weights },
}
const steps = (k: number): string[] => [`s${k}`, `z${k}`]
const own = (operator: string, inputs: string[], output: string, attributes: NodeSpec['attributes'] = {}): NodeSpec =>
  node(operator, inputs, output, attributes, 'com.microsoft')

/** Two convolutions, their sum, a pool and a linear layer. */
const ofIntegers = buildModel({
  ...ports,
  nodes: [
    node('QuantizeLinear', ['x', ...steps(0)], 'q0'),
    node('QLinearConv', ['q0', ...steps(0), 'w1', 'ws', 'wz', ...steps(1)], 'q1', { pads: [1, 1, 1, 1] }),
    node('QLinearConv', ['q1', ...steps(1), 'w2', 'ws', 'wz', ...steps(2)], 'q2', { pads: [1, 1, 1, 1] }),
    own('QLinearAdd', ['q1', ...steps(1), 'q2', ...steps(2), ...steps(3)], 'sum'),
    node('MaxPool', ['sum'], 'smaller', { kernel_shape: [2, 2], strides: [2, 2] }),
    own('QLinearGlobalAveragePool', ['smaller', ...steps(3), ...steps(4)], 'mean', { channels_last: 0 }),
    node('Flatten', ['mean'], 'flat'),
    node('QLinearMatMul', ['flat', ...steps(4), 'm', 'ws', 'wz', ...steps(5)], 'scores'),
    node('DequantizeLinear', ['scores', ...steps(5)], 'y'),
  ],
})

const rounded = (name: string, k: number): NodeSpec[] => [
  node('QuantizeLinear', [name, ...steps(k)], `${name}/q`),
  node('DequantizeLinear', [`${name}/q`, ...steps(k)], `${name}/f`),
]

/** The same network, each operator between its quantisers. */
const ofFloats = buildModel({
  ...{ ...ports, outputs: { y: [1, 4], pooled: [1, 6, 4, 6] } },
  nodes: [
    ...['w1', 'w2'].map((name) => node('DequantizeLinear', [name, 'ws', 'wz'], `${name}/f`)),
    ...rounded('x', 0),
    ...[node('Conv', ['x/f', 'w1/f'], 'c1', { pads: [1, 1, 1, 1] }), ...rounded('c1', 1)],
    ...[node('Conv', ['c1/f', 'w2/f'], 'c2', { pads: [1, 1, 1, 1] }), ...rounded('c2', 2)],
    ...[node('Add', ['c1/f', 'c2/f'], 'added'), ...rounded('added', 3)],
    node('MaxPool', ['added/f'], 'pooled', { kernel_shape: [2, 2], strides: [2, 2] }),
    ...[node('GlobalAveragePool', ['pooled'], 'mean'), node('Flatten', ['mean'], 'flat')],
    ...[node('DequantizeLinear', ['m', 'ws', 'wz'], 'm/f'), node('MatMul', ['flat', 'm/f'], 'y')],
  ],
})

const image = numbers(3, [1, 3, 8, 12], -2, 3)

/** Class scores are linear in the mean of `pooled`: the weight of a channel is its number in the matrix over the number of places. */
async function rightMap(target: number): Promise<number[]> {
  const session = await runtime.open({ bytes: ofFloats, external: [] })
  try {
    const { pooled } = await session.run({ x: image })
    const values = toFloat32(pooled as Tensor)
    const factor = (channel: number): number => (Number(weights.m.data[channel * 4 + target]) * 0.008) / 24
    return Array.from({ length: 24 }, (_, place) =>
      Array.from({ length: 6 }, (__, channel) => factor(channel) * (values[channel * 24 + place] as number)).reduce((a, b) => a + b, 0),
    )
  } finally {
    await session.release()
  }
}

// one step of the sum in one channel
const step = (0.05 * 41 * 0.008) / 24
const largest = (a: readonly number[], b: Float32Array): number => Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))))

test('the last quantised map is the layer', async () => {
  const { feature } = await layersOf(ofIntegers)
  expect([feature.name, feature.certain, feature.layout]).toEqual(['sum', true, { kind: 'nchw', channels: 6, height: 8, width: 12 }])
})

test.each([0, 3])('a quantised map that is named gives the map of the network in floats, class %i', async (target) => {
  const { raw, featureLayer } = await explainOne(ofIntegers, image, { ...bare, target, featureLayer: 'smaller' })
  const right = await rightMap(target)
  expect(featureLayer).toBe('smaller')
  expect(Math.max(...right.map(Math.abs))).toBeGreaterThan(100 * step)
  expect(largest(right, raw.data)).toBeLessThan(3 * step)
})

test('the map of the chosen layer is that of the network in floats', async () => {
  const [a, b] = await Promise.all([
    explainOne(ofIntegers, image, { ...bare, target: 1 }),
    explainOne(ofFloats, image, { ...bare, target: 1, featureLayer: 'added/f' }),
  ])
  expect(largest([...b.raw.data], a.raw.data)).toBeLessThan(3 * step)
})

test('a quantised map that is dequantised is a layer', async () => {
  const model = buildModel({
    ...{ ...ports, outputs: { y: [1, 4] } },
    nodes: [
      node('QuantizeLinear', ['x', ...steps(0)], 'q0'),
      node('QLinearConv', ['q0', ...steps(0), 'w1', 'ws', 'wz', ...steps(1)], 'q1', { pads: [1, 1, 1, 1] }),
      node('DequantizeLinear', ['q1', ...steps(1)], 'map'),
      node('ReduceMean', ['map'], 'mean', { axes: [2, 3], keepdims: 0 }),
      ...[node('DequantizeLinear', ['m', 'ws', 'wz'], 'm/f'), node('MatMul', ['mean', 'm/f'], 'y')],
    ],
  })
  const { feature } = await layersOf(model)
  expect([feature.name, feature.certain, feature.layout]).toEqual(['map', true, { kind: 'nchw', channels: 6, height: 8, width: 12 }])
  // by the name of its integers, too
  expect((await layersOf(model, { featureLayer: 'q1' })).feature.name).toBe('map')
})

test('integers that are named stand for their floats, between quantisers and at the end', async () => {
  expect((await layersOf(ofFloats, { featureLayer: 'added/q' })).feature.name).toBe('added/f')
  expect((await layersOf(ofIntegers, { reductionLayer: 'scores' })).reduction.name).toBe('y')
  const ended = buildModel({
    ...{ ...ports, outputs: { y: [1, 4] }, outputTypes: { y: 'uint8' } },
    nodes: [
      node('DequantizeLinear', ['w1', 'ws', 'wz'], 'w1/f'),
      node('Conv', ['x', 'w1/f'], 'map', { pads: [1, 1, 1, 1] }),
      node('ReduceMean', ['map'], 'mean', { axes: [2, 3], keepdims: 0 }),
      ...[node('DequantizeLinear', ['m', 'ws', 'wz'], 'm/f'), node('MatMul', ['mean', 'm/f'], 'scores')],
      node('QuantizeLinear', ['scores', ...steps(5)], 'y'),
    ],
  })
  expect((await layersOf(ended, { reductionLayer: 'y' })).reduction.name).toBe('scores')
  const [named, plain] = await Promise.all(['value:y[0]', 'value:scores[0]'].map((target) => explainOne(ended, image, { ...bare, target })))
  expect(named?.raw.data).toEqual(plain?.raw.data)
})
