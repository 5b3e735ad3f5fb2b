/** @file Conformance checks of operators on quantised tensors, against the float operators between quantiser and dequantiser. */
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { node, type NodeSpec } from '../support/build.ts'
import type { Check } from './conformance-check.ts'
import { byPlainForm, microsoft } from './conformance-forms.ts'
import { numbers } from '../support/finite-differences.ts'

const scalar = (value: number): Tensor => float32([value], [])
const zeroPoint = (value: number): Tensor => ({ type: 'uint8', dims: [], data: Uint8Array.of(value) })
const int8 = (seed: number, dims: readonly number[]): Tensor => ({
  type: 'int8',
  dims,
  data: Int8Array.from(numbers(seed, dims, -100, 100).data as Float32Array, Math.round),
})

/** Scales and zero points: of inputs, weights and output. The output's clips some values. */
const weights: Record<string, Tensor> = {
  sx: scalar(0.013),
  zx: zeroPoint(120),
  sy: scalar(0.011),
  zy: zeroPoint(101),
  sw: scalar(0.007),
  zw: { type: 'int8', dims: [], data: Int8Array.of(0) },
  filters: int8(4, [6, 2, 3, 3]),
  matrix: int8(6, [8, 5]),
  turned: int8(6, [5, 8]),
}

const image = numbers(1, [2, 4, 5, 6], -1.7, 1.8)
const second = numbers(2, [2, 4, 5, 6], -1.7, 1.8)
const rows = numbers(3, [3, 8], -1.7, 1.8)
const window = { pads: [1, 1, 1, 1], strides: [2, 1], group: 2 }
const quantize = (from: string, to: string, scale: string): NodeSpec => node('QuantizeLinear', [from, `s${scale}`, `z${scale}`], to)
const dequantize = (from: string, to: string, scale: string): NodeSpec => node('DequantizeLinear', [from, `s${scale}`, `z${scale}`], to)

/** From q (and p, of a second input) to r, and the float steps from xf (and pf) to yf. */
function quantized(
  operator: string,
  nodes: readonly NodeSpec[],
  float: readonly NodeSpec[],
  inputs: Record<string, Tensor>,
  output: readonly number[],
): Check {
  const twice = 'p' in inputs
  const before = [quantize('x', 'q', 'x'), ...(twice ? [quantize('p', 'pq', 'x')] : [])]
  const unpacked = [dequantize('q', 'xf', 'x'), ...(twice ? [dequantize('pq', 'pf', 'x')] : [])]
  return byPlainForm({
    operators: [operator],
    inputs,
    weights,
    nodes: [...before, ...nodes, dequantize('r', 'y', 'y')],
    plain: [...before, ...unpacked, ...float, quantize('yf', 'r', 'y'), dequantize('r', 'y', 'y')],
    output,
  })
}

const [x, w, y] = [['q', 'sx', 'zx'], (name: string) => [name, 'sw', 'zw'], ['sy', 'zy']] as const
const own = (operator: string): string => `${microsoft}:${operator}`

/** One input, the same operator by a longer name. */
const single = (
  operator: string,
  output: readonly number[] = image.dims,
  attributes: NodeSpec['attributes'] = {},
  extra: NodeSpec['attributes'] = {},
): Check =>
  quantized(
    own(`QLinear${operator}`),
    [node(`QLinear${operator}`, [...x, ...y], 'r', { ...attributes, ...extra }, microsoft)],
    [node(operator, ['xf'], 'yf', attributes)],
    { x: image },
    output,
  )
const double = (operator: string): Check =>
  quantized(
    own(`QLinear${operator}`),
    [node(`QLinear${operator}`, [...x, 'pq', 'sx', 'zx', ...y], 'r', {}, microsoft)],
    [node(operator, ['xf', 'pf'], 'yf')],
    { x: image, p: second },
    image.dims,
  )

/** A product of integers whose scale is chosen while running. */
const dynamic = (
  operator: string,
  name: string,
  float: NodeSpec,
  input: Tensor,
  output: readonly number[],
  attributes: NodeSpec['attributes'] = {},
): Check =>
  byPlainForm({
    operators: ['DynamicQuantizeLinear', operator],
    inputs: { x: input },
    weights: {
      ...weights,
      unsigned: { type: 'uint8', dims: [6, 2, 3, 3], data: Uint8Array.from(weights['filters']?.data as Int8Array, (v) => v + 128) },
      zu: zeroPoint(128),
    },
    nodes: [
      node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
      node(operator, ['q', name, 'z', name === 'unsigned' ? 'zu' : 'zw'], 'total', attributes),
      node('Cast', ['total'], 'float', { to: 1 }),
      node('Mul', ['s', 'sw'], 'scale'),
      node('Mul', ['float', 'scale'], 'y'),
    ],
    plain: [dequantize(name === 'unsigned' ? 'filters' : name, 'wf', 'w'), float],
    output,
  })

export const quantizedChecks: readonly Check[] = [
  quantized(
    'QLinearConv',
    [node('QLinearConv', [...x, ...w('filters'), ...y], 'r', window)],
    [dequantize('filters', 'wf', 'w'), node('Conv', ['xf', 'wf'], 'yf', window)],
    { x: image },
    [2, 6, 3, 6],
  ),
  quantized(
    'QLinearMatMul',
    [node('QLinearMatMul', [...x, ...w('matrix'), ...y], 'r')],
    [dequantize('matrix', 'wf', 'w'), node('MatMul', ['xf', 'wf'], 'yf')],
    { x: rows },
    [3, 5],
  ),
  quantized(
    own('QGemm'),
    [node('QGemm', [...x, ...w('turned'), '', ...y], 'r', { transB: 1 }, microsoft)],
    [dequantize('turned', 'wf', 'w'), node('Gemm', ['xf', 'wf'], 'yf', { transB: 1 })],
    { x: rows },
    [3, 5],
  ),
  double('Add'),
  double('Mul'),
  single('Sigmoid'),
  single('LeakyRelu', image.dims, { alpha: { float: 0.2 } }),
  single('Softmax', image.dims, { axis: -1 }, { opset: 13 }),
  single('GlobalAveragePool', [2, 4, 1, 1]),
  single('AveragePool', [2, 4, 3, 6], { kernel_shape: [3, 3], strides: [2, 1], pads: [1, 1, 1, 1] }),
  quantized(
    own('QLinearConcat'),
    [node('QLinearConcat', [...y, ...x, 'pq', 'sx', 'zx'], 'r', { axis: 1 }, microsoft)],
    [node('Concat', ['xf', 'pf'], 'yf', { axis: 1 })],
    { x: image, p: second },
    [2, 8, 5, 6],
  ),
  dynamic('MatMulInteger', 'matrix', node('MatMul', ['x', 'wf'], 'y'), rows, [3, 5]),
  dynamic('ConvInteger', 'unsigned', node('Conv', ['x', 'wf'], 'y', window), image, [2, 6, 3, 6], window),
]
