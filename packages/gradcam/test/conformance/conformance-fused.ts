/** @file Conformance checks of operators of newer opsets and of ONNX Runtime's own (com.microsoft). */
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { node } from '../support/build.ts'
import type { Check } from './conformance-check.ts'
import { byDifferences, byPlainForm, microsoft } from './conformance-forms.ts'
import { type DifferenceOptions, numbers, type OneNode } from '../support/finite-differences.ts'

const int64 = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(values, BigInt),
})
const uint8 = (value: number): Tensor => ({ type: 'uint8', dims: [], data: Uint8Array.of(value) })
/** Close to a kink a wide step would see both sides. */
const strictBatch: DifferenceOptions = { step: 0.004, tolerance: 4e-3 }

const x = numbers(1, [2, 3, 4], -2, 2)
const image = numbers(3, [2, 4, 5, 6])
const tokens = numbers(9, [2, 3, 8])
const skip = numbers(12, [2, 3, 8])
const [gamma, beta, bias] = [numbers(10, [8]), numbers(11, [8]), numbers(13, [8])]
const heads = { num_heads: 2 }
const own = (
  operator: string,
  inputs: OneNode['inputs'],
  attributes: NonNullable<OneNode['attributes']> = {},
  check?: DifferenceOptions,
): Check => byDifferences({ operator, opset: 13, domain: microsoft, inputs, attributes }, check)

const conv = (about: string, channels: number, filters: readonly number[], attributes: NonNullable<OneNode['attributes']>): Check =>
  byDifferences(
    { operator: 'Conv', opset: 13, inputs: { x: numbers(3, [1, channels, 5, 4]), w: numbers(4, filters) }, attributes },
    {},
    about,
  )
/** The gradient of each is a convolution that a provider gets wrong in its plain form. */
const detours: Check[] = [
  conv('six filters', 8, [6, 8, 3, 3], { pads: [1, 1, 1, 1] }),
  conv('nine filters on a line', 4, [9, 4, 1, 3], {}),
  conv('five channels per group', 10, [4, 5, 3, 3], { group: 2 }),
  conv('one channel per group for two filters', 2, [4, 1, 3, 3], { group: 2, strides: [2, 2] }),
  conv('one channel per group for six filters', 2, [12, 1, 3, 3], { group: 2, strides: [2, 2] }),
  byDifferences(
    {
      operator: 'ConvTranspose',
      opset: 13,
      inputs: { x: numbers(3, [1, 8, 3, 3]), w: numbers(4, [8, 9, 1, 1]) },
      attributes: { strides: [2, 2] },
    },
    {},
    'nine channels with strides',
  ),
]

const standard: Check[] = [
  byDifferences({ operator: 'Swish', opset: 24, inputs: { x }, attributes: { alpha: { float: 1.7 } } }),
  byDifferences({ operator: 'RMSNormalization', opset: 23, inputs: { x: tokens, gamma } }),
  byDifferences({ operator: 'Trilu', opset: 14, inputs: { x: image }, constants: { k: int64([1], []) }, attributes: { upper: 0 } }),
  byDifferences({
    operator: 'Attention',
    opset: 23,
    inputs: { q: numbers(1, [2, 4, 3, 6]), k: numbers(2, [2, 2, 5, 6]), v: numbers(3, [2, 2, 5, 2]), mask: numbers(4, [3, 5], -2, 2) },
  }),
  byDifferences({
    operator: 'RoiAlign',
    opset: 16,
    inputs: { x: numbers(3, [2, 2, 6, 5]) },
    constants: { boxes: float32([0.3, 0.7, 7.2, 8.1, 2.2, 1.3, 9.4, 4.4, -3.1, -2.2, 4.3, 5.7], [3, 4]), image: int64([1, 0, 1]) },
    attributes: { output_height: 3, output_width: 2, spatial_scale: { float: 0.6 }, sampling_ratio: 2 },
  }),
  byDifferences({ operator: 'SimplifiedLayerNormalization', opset: 13, inputs: { x: tokens, gamma } }),
]

const fused: Check[] = [
  ...['Gelu', 'FastGelu', 'QuickGelu'].map((operator) => own(operator, { x })),
  own('BiasGelu', { x, bias: numbers(2, [4]) }),
  own(
    'FusedConv',
    { image, filters: numbers(4, [6, 2, 3, 3]), bias: numbers(5, [6]) },
    { pads: [1, 1, 1, 1], strides: [2, 1], group: 2, activation: 'LeakyRelu', activation_params: { floats: [0.2] } },
    strictBatch,
  ),
  own(
    'FusedGemm',
    { a: numbers(6, [3, 4]), b: numbers(7, [5, 4]), c: numbers(8, [5]) },
    { transB: 1, alpha: { float: 0.7 }, activation: 'Sigmoid' },
  ),
  own('FusedMatMul', { a: numbers(6, [2, 4, 3]), b: numbers(7, [2, 5, 4]) }, { transA: 1, transB: 1, alpha: { float: 0.4 } }),
  own('TransposeMatMul', { a: numbers(6, [2, 4, 3]), b: numbers(7, [2, 5, 4]) }, { transA: 1, transB: 1 }),
  own('SkipLayerNormalization', { x: tokens, skip, gamma, beta, bias }),
  own('SkipSimplifiedLayerNormalization', { x: tokens, skip, gamma, bias }),
  own('LayerNormalization', { x: tokens, gamma, beta }),
  own('SimplifiedLayerNormalization', { x: tokens, gamma }),
  own('Attention', { x: tokens, weights: numbers(14, [8, 24]), biases: numbers(15, [24]) }, heads),
  own('MultiHeadAttention', { query: numbers(16, [2, 3, 8]), key: numbers(17, [2, 5, 8]), value: numbers(18, [2, 5, 8]) }, heads),
  byDifferences({ operator: 'Trilu', opset: 13, domain: microsoft, inputs: { x: image } }),
  own(
    'GridSample',
    { x: numbers(2, [1, 2, 4, 5]), grid: float32([-0.63, -0.41, 0.33, 0.21, 0.72, -0.17, -0.22, 0.64], [1, 2, 2, 2]) },
    {},
    { step: 0.01, tolerance: 3e-3 },
  ),
]

const shape = [2, 3, 3, 4]
/** Operators that have no kernel on the CPU, or round: their plain forms tell. */
const byForm: Check[] = [
  byPlainForm({
    operators: [`${microsoft}:GroupNorm`],
    inputs: { x: numbers(9, shape), gamma: numbers(10, [4]), beta: numbers(11, [4]) },
    nodes: [node('GroupNorm', ['x', 'gamma', 'beta'], 'y', { groups: 2, activation: 1, epsilon: { float: 1e-3 } }, microsoft)],
    plain: [
      node('Transpose', ['x'], 'first', { perm: [0, 3, 1, 2] }),
      node('GroupNormalization', ['first', 'gamma', 'beta'], 'normal', { num_groups: 2, epsilon: { float: 1e-3 } }),
      node('Sigmoid', ['normal'], 'gate'),
      node('Mul', ['normal', 'gate'], 'silu'),
      node('Transpose', ['silu'], 'y', { perm: [0, 2, 3, 1] }),
    ],
    output: shape,
    opset: 21,
  }),
  byPlainForm({
    operators: [`${microsoft}:NhwcConv`],
    inputs: { x: numbers(9, shape), w: numbers(10, [6, 2, 3, 3]), b: numbers(11, [6]) },
    nodes: [node('NhwcConv', ['x', 'w', 'b'], 'y', { pads: [1, 1, 1, 1], group: 2 }, microsoft)],
    plain: [
      node('Transpose', ['x'], 'first', { perm: [0, 3, 1, 2] }),
      node('Conv', ['first', 'w', 'b'], 'product', { pads: [1, 1, 1, 1], group: 2 }),
      node('Transpose', ['product'], 'y', { perm: [0, 2, 3, 1] }),
    ],
    output: [2, 3, 3, 6],
  }),
  byPlainForm({
    operators: [`${microsoft}:QuantizeLinear`, `${microsoft}:DequantizeLinear`],
    inputs: { x: numbers(1, [2, 4, 5], -1.7, 1.8) },
    weights: { s: float32([0.013], []), z: uint8(120) },
    nodes: [node('QuantizeLinear', ['x', 's', 'z'], 'q', {}, microsoft), node('DequantizeLinear', ['q', 's', 'z'], 'y', {}, microsoft)],
    plain: [node('QuantizeLinear', ['x', 's', 'z'], 'q'), node('DequantizeLinear', ['q', 's', 'z'], 'y')],
    output: [2, 4, 5],
  }),
]

export const fusedChecks: readonly Check[] = [...detours, ...standard, ...fused, ...byForm]
