/** @file Layer-wise relevance propagation keeps the sum: what comes out of an operator goes in, whatever the rule. */
import { describe, expect, test } from 'vitest'
import { lrpEpsilon, lrpGamma, lrpZPlus } from '../../src/gradient/tables.ts'
import type { AttributeValue } from '../../src/graph/emit.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { type ModelSpec, node } from '../support/build.ts'
import { numbers } from '../support/finite-differences.ts'
import { relevance, total, wide } from '../support/relevance-of.ts'

/** A node on x [2, 4, 6, 6], constants by name, attributes, shape of y. */
interface Case {
  operator: string
  constants?: Record<string, Tensor>
  attributes?: Record<string, AttributeValue>
  /** Names that it reads; x and the constants unless told. */
  reads?: string[]
  shape?: number[]
  opset?: number
  domain?: string
}

const ints = (...values: number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })
const four = (value: number): Tensor => float32(new Float32Array(4).fill(value), [4])
const pool = { kernel_shape: [2, 2], strides: [2, 2] }
const conserving: Case[] = [
  ...['Relu', 'LeakyRelu', 'Elu', 'Softplus', 'HardSwish', 'Sigmoid', 'Tanh', 'Neg', 'Abs', 'Identity'].map((operator) => ({ operator })),
  { operator: 'Gelu', opset: 20 },
  { operator: 'Clip', constants: { low: float32([0], []), high: float32([1], []) } },
  { operator: 'Max', constants: { low: float32([0.9], []) } },
  { operator: 'Max', reads: ['x', 'x'] },
  { operator: 'MaxPool', attributes: pool, shape: [2, 4, 3, 3] },
  { operator: 'AveragePool', attributes: pool, shape: [2, 4, 3, 3] },
  { operator: 'LpPool', attributes: pool, shape: [2, 4, 3, 3] },
  ...['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'].map((operator) => ({ operator, shape: [2, 4, 1, 1] })),
  ...['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceL2'].map((operator) => ({
    operator,
    ...(operator === 'ReduceSum' ? { constants: { axes: ints(2, 3) } } : { attributes: { axes: [2, 3] } }),
    shape: [2, 4, 1, 1],
  })),
  { operator: 'LRN', attributes: { size: 3 } },
  { operator: 'InstanceNormalization', constants: { scale: four(2), bias: four(1) } },
  { operator: 'LayerNormalization', constants: { scale: float32(new Float32Array(6).fill(2), [6]) }, opset: 17 },
  { operator: 'BatchNormalization', constants: { scale: four(2), bias: four(0), mean: four(0), variance: four(3) } },
  { operator: 'Add', reads: ['x', 'x'] },
  ...['Sum', 'Mean', 'Concat'].map((operator) => ({
    operator,
    reads: ['x', 'x', 'x'],
    ...(operator === 'Concat' ? { attributes: { axis: 1 }, shape: [2, 12, 6, 6] } : {}),
  })),
  { operator: 'Mul', constants: { c: numbers(1, [4, 1, 1]) } },
  { operator: 'Mul', constants: { c: numbers(1, [3, 2, 4, 6, 6]) }, shape: [3, 2, 4, 6, 6] },
  { operator: 'Div', constants: { c: numbers(1, [4, 1, 1]) } },
  { operator: 'MatMul', constants: { w: numbers(2, [6, 3], 0.1, 1) }, shape: [2, 4, 6, 3] },
  { operator: 'MatMul', constants: { w: numbers(2, [3, 6], 0.1, 1) }, reads: ['w', 'x'], shape: [2, 4, 3, 6] },
  { operator: 'Einsum', constants: { w: numbers(2, [4, 3], 0.1, 1) }, attributes: { equation: 'nchw,ck->nkhw' }, shape: [2, 3, 6, 6] },
  { operator: 'Conv', constants: { w: numbers(2, [6, 2, 3, 3], 0.1, 1) }, attributes: { group: 2 }, shape: [2, 6, 4, 4] },
  {
    operator: 'ConvTranspose',
    constants: { w: numbers(2, [4, 3, 3, 3], 0.1, 1) },
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1], group: 2 },
    shape: [2, 6, 12, 12],
  },
  ...['nearest', 'linear'].map((mode) => ({
    operator: 'Resize',
    constants: { roi: float32([], [0]), scales: float32([1, 1, 2, 2], [4]) },
    attributes: { mode },
    shape: [2, 4, 12, 12],
  })),
  { operator: 'Transpose', attributes: { perm: [0, 2, 3, 1] }, shape: [2, 6, 6, 4] },
  { operator: 'Slice', constants: { starts: ints(1), ends: ints(5), axes: ints(2), steps: ints(2) }, shape: [2, 4, 2, 6] },
  { operator: 'Gather', constants: { indices: ints(1, 1, 3) }, attributes: { axis: 1 }, shape: [2, 3, 6, 6] },
  { operator: 'Tile', constants: { repeats: ints(1, 2, 1, 1) }, shape: [2, 8, 6, 6] },
  { operator: 'BiasGelu', constants: { bias: float32(new Float32Array(6), [6]) }, domain: 'com.microsoft' },
  {
    operator: 'FusedConv',
    constants: { w: numbers(2, [6, 4, 3, 3], 0.1, 1) },
    attributes: { activation: 'Relu' },
    shape: [2, 6, 4, 4],
    domain: 'com.microsoft',
  },
]

const oneOperator = ({
  operator,
  constants = {},
  attributes = {},
  reads,
  shape = [2, 4, 6, 6],
  opset = 13,
  domain = '',
}: Case): ModelSpec => ({
  inputs: { x: [2, 4, 6, 6] },
  outputs: { y: shape },
  weights: constants,
  opset,
  domains: domain === '' ? [] : [domain],
  nodes: [node(operator, reads ?? ['x', ...Object.keys(constants)], 'y', attributes, domain)],
})

describe('what comes out goes in', () => {
  const x = numbers(21, [2, 4, 6, 6], 0.3, 1.5)

  test.each(conserving)('$operator $attributes $reads', async (each) => {
    const seed = numbers(22, each.shape ?? [2, 4, 6, 6], -1, 2)
    const results = await Promise.all(
      [lrpEpsilon(), lrpGamma(), lrpZPlus()].map(async (rules) => relevance(oneOperator(each), { x }, 'y', seed, ['x'], rules)),
    )
    for (const result of results) expect(total(wide(result.x)) / total(wide(seed))).toBeCloseTo(1, 4)
  })

  test('a quantised convolution: a zero point is no bias', async () => {
    const byte = (value: number): Tensor => ({ type: 'uint8', dims: [], data: Uint8Array.of(value) })
    const spec: ModelSpec = {
      inputs: { x: [1, 2, 5, 5] },
      outputs: { y: [1, 3, 3, 3] },
      weights: {
        ...{ sx: float32([0.02], []), zx: byte(100), sw: float32([0.01], []), zw: byte(20), sy: float32([0.5], []), zy: byte(0) },
        w: { type: 'uint8', dims: [3, 2, 3, 3], data: Uint8Array.from({ length: 54 }, (_, i) => 30 + ((i * 37) % 200)) },
      },
      nodes: [
        node('QuantizeLinear', ['x', 'sx', 'zx'], 'q'),
        node('QLinearConv', ['q', 'sx', 'zx', 'w', 'sw', 'zw', 'sy', 'zy'], 'c'),
        node('DequantizeLinear', ['c', 'sy', 'zy'], 'y'),
      ],
    }
    const seed = numbers(23, [1, 3, 3, 3], 0, 1)
    const images = numbers(24, [1, 2, 5, 5], 0, 2)
    const result = wide((await relevance(spec, { x: images }, 'y', seed, ['x'], lrpZPlus())).x)
    expect(total(result)).toBeCloseTo(total(wide(seed)), 4)
    expect(Math.min(...result)).toBeGreaterThanOrEqual(0)
  })
})
