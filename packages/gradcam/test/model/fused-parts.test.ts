/** @file Fused operators that are read in parts: the parts give what the runtime's own kernel of the whole gives, and a layer with places. */
import { expect, test } from 'vitest'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { deriveModel } from '../../src/graph/derive.ts'
import { readModel } from '../../src/graph/model.ts'
import { operatorName } from '../../src/graph/operators.ts'
import { buildModel, type ModelSpec, node, type NodeSpec } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne, layersOf, runtime } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { bare } from '../support/raw-maps.ts'
import { images } from '../support/small-nets.ts'

const domain = 'com.microsoft'
const own = (operator: string, inputs: string[], output: string, attributes: NodeSpec['attributes'] = {}): NodeSpec =>
  node(operator, inputs, output, attributes, domain)
const bytes = (type: 'uint8' | 'int8', dims: readonly number[], low: number, high: number, seed = 1): Tensor => {
  const values = toFloat32(numbers(seed, dims, low, high)).map(Math.round)
  return { type, dims: [...dims], data: type === 'int8' ? Int8Array.from(values) : Uint8Array.from(values) }
}
const scale = (value: number): Tensor => float32([value], [])
const zero = (type: 'uint8' | 'int8', value = 0): Tensor => bytes(type, [], value, value)

/** From a map or tokens on: [1, 6, 4, 6] or [1, 24, 6]. */
const head = (name: string, axes: readonly number[]): NodeSpec[] => [
  node('ReduceMean', [name], 'mean', { axes, keepdims: 0 }),
  node('MatMul', ['mean', 'head'], 'y'),
]
const map: NodeSpec[] = [node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1], strides: [2, 2] }), node('Relu', ['c'], 'map')]
const tokens: NodeSpec[] = [...map, node('Reshape', ['map', 'rows'], 'flat'), node('Transpose', ['flat'], 'tokens', { perm: [0, 2, 1] })]
const quantised: NodeSpec[] = [node('QuantizeLinear', ['tokens', 's', 'z'], 'q')]
const window = { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }

const weights = {
  ...{ w: numbers(1, [6, 3, 3, 3], -0.4, 0.4), head: numbers(2, [6, 3]), b: numbers(3, [6]), f: numbers(4, [6, 6, 3, 3], -0.3, 0.3) },
  ...{ s: scale(0.02), z: zero('uint8', 3), ws: scale(0.006), wz: zero('int8'), s2: scale(0.03), z2: zero('uint8', 90) },
  ...{ m: bytes('int8', [6, 6], -90, 90, 5), columns: numbers(6, [6], 0.004, 0.008), cz: bytes('int8', [6], -5, 5, 7) },
  ...{ filters: bytes('int8', [6, 6, 3, 3], -60, 60, 8), qkv: bytes('int8', [6, 18], -90, 90, 9), b3: numbers(10, [18]) },
  rows: { type: 'int64', dims: [3], data: BigInt64Array.of(0n, 6n, -1n) } satisfies Tensor,
}

/** Fused nodes, and whether the parts compute in the same order: integers may be rounded to another step. */
const cases: readonly [string, NodeSpec[]][] = [
  ['FusedConv', [...map, own('FusedConv', ['map', 'f', 'b', 'map'], 'sum', window), ...head('sum', [2, 3])]],
  ...(['Relu', 'HardSwish', 'Tanh'] as const).map((activation): [string, NodeSpec[]] => [
    `FusedConv, ${activation}`,
    [...map, own('FusedConv', ['map', 'f', 'b', 'map'], 'sum', { ...window, activation }), ...head('sum', [2, 3])],
  ]),
  ...(['Sigmoid', 'HardSigmoid', 'Clip'] as const).map((activation): [string, NodeSpec[]] => [
    `FusedConv, ${activation}`,
    [
      ...map,
      own('FusedConv', ['map', 'f', 'b', ...(activation === 'Clip' ? ['map'] : [])], 'gate', {
        ...{ ...window, activation, ...(activation === 'Sigmoid' ? {} : { activation_params: { floats: [0.3, 0.6] } }) },
      }),
      node('Mul', ['map', 'gate'], 'gated'),
      ...head('gated', [2, 3]),
    ],
  ]),
  ['SkipLayerNormalization', [...tokens, own('SkipLayerNormalization', ['tokens', 'tokens', 'b', 'b', 'b'], 'n'), ...head('n', [1])]],
  ['DynamicQuantizeMatMul', [...tokens, own('DynamicQuantizeMatMul', ['tokens', 'm', 'columns', 'cz', 'b'], 'p'), ...head('p', [1])]],
  ['DynamicQuantizeMatMul, plain', [...tokens, own('DynamicQuantizeMatMul', ['tokens', 'm', 'ws'], 'p'), ...head('p', [1])]],
  [
    'MatMulIntegerToFloat',
    [...tokens, ...quantised, own('MatMulIntegerToFloat', ['q', 'm', 's', 'ws', 'z', 'wz', 'b'], 'p'), ...head('p', [1])],
  ],
  [
    'QAttention',
    [...tokens, ...quantised, own('QAttention', ['q', 'qkv', 'b3', 's', 'ws', '', 'z', 'wz'], 'p', { num_heads: 2 }), ...head('p', [1])],
  ],
  [
    'QLinearConv, channels last',
    [
      ...[...map, node('Transpose', ['map'], 'last', { perm: [0, 2, 3, 1] }), node('QuantizeLinear', ['last', 's', 'z'], 'q')],
      own('NhwcMaxPool', ['q'], 'large', window),
      own('QLinearConv', ['large', 's', 'z', 'filters', 'ws', 'wz', 's2', 'z2'], 'made', { ...window, channels_last: 1 }),
      ...[node('DequantizeLinear', ['made', 's2', 'z2'], 'floats'), ...head('floats', [1, 2])],
    ],
  ],
]

test.each(cases)('%s', async (name, nodes) => {
  const spec: ModelSpec = { opset: 17, domains: [domain], inputs: { x: [1, 3, 8, 12] }, outputs: { y: [1, 3] }, weights, nodes }
  const model = buildModel(spec)
  const image = images(1, 3, 8, 12)
  const session = await runtime.open({ bytes: model, external: [] })
  const scores = toFloat32((await session.run({ x: image }))['y'] as Tensor)
  await session.release()
  const read = readModel(model)
  const [operator = ''] = name.split(',')
  expect(read.graph.nodes.map(operatorName)).not.toContain(`${domain}:${operator}`)
  const parts = await runtime.open(deriveModel(read, { outputs: ['y'] }))
  expectClose((await parts.run({ x: image }))['y'] as Tensor, scores, { atol: 2e-5, rtol: 1e-4 }, 'scores')
  await parts.release()
  const { feature } = await layersOf(model)
  expect([feature.certain, feature.layout.height, feature.layout.width]).toEqual([true, 4, 6])
  const { raw, logit } = await explainOne(model, image, { ...bare, target: 1, method: 'saliency' })
  expect(logit).toBeCloseTo(scores[1] as number, 4)
  expect(Math.max(...raw.data.map(Math.abs))).toBeGreaterThan(1e-4)
})
