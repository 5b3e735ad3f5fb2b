/** @file Models that ONNX Runtime optimised and saved: layer, map, gradient and scores are those of the model before. */
import { fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { createExplainer } from '../../src/explain/explainer.ts'
import { explainable } from '../../src/contract/explainable.ts'
import { nodeOf } from '../../src/graph/graph.ts'
import { readModel } from '../../src/graph/model.ts'
import { operatorName } from '../../src/graph/operators.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node, type NodeSpec } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne, layersOf } from '../support/explain.ts'
import { dynamo, plain, torchScript } from '../support/exporter-manners.ts'
import { imageSize, plainNet } from '../support/exporter-nets.ts'
import { tokenNet } from '../support/exporter-tokens.ts'
import { dynamoNet, timmNet } from '../support/exporter-torch.ts'
import { numbers } from '../support/finite-differences.ts'
import { type Level, optimised } from '../support/optimised.ts'
import { runtimeFor } from '../support/providers.ts'
import { refusal } from '../support/refusal.ts'
import { bare } from '../support/raw-maps.ts'
import { convNext } from '../support/residual-nets.ts'
import { images } from '../support/small-nets.ts'

/** As the file has them. */
const operatorsOf = (model: Uint8Array): string[] =>
  fromBinary(ModelProtoSchema, model).graph?.node.map((each) => operatorName(nodeOf(each))) ?? []

/** The layer has the same place and the same numbers; so have score, Grad-CAM and saliency. */
async function expectSame(given: Uint8Array, plainer: Uint8Array, image: Tensor): Promise<void> {
  const [own, right] = [(await layersOf(given)).feature, (await layersOf(plainer)).feature]
  expect({ layout: own.layout, certain: own.certain, doubt: own.doubt }).toEqual({
    ...{ layout: right.layout, certain: right.certain, doubt: right.doubt },
  })
  const target = (await explainOne(plainer, image)).index as number
  for (const method of ['grad-cam', 'eigen-cam', 'saliency']) {
    const options = { ...bare, target, method }
    const [found, wanted] = [await explainOne(given, image, options), await explainOne(plainer, image, options)]
    expect(found.logit).toBeCloseTo(wanted.logit, 4)
    const scale = Math.max(...wanted.raw.data.map(Math.abs))
    expect(scale).toBeGreaterThan(1e-5)
    expectClose(found.raw.data, wanted.raw.data, { atol: 1e-4 * scale, rtol: 0 }, method)
  }
}

const one = images(1, 7, imageSize.height, imageSize.width)

/** With a batch of one image. */
function single(spec: ModelSpec): Uint8Array {
  const fixed = (shapes: ModelSpec['inputs']) =>
    Object.fromEntries(Object.entries(shapes).map(([name, [, ...rest]]) => [name, [1, ...rest]]))
  return buildModel({ ...spec, inputs: fixed(spec.inputs), outputs: fixed(spec.outputs) })
}

/** Tokens [1, 12, 8] and what a layer adds to them, normalised at once: the sum is the last layer with places, and may be hidden in an operator. */
const residual: ModelSpec = {
  ...{ opset: 17, inputs: { x: ['N', 3, imageSize.height, imageSize.width] }, outputs: { y: ['N', 5] } },
  weights: {
    ...{ w: numbers(20, [8, 3, 4, 4], -0.3, 0.3), m1: numbers(21, [8, 12]), c1: numbers(22, [12]), m2: numbers(23, [12, 8]) },
    ...{ c2: numbers(24, [8]), gamma: numbers(25, [8], 0.5, 1.5), beta: numbers(26, [8]), head: numbers(27, [8, 5]) },
    tokens: { type: 'int64', dims: [3], data: BigInt64Array.of(0n, 8n, -1n) },
  },
  nodes: [
    node('Conv', ['x', 'w'], 'map', { kernel_shape: [4, 4], strides: [4, 4] }),
    node('Reshape', ['map', 'tokens'], 'rows'),
    node('Transpose', ['rows'], 'stream', { perm: [0, 2, 1] }),
    ...[node('LayerNormalization', ['stream', 'gamma', 'beta'], 'normal'), node('MatMul', ['normal', 'm1'], 'p1')],
    ...[node('Add', ['p1', 'c1'], 'a1'), node('Relu', ['a1'], 'inner'), node('MatMul', ['inner', 'm2'], 'p2')],
    ...[node('Add', ['p2', 'c2'], 'a2'), node('Add', ['a2', 'stream'], 'sum')],
    node('LayerNormalization', ['sum', 'gamma', 'beta'], 'last'),
    node('ReduceMean', ['last'], 'mean', { axes: [1], keepdims: 0 }),
    node('MatMul', ['mean', 'head'], 'y'),
  ],
}

test('a sum inside a fused normalisation is a layer', async () => {
  const [model, fused] = [single(residual), await optimised(single(residual), 'extended')]
  expect(operatorsOf(fused)).toContain('com.microsoft:SkipLayerNormalization')
  expect((await layersOf(fused)).feature).toMatchObject({
    operator: 'Add',
    certain: true,
    why: 'last residual sum with more than one place',
  })
  await expectSame(fused, model, one)
})

test('weights do not keep names that the optimiser makes up again: once they are taken, some graphs cannot be opened', async () => {
  const shapes = { gemm_input_shape: [12, 8], gemm_output_shape_token_3: [1, 12, 8] }
  const shape = (dims: readonly number[]): Tensor => ({ type: 'int64', dims: [dims.length], data: BigInt64Array.from(dims, BigInt) })
  const named = (read: (name: keyof typeof shapes) => string): Uint8Array =>
    buildModel({
      ...{ opset: 17, inputs: { x: [1, 3, 12, 16] }, outputs: { y: [1, 5] } },
      weights: {
        ...residual.weights,
        ...Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [read(name as keyof typeof shapes), shape(dims)])),
      },
      nodes: [
        node('Conv', ['x', 'w'], 'map', { kernel_shape: [4, 4], strides: [4, 4] }),
        ...[node('Reshape', ['map', 'tokens'], 'rows'), node('Transpose', ['rows'], 'stream', { perm: [0, 2, 1] })],
        ...[node('Reshape', ['stream', read('gemm_input_shape')], 'flat'), node('Relu', ['flat'], 'bent')],
        node('Reshape', ['bent', read('gemm_output_shape_token_3')], 'again'),
        ...[node('ReduceMean', ['again'], 'mean', { axes: [1], keepdims: 0 }), node('MatMul', ['mean', 'head'], 'y')],
      ],
    })
  const saved = named((name) => name)
  expect([...readModel(saved).graph.initializers.keys()].filter((name) => name in shapes)).toEqual([])
  await expectSame(
    saved,
    named((name) => name.slice(5)),
    one,
  )
})

const nets: readonly [string, ModelSpec][] = [
  ...(['relu', 'relu6', 'swish', 'hard-swish', 'gelu'] as const).map((kind): [string, ModelSpec] => [kind, plainNet(kind).spec]),
  ['torch.export, GELU', dynamoNet('gelu').spec],
  ['TorchScript, timm', timmNet('swish').spec],
  ['ConvNeXt', convNext('timm', true).spec],
  ...(
    [
      ['TorchScript', torchScript(17)],
      ['torch.export', dynamo(18)],
      ['torch.export, opset 23', dynamo(23)],
    ] as const
  ).map(([name, manner]): [string, ModelSpec] => [
    `transformer, ${name}`,
    tokenNet(manner, { extra: 1, ending: 'class', stem: 'patches' }).spec,
  ]),
  ['transformer, mean', tokenNet(plain, { extra: 0, ending: 'mean', stem: 'convolutions' }).spec],
  ['transformer, as Swin v2', tokenNet(torchScript(17), { extra: 0, ending: 'mean', stem: 'patches', norms: 'behind' }).spec],
]

describe.each(nets)('%s', (_, spec) => {
  test.each<Level>(['extended', 'all'])('%s', async (level) => {
    const model = single(spec)
    await expectSame(await optimised(model, level), model, one)
  })
})

const kernel = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }
const nodes: NodeSpec[] = [
  node('Conv', ['x', 'w1', 'b1'], 'c1', { ...kernel, strides: [2, 2] }),
  node('HardSigmoid', ['c1'], 'bent', { alpha: { float: 0.3 }, beta: { float: 0.4 } }),
  node('MaxPool', ['bent'], 'large', kernel),
  node('AveragePool', ['bent'], 'even', { ...kernel, count_include_pad: 1 }),
  node('Add', ['large', 'even'], 'pooled twice'),
  // 24 and 40 channels fill no blocks of 16
  node('Conv', ['pooled twice', 'w2'], 'narrow', kernel),
  node('Conv', ['narrow', 'w3', 'b3'], 'c3', { ...kernel, group: 24 }),
  node('BatchNormalization', ['c3', 'scale', 'b3', 'b3', 'scale'], 'normal'),
  node('Add', ['normal', 'narrow'], 'residual'),
  node('Clip', ['residual', 'low', 'high'], 'clipped'),
  node('Conv', ['clipped', 'w4'], 'c4', { ...kernel, strides: [2, 2] }),
  node('LeakyRelu', ['c4'], 'leaky', { alpha: { float: 0.2 } }),
  node('Conv', ['leaky', 'w5'], 'c5', { ...kernel, group: 2 }),
  node('Sigmoid', ['c5'], 'gate'),
  node('Mul', ['c5', 'gate'], 'swish'),
  node('Concat', ['swish', 'leaky'], 'both', { axis: 1 }),
  node('Resize', ['both', '', 'twice'], 'fine', { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }),
  node('Transpose', ['fine'], 'last', { perm: [0, 2, 3, 1] }),
  node('MatMul', ['last', 'mix'], 'mixed'),
  node('Transpose', ['mixed'], 'again', { perm: [0, 3, 1, 2] }),
  node('Conv', ['again', 'w6'], 'c6', kernel),
  node('Relu', ['c6'], 'feature'),
  node('GlobalAveragePool', ['feature'], 'pooled'),
  node('Flatten', ['pooled'], 'flat'),
  node('Gemm', ['flat', 'head'], 'y'),
]
const weights = {
  ...{ w1: numbers(1, [32, 3, 3, 3]), b1: numbers(2, [32]), w2: numbers(3, [24, 32, 3, 3], -0.3, 0.3), w3: numbers(11, [24, 1, 3, 3]) },
  ...{ b3: numbers(4, [24], 0.2, 0.6), scale: numbers(5, [24], 0.5, 1.5), low: float32([-0.4], []), high: float32([1.3], []) },
  ...{ w4: numbers(6, [32, 24, 3, 3], -0.3, 0.3), w5: numbers(7, [32, 16, 3, 3], -0.3, 0.3), twice: float32([1, 1, 2, 2], [4]) },
  ...{ mix: numbers(8, [64, 40], -0.3, 0.3), w6: numbers(9, [48, 40, 3, 3], -0.2, 0.2), head: numbers(10, [48, 5]) },
}

const [, , height, width] = one.dims as [number, number, number, number]
const everything = buildModel({ inputs: { x: [1, 3, height, width] }, outputs: { y: [1, 5] }, weights, nodes })
const forThisProcessor = await optimised(everything, 'all')
const inBlocks = operatorsOf(forThisProcessor).filter((name) => name.startsWith('com.microsoft.nchwc'))

const unnamed = { name: 'test', labels: [], preprocessing: undefined, singleLabel: false }

// not every processor has blocks: the runtime then saves plain operators
describe.skipIf(inBlocks.length === 0)('channels in blocks', () => {
  test('operators are plain again', () => {
    const kinds = ['Conv', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'Upsample', 'ReorderInput', 'ReorderOutput']
    expect(new Set(inBlocks)).toEqual(new Set(kinds.map((kind) => `com.microsoft.nchwc:${kind}`)))
    const { graph } = explainable(readModel(forThisProcessor)).model
    const left = graph.nodes.filter(({ domain }) => domain === 'com.microsoft.nchwc')
    // they bring weights back to their order
    expect(left.every(({ operator, outputs: [name = ''] }) => operator === 'ReorderOutput' && name.includes('/filters/'))).toBe(true)
  })
  test('layer, maps and scores', () => expectSame(forThisProcessor, everything, one))
  test('WebAssembly, which has none, says the way out', async () => {
    const network = createExplainer(readModel(forThisProcessor), await runtimeFor('wasm'), unnamed)
    const { code, hint } = await refusal(() => network.layers())
    expect([code, hint]).toEqual(['unsupported-operator', expect.stringContaining('ORT_ENABLE_EXTENDED')])
    await network.close()
  })
})

const whole = (seed: number, dims: readonly number[]): Tensor => ({
  ...{ type: 'int8', dims: [...dims], data: Int8Array.from(numbers(seed, dims, -90, 90).data as Float32Array, Math.round) },
})
const steps = { s: float32([0.03], []), z: { type: 'uint8', dims: [], data: Uint8Array.of(0) } satisfies Tensor, ws: float32([0.004], []) }
const through = (name: string): NodeSpec[] => [
  node('QuantizeLinear', [name, 's', 'z'], `${name}/q`),
  node('DequantizeLinear', [`${name}/q`, 's', 'z'], `${name}/f`),
]

/** The zero point 0 of a quantiser stands for ReLU. */
const rounded = buildModel({
  ...{ opset: 13, inputs: { x: [1, 3, 12, 16] }, outputs: { y: [1, 5] } },
  weights: { ...steps, w1: whole(30, [8, 3, 3, 3]), w2: whole(31, [8, 8, 3, 3]), head: whole(32, [8, 5]) },
  nodes: [
    ...through('x'),
    ...['w1', 'w2', 'head'].map((name) => node('DequantizeLinear', [name, 'ws'], `${name}/f`)),
    ...[node('Conv', ['x/f', 'w1/f'], 'c1', { ...kernel, strides: [2, 2] }), ...through('c1')],
    ...[node('Conv', ['c1/f', 'w2/f'], 'c2', kernel), ...through('c2')],
    ...[node('GlobalAveragePool', ['c2/f'], 'mean'), ...through('mean'), node('Flatten', ['mean/f'], 'flat')],
    node('MatMul', ['flat', 'head/f'], 'y'),
  ],
})

test.each<Level>(['extended', 'all'])('operators on integers, %s', async (level) => {
  const fused = await optimised(rounded, level)
  expect(operatorsOf(fused).some((name) => name.endsWith('QLinearConv'))).toBe(true)
  const { feature } = await layersOf(fused)
  expect([feature.certain, feature.layout.height, feature.layout.width]).toEqual([true, 6, 8])
  const [own, right] = [await explainOne(fused, one, { ...bare, target: 1 }), await explainOne(rounded, one, { ...bare, target: 1 })]
  const largest = Math.max(...right.raw.data.map(Math.abs))
  expect(largest).toBeGreaterThan(1e-4)
  expectClose(own.raw.data, right.raw.data, { atol: 1e-4 * largest, rtol: 0 })
})
