/** @file Networks as other exporters write them: the layers are found without a name, and the map is that of the plain network. */
import { describe, expect, test } from 'vitest'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, layersOf } from '../support/explain.ts'
import { matlabNet, paddleNet, tf2onnxNet } from '../support/exporter-frameworks.ts'
import { dynamo, keras, plain, torchScript } from '../support/exporter-manners.ts'
import { type Activation, type ExporterNet, imageSize, plainNet } from '../support/exporter-nets.ts'
import { grid, type TokenNet, tokenNet } from '../support/exporter-tokens.ts'
import { dynamoNet, timmNet } from '../support/exporter-torch.ts'
import { attentionPooled, convNext, doubtful, gathered } from '../support/residual-nets.ts'
import { images } from '../support/small-nets.ts'

const { height, width } = imageSize
const activations: readonly Activation[] = ['relu', 'relu6', 'swish', 'hard-swish', 'gelu', 'gelu-tanh', 'mish']

/** Two images, or one where the batch is fixed, as the network takes them. */
function imageFor({ spec, layout, mean = 0 }: ExporterNet): Tensor {
  const [[batch] = []] = Object.values(spec.inputs)
  const plain = images(typeof batch === 'number' ? batch : 2, 7, height, width)
  const data = toFloat32(plain).map((value) => value + mean)
  if (layout !== 'nhwc') return float32(data, plain.dims)
  const places = height * width
  const last = data.map(
    (_, i) => data[Math.floor(i / (3 * places)) * 3 * places + (i % 3) * places + (Math.floor(i / 3) % places)] as number,
  )
  return float32(last, [plain.dims[0] as number, height, width, 3])
}

/** The layers are found and certain, nothing is warned of, and the map is the one of the plain network, whose layers are named. */
async function expectAsPlain(net: ExporterNet, twin: ExporterNet): Promise<void> {
  const model = buildModel(net.spec)
  const { feature, reduction } = await layersOf(model)
  expect({ feature: feature.name, reduction: reduction.name }).toEqual({ feature: net.feature, reduction: net.reduction })
  expect(feature.certain).toBe(true)
  const own = imageFor(net)
  const found = (await explainAll(model, own)).flat()
  const named = (await explainAll(model, own, { featureLayer: net.feature, reductionLayer: net.reduction })).flat()
  const reference = imageFor(twin)
  const expected = (
    await explainAll(buildModel(twin.spec), reference, { featureLayer: twin.feature, reductionLayer: twin.reduction })
  ).flat()
  expect(found).toHaveLength(own.dims[0] as number)
  for (const [n, why] of found.entries()) {
    expect(why.warnings.filter(({ code }) => code.startsWith('layer'))).toEqual([])
    expect(why.map.data).toEqual(named[n]?.map.data)
    expect(why.index).toBe(expected[n]?.index)
    expect(Math.abs(why.logit - (expected[n]?.logit ?? Number.NaN))).toBeLessThan(1e-5)
    const scale = Math.max(...(expected[n]?.raw.data ?? []).map(Math.abs))
    expect(scale).toBeGreaterThan(1e-3)
    expectClose(why.raw.data, expected[n]?.raw.data ?? new Float32Array(), { atol: 2e-5 * scale, rtol: 0 }, `raw, image ${n}`)
    expectClose(why.map.data, expected[n]?.map.data ?? new Float32Array(), { atol: 1e-4, rtol: 0 }, `map, image ${n}`)
  }
}

describe.each(activations)('a convolutional network with %s, as written by', (activation) => {
  const twin = plainNet(activation)
  test('itself', () => expectAsPlain(twin, twin))
  test('torch.export', () => expectAsPlain(dynamoNet(activation), twin))
  test('TorchScript, with the head of timm', () => expectAsPlain(timmNet(activation), twin))
  test.each([true, false].flatMap((pairs) => (['mean', 'squeeze'] as const).map((head) => ({ pairs, head }))))(
    'tf2onnx, %j',
    ({ pairs, head }) => expectAsPlain(tf2onnxNet({ activation, pairs, head }), twin),
  )
  test.each([9, 11] as const)('Paddle2ONNX, opset %i', (opset) => expectAsPlain(paddleNet(activation, opset), twin))
})

describe("MATLAB's exporter", () => {
  test.each([
    { batch: 1, head: 'gemm', opset: 8 },
    { batch: 'BatchSize', head: 'gemm', opset: 9 },
    { batch: 1, head: 'conv', opset: 9 },
    { batch: 'BatchSize', head: 'conv', opset: 13 },
  ] as const)('%j', (how) => expectAsPlain(matlabNet(how), plainNet('relu')))
})

describe.each<[string, TokenNet]>([
  ['a class token', { extra: 1, ending: 'class', stem: 'patches' }],
  ['a class token that is split off', { extra: 1, ending: 'split', stem: 'patches' }],
  ['the mean of all tokens', { extra: 0, ending: 'mean', stem: 'patches' }],
  ['a class token and registers', { extra: 5, ending: 'class', stem: 'patches' }],
  ['two heads', { extra: 2, ending: 'two heads', stem: 'patches' }],
  ['an embedding of length one', { extra: 1, ending: 'embedding', stem: 'patches' }],
  ['convolutions before it', { extra: 1, ending: 'class', stem: 'convolutions' }],
  ['convolutions before it and no class token', { extra: 0, ending: 'mean', stem: 'convolutions' }],
  ['a single head of attention', { extra: 1, ending: 'class', stem: 'patches', heads: 1 }],
  ['queries and keys normalised', { extra: 1, ending: 'class', stem: 'patches', norms: 'queries' }],
  ['normalisation behind attention, as in Swin v2', { extra: 0, ending: 'mean', stem: 'patches', norms: 'behind' }],
])('a vision transformer with %s, as written by', (_, kind) => {
  const twin = tokenNet(plain, kind)
  test.each([
    ['itself', plain],
    ['TorchScript, opset 14', torchScript(14)],
    ['TorchScript, opset 17', torchScript(17)],
    ['torch.export, opset 18', dynamo(18)],
    ['torch.export, opset 23', dynamo(23)],
    ['Keras', keras],
  ])('%s', async (__, manner) => {
    const net = tokenNet(manner, kind)
    await expectAsPlain(net, twin)
    const { feature } = await layersOf(buildModel(net.spec))
    expect(feature.layout).toMatchObject({ kind: 'nlc', ...grid, skip: kind.extra })
    expect(feature.why).toBe('tokens that enter the last block')
  })
})

describe.each([true, false])('ConvNeXt, with a head: %s', (head) => {
  test.each(['plain', 'timm', 'keras'] as const)('%s', (manner) => expectAsPlain(convNext(manner, head), convNext('plain', head)))
})

test('branches of which one is turned and pooled are gathered', () => expectAsPlain(gathered(), gathered()))

test.each([
  ['torch.export', dynamoNet('gelu')],
  ['TorchScript', timmNet('swish')],
  ['tf2onnx', tf2onnxNet({ activation: 'relu6', pairs: true, head: 'mean' })],
  ['tf2onnx, optimised', tf2onnxNet({ activation: 'relu6', pairs: false, head: 'squeeze' })],
])('height and width left free by %s', (_, net) => {
  const inputs = Object.entries(net.spec.inputs).map(([name, shape]) => [name, shape.map((dim, axis) => (dim === 3 ? 3 : `unk__${axis}`))])
  const free: ExporterNet = { ...net, spec: { ...net.spec, inputs: Object.fromEntries(inputs) as ExporterNet['spec']['inputs'] } }
  return expectAsPlain(free, net)
})

test('a convolutional network that is pooled by attention keeps its last map', () => expectAsPlain(attentionPooled(), attentionPooled()))

test.each(['two resolutions', 'a way round', 'two inputs of the head'] as const)(
  'where the choice is a guess the result says so: %s',
  async (doubt) => {
    const net = doubtful(doubt)
    const model = buildModel(net.spec)
    const { feature } = await layersOf(model)
    expect([feature.name, feature.certain]).toEqual([net.feature, false])
    expect(feature.runnersUp.length).toBeGreaterThan(0)
    const own = imageFor(net)
    const [found, named] = [await explainAll(model, own), await explainAll(model, own, { featureLayer: net.feature })]
    for (const [n, why] of found.flat().entries()) {
      expect(why.map.data).toEqual(named.flat()[n]?.map.data)
      const warning = why.warnings.find(({ code }) => code === 'layer-uncertain')
      expect(warning?.message).toContain(net.feature)
      expect(warning?.hint).not.toBe('')
    }
    // whoever names a layer knows what they want
    expect(named.flat().flatMap(({ warnings }) => warnings.filter(({ code }) => code === 'layer-uncertain'))).toEqual([])
  },
)
