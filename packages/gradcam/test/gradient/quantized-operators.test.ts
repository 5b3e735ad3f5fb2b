/** @file Operators on quantised tensors against the same network of QuantizeLinear, DequantizeLinear and float operators. */
import { describe, expect, test } from 'vitest'
import { float32, sizeOf, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { numbers } from '../support/finite-differences.ts'
import { gradientsOf } from '../support/gradients.ts'

const domain = 'com.microsoft'
const scalar = (value: number): Tensor => float32([value], [])
const uint8 = (value: number): Tensor => ({ type: 'uint8', dims: [], data: Uint8Array.of(value) })
const whole = (seed: number, dims: readonly number[], low: number, high: number): number[] =>
  Array.from(numbers(seed, dims, low, high).data as Float32Array, Math.round)
const int8 = (seed: number, dims: readonly number[]): Tensor => ({ type: 'int8', dims, data: Int8Array.from(whole(seed, dims, -100, 100)) })
const int32 = (seed: number, dims: readonly number[]): Tensor => ({
  type: 'int32',
  dims,
  data: Int32Array.from(whole(seed, dims, -900, 900)),
})

/** Scales and zero points: of the input, of a second one, of the weights and of the output, which clips some values. */
const common = {
  sx: scalar(0.013),
  zx: uint8(120),
  sy: scalar(0.011),
  zy: uint8(101),
  sw: scalar(0.007),
  zw: { type: 'int8', dims: [], data: Int8Array.of(0) },
} as const satisfies Record<string, Tensor>

interface Pair {
  title: string
  inputs: Record<string, Tensor>
  weights?: Record<string, Tensor>
  /** Both between q (uint8, made of x; p of a second input) and r (uint8); the float steps between x̂ and ŷ. */
  quantized: readonly NodeSpec[]
  float: readonly NodeSpec[]
  output: readonly number[]
  opset?: number
}

const quantize = (from: string, to: string, scale: string): NodeSpec => node('QuantizeLinear', [from, `s${scale}`, `z${scale}`], to)
const dequantize = (from: string, to: string, scale: string, attributes = {}): NodeSpec =>
  node('DequantizeLinear', [from, `s${scale}`, `z${scale}`], to, attributes)

const x = numbers(1, [2, 4, 5, 6], -1.7, 1.8)
const second = numbers(2, [2, 4, 5, 6], -1.7, 1.8)
const rows = numbers(3, [3, 8], -1.7, 1.8)
const ends = ['sy', 'zy']
const window = { pads: [1, 1, 1, 1], strides: [2, 1], group: 2 }
const perFilter = {
  swf: float32([0.004, 0.006, 0.008, 0.01, 0.003, 0.007], [6]),
  zwf: { type: 'int8', dims: [6], data: new Int8Array(6) },
} as const satisfies Record<string, Tensor>

/** An operator of one quantised input, under another name and with scales. */
const single = (name: string, operator: string, output: readonly number[], attributes = {}, own = {}): Pair => ({
  title: name,
  inputs: { x },
  quantized: [node(name, ['q', 'sx', 'zx', ...ends], 'r', { ...attributes, ...own }, domain)],
  float: [node(operator, ['xf'], 'yf', attributes)],
  output,
})
const double = (name: string, operator: string): Pair => ({
  title: name,
  inputs: { x, p: second },
  quantized: [node(name, ['q', 'sx', 'zx', 'pq', 'sx', 'zx', ...ends], 'r', {}, domain)],
  float: [node(operator, ['xf', 'pf'], 'yf')],
  output: x.dims,
})

const pairs: Pair[] = [
  {
    title: 'QLinearConv, one scale per filter',
    inputs: { x },
    weights: { w: int8(4, [6, 2, 3, 3]), ...perFilter },
    quantized: [node('QLinearConv', ['q', 'sx', 'zx', 'w', 'swf', 'zwf', ...ends], 'r', window)],
    float: [dequantize('w', 'wf', 'wf', { axis: 0 }), node('Conv', ['xf', 'wf'], 'yf', window)],
    output: [2, 6, 3, 6],
  },
  {
    title: 'QLinearConv with a bias',
    inputs: { x },
    weights: {
      w: int8(4, [6, 2, 3, 3]),
      b: int32(5, [6]),
      sb: scalar(0.013 * 0.007),
      zb: { type: 'int32', dims: [], data: Int32Array.of(0) },
    },
    quantized: [node('QLinearConv', ['q', 'sx', 'zx', 'w', 'sw', 'zw', ...ends, 'b'], 'r', window)],
    float: [dequantize('w', 'wf', 'w'), dequantize('b', 'bf', 'b'), node('Conv', ['xf', 'wf', 'bf'], 'yf', window)],
    output: [2, 6, 3, 6],
  },
  {
    title: 'QLinearMatMul',
    inputs: { x: rows },
    weights: { w: int8(6, [8, 5]) },
    quantized: [node('QLinearMatMul', ['q', 'sx', 'zx', 'w', 'sw', 'zw', ...ends], 'r')],
    float: [dequantize('w', 'wf', 'w'), node('MatMul', ['xf', 'wf'], 'yf')],
    output: [3, 5],
  },
  {
    title: 'QGemm with a bias',
    inputs: { x: rows },
    weights: {
      w: int8(6, [5, 8]),
      b: int32(5, [5]),
      sb: scalar(0.013 * 0.007 * 0.9),
      zb: { type: 'int32', dims: [], data: Int32Array.of(0) },
    },
    quantized: [node('QGemm', ['q', 'sx', 'zx', 'w', 'sw', 'zw', 'b', ...ends], 'r', { transB: 1, alpha: { float: 0.9 } }, domain)],
    float: [
      dequantize('w', 'wf', 'w'),
      dequantize('b', 'bf', 'b'),
      node('Gemm', ['xf', 'wf', 'bf'], 'yf', { transB: 1, alpha: { float: 0.9 } }),
    ],
    output: [3, 5],
  },
  double('QLinearAdd', 'Add'),
  double('QLinearMul', 'Mul'),
  {
    title: 'QLinearMul of a tensor with itself',
    inputs: { x },
    quantized: [node('QLinearMul', ['q', 'sx', 'zx', 'q', 'sx', 'zx', ...ends], 'r', {}, domain)],
    float: [node('Mul', ['xf', 'xf'], 'yf')],
    output: x.dims,
  },
  single('QLinearSigmoid', 'Sigmoid', x.dims),
  single('QLinearLeakyRelu', 'LeakyRelu', x.dims, { alpha: { float: 0.2 } }),
  single('QLinearSoftmax', 'Softmax', x.dims, { axis: -1 }, { opset: 13 }),
  single('QLinearGlobalAveragePool', 'GlobalAveragePool', [2, 4, 1, 1]),
  single('QLinearAveragePool', 'AveragePool', [2, 4, 3, 6], { kernel_shape: [3, 3], strides: [2, 1], pads: [1, 1, 1, 1] }),
  {
    title: 'QLinearConcat',
    inputs: { x, p: second },
    quantized: [node('QLinearConcat', [...ends, 'q', 'sx', 'zx', 'pq', 'sx', 'zx'], 'r', { axis: 1 }, domain)],
    float: [node('Concat', ['xf', 'pf'], 'yf', { axis: 1 })],
    output: [2, 8, 5, 6],
  },
  {
    title: 'QLinearGlobalAveragePool, channels last',
    inputs: { x },
    quantized: [node('QLinearGlobalAveragePool', ['q', 'sx', 'zx', ...ends], 'r', { channels_last: 1 }, domain)],
    float: [node('ReduceMean', ['xf'], 'yf', { axes: [1, 2], keepdims: 1 })],
    output: [2, 1, 1, 6],
  },
]

const has = (inputs: Record<string, Tensor>): boolean => 'p' in inputs
const names = (inputs: Record<string, Tensor>): string[] => Object.keys(inputs)
const before = (inputs: Record<string, Tensor>): NodeSpec[] => [quantize('x', 'q', 'x'), ...(has(inputs) ? [quantize('p', 'pq', 'x')] : [])]
const unpacked = (inputs: Record<string, Tensor>): NodeSpec[] => [
  dequantize('q', 'xf', 'x'),
  ...(has(inputs) ? [dequantize('pq', 'pf', 'x')] : []),
]

function gradientsThrough(
  nodes: readonly NodeSpec[],
  { inputs, weights = {}, output, opset = 13 }: Omit<Pair, 'title' | 'quantized' | 'float'>,
): Promise<Record<string, Tensor>> {
  const shapes = Object.fromEntries(names(inputs).map((name) => [name, inputs[name]?.dims ?? []]))
  const read = new Set(nodes.flatMap((spec) => spec.inputs))
  const used = Object.fromEntries(Object.entries({ ...common, ...weights }).filter(([name]) => read.has(name)))
  const model = buildModel({ inputs: shapes, outputs: { y: output }, nodes, weights: used, opset, domains: [domain] })
  return gradientsOf(model, inputs, { y: numbers(9, output) }, names(inputs))
}

function expectSame(actual: Record<string, Tensor>, expected: Record<string, Tensor>): void {
  for (const [name, tensor] of Object.entries(expected)) {
    const values = tensor.data as Float32Array
    expect(values.filter((value) => value !== 0).length).toBeGreaterThan(values.length / 4)
    expectClose(actual[name] as Tensor, tensor, { atol: 1e-5, rtol: 1e-4 }, `gradient of ${name}`)
  }
}

describe('operators on quantised tensors', () => {
  for (const { title, quantized, float, ...pair } of pairs) {
    test(title, async () => {
      const { inputs } = pair
      const after = dequantize('r', 'y', 'y')
      const expected = await gradientsThrough([...before(inputs), ...unpacked(inputs), ...float, quantize('yf', 'r', 'y'), after], pair)
      expectSame(await gradientsThrough([...before(inputs), ...quantized, after], pair), expected)
    })
  }

  test('some values are clipped, some are not', async () => {
    const pair = { inputs: { x }, output: x.dims }
    const { x: gradient } = await gradientsThrough([quantize('x', 'q', 'x'), dequantize('q', 'y', 'x')], pair)
    const seed = numbers(9, x.dims)
    const clipped = (value: number): boolean => value / 0.013 < -120.5 || value / 0.013 > 135.5
    const expected = (x.data as Float32Array).map((value, i) => (clipped(value) ? 0 : Number(seed.data[i])))
    expect(expected.filter((value) => value === 0).length).toBeGreaterThan(5)
    expectClose(gradient as Tensor, float32(expected, x.dims), { atol: 1e-6, rtol: 1e-5 })
  })

  test('integers are moved, pooled and clipped on their way', async () => {
    const moves = (from: string, to: string): NodeSpec[] => [
      node('MaxPool', [from], `${to}1`, { kernel_shape: [2, 2], strides: [1, 2] }),
      node('Transpose', [`${to}1`], `${to}2`, { perm: [0, 2, 3, 1] }),
      node('Reshape', [`${to}2`, 'flat'], to),
    ]
    const pair = {
      inputs: { x },
      weights: { flat: { type: 'int64', dims: [2], data: BigInt64Array.of(2n, -1n) } as const },
      output: [2, 48],
    }
    const expected = await gradientsThrough([...before(pair.inputs), dequantize('q', 'f', 'x'), ...moves('f', 'y')], pair)
    const actual = await gradientsThrough([...before(pair.inputs), ...moves('q', 'r'), dequantize('r', 'y', 'x')], pair)
    const nonZero = (tensor: Tensor | undefined): number => toFloat32(tensor as Tensor).filter((value) => value !== 0).length
    expect(nonZero(expected['x'])).toBeGreaterThan(sizeOf(x.dims) / 8)
    expectClose(actual['x'] as Tensor, expected['x'] as Tensor, { atol: 1e-6, rtol: 1e-5 })
  })
})

describe('scales chosen while running', () => {
  const scaled = (product: NodeSpec): NodeSpec[] => [
    node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
    product,
    node('Cast', ['sum'], 'float', { to: 1 }),
    node('Mul', ['s', 'sw'], 'scale'),
    node('Mul', ['float', 'scale'], 'y'),
  ]

  test('DynamicQuantizeLinear and MatMulInteger', async () => {
    const pair = { inputs: { x: rows }, weights: { w: int8(6, [8, 5]) }, output: [3, 5] }
    const expected = await gradientsThrough([dequantize('w', 'wf', 'w'), node('MatMul', ['x', 'wf'], 'y')], pair)
    expectSame(await gradientsThrough(scaled(node('MatMulInteger', ['q', 'w', 'z', 'zw'], 'sum')), pair), expected)
  })

  test('DynamicQuantizeLinear and ConvInteger', async () => {
    const weights = {
      w: { type: 'uint8', dims: [6, 2, 3, 3], data: Uint8Array.from(whole(4, [6, 2, 3, 3], 20, 220)) },
      zw: uint8(128),
    } as const satisfies Record<string, Tensor>
    const pair = { inputs: { x }, weights, output: [2, 6, 3, 6] }
    const expected = await gradientsThrough([dequantize('w', 'wf', 'w'), node('Conv', ['x', 'wf'], 'y', window)], pair)
    expectSame(await gradientsThrough(scaled(node('ConvInteger', ['q', 'w', 'z', 'zw'], 'sum', window)), pair), expected)
  })
})
