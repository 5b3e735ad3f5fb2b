/** @file Gradients of operators without a golden case, or without one for an attribute or a free batch, against finite differences. */
import { describe, expect, test } from 'vitest'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { checkByDifferences, type DifferenceOptions, numbers, type OneNode, oneNode } from '../support/finite-differences.ts'
import { gradientsOf } from '../support/gradients.ts'

interface Case extends OneNode {
  title: string
  check?: DifferenceOptions
}

const boolean = (dims: readonly number[], values: readonly number[]): Tensor => ({ type: 'bool', dims, data: Uint8Array.from(values) })
const int64 = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(values, BigInt),
})
const x = numbers(1, [2, 4, 3, 5])
const free = ['x']
/** Apart by 0.1 at least: no order changes within a difference quotient. */
const distinct = (dims: readonly number[], order: readonly number[]): Tensor =>
  float32(
    Float32Array.from(order, (place) => 0.1 * place - 0.6),
    dims,
  )
const shuffled = distinct([2, 6], [3, 11, 7, 1, 9, 5, 8, 0, 6, 10, 2, 4])

const activations: Case[] = [
  { title: 'Swish', operator: 'Swish', opset: 24, inputs: { x }, free },
  { title: 'Swish, alpha', operator: 'Swish', opset: 24, inputs: { x }, attributes: { alpha: { float: 1.7 } } },
  {
    title: 'Pow of a free batch, exponent computed',
    operator: 'Pow',
    opset: 15,
    inputs: { x: numbers(1, [2, 3], 0.5, 2), p: numbers(2, [3], 1, 3) },
    free,
  },
  {
    title: 'Pow at zero, whole exponents',
    operator: 'Pow',
    opset: 13,
    inputs: { x: float32([0, 0, 0, 0], [4]) },
    constants: { p: float32([0, 1, 2, 3], [4]) },
  },
  {
    title: 'Pow at zero, whole exponents computed',
    operator: 'Pow',
    opset: 13,
    inputs: { x: float32([0, 0, 0, 0], [4]), p: float32([0, 1, 2, 3], [4]) },
    check: { wrt: ['x'] },
  },
  {
    title: 'Pow at zero, by its exponent',
    operator: 'Pow',
    opset: 13,
    inputs: { x: float32([0, 2], [2]), p: float32([1.5, 0.5], [2]) },
    check: { wrt: ['p'] },
  },
  {
    title: 'Max of three, free batch',
    operator: 'Max',
    opset: 13,
    inputs: { x: shuffled, a: numbers(2, [1], -0.15, -0.14), b: numbers(3, [2, 1], 0.14, 0.15) },
    free,
  },
]

const normalizations: Case[] = [
  { title: 'RMSNormalization, last axis', operator: 'RMSNormalization', opset: 23, inputs: { x, scale: numbers(2, [5]) }, free },
  {
    title: 'RMSNormalization, axis 1, scale broadcast',
    operator: 'RMSNormalization',
    opset: 23,
    inputs: { x, scale: numbers(2, [4, 1, 5]) },
    attributes: { axis: 1, epsilon: { float: 0.1 } },
    free,
  },
  {
    title: 'LayerNormalization, bias broadcast',
    operator: 'LayerNormalization',
    opset: 17,
    inputs: { x, scale: numbers(2, [3, 5]), bias: numbers(3, [1, 5]) },
    attributes: { axis: 2 },
    free,
  },
  {
    title: 'LayerNormalization, mean and deviation alone',
    operator: 'LayerNormalization',
    opset: 17,
    inputs: { x, scale: numbers(2, [3, 5]) },
    outputs: ['y', 'mean', 'deviation'],
    attributes: { axis: -2 },
    free,
    check: { of: ['mean', 'deviation'], wrt: ['x'] },
  },
  {
    title: 'GroupNormalization, parameters per group',
    operator: 'GroupNormalization',
    opset: 18,
    inputs: { x, scale: numbers(2, [2]), bias: numbers(3, [2]) },
    attributes: { num_groups: 2 },
    free,
  },
  {
    title: 'GroupNormalization, parameters per channel',
    operator: 'GroupNormalization',
    opset: 21,
    inputs: { x, scale: numbers(2, [4]), bias: numbers(3, [4]) },
    attributes: { num_groups: 2 },
    free,
  },
  {
    title: 'InstanceNormalization, free batch',
    operator: 'InstanceNormalization',
    opset: 22,
    inputs: { x, scale: numbers(2, [4]), bias: numbers(3, [4]) },
    free,
  },
  { title: 'MeanVarianceNormalization over a free batch', operator: 'MeanVarianceNormalization', opset: 13, inputs: { x }, free },
  {
    title: 'LpNormalization, p = 1, free batch',
    operator: 'LpNormalization',
    opset: 22,
    inputs: { x },
    attributes: { p: 1, axis: 1 },
    free,
    check: { step: 0.002, tolerance: 5e-3 },
  },
]

const noop = { noop_with_empty_axes: 1 }
const reductions: Case[] = [
  ...['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceSumSquare', 'ReduceProd', 'ReduceMax', 'ReduceMin'].flatMap(
    (operator): Case[] => [
      {
        title: `${operator} over a free batch`,
        operator,
        opset: 18,
        inputs: { x: numbers(4, [2, 3], 0.6, 1.6) },
        constants: { axes: int64([0]) },
        free,
      },
      { title: `${operator} over no axis`, operator, opset: 18, inputs: { x: numbers(4, [2, 3], 0.6, 1.6) }, attributes: noop, free },
    ],
  ),
  {
    title: 'ReduceProd with one zero, and with two',
    operator: 'ReduceProd',
    opset: 13,
    inputs: { x: float32([0.5, 0, 2, -1.5, 0, 0, 3, 0.7], [2, 4]) },
    attributes: { axes: [1] },
    free,
  },
  {
    title: 'TopK, k as an attribute',
    operator: 'TopK',
    opset: 9,
    inputs: { x: shuffled },
    outputs: ['y', 'places'],
    attributes: { k: 3, axis: 1 },
    free,
  },
  {
    title: 'TopK along the first axis',
    operator: 'TopK',
    opset: 11,
    inputs: { x: shuffled },
    constants: { k: int64([1]) },
    outputs: ['y', 'places'],
    attributes: { axis: 0, largest: 0 },
  },
  {
    title: 'CumSum, free batch',
    operator: 'CumSum',
    opset: 14,
    inputs: { x },
    constants: { axis: int64([1], []) },
    attributes: { reverse: 1 },
    free,
  },
  {
    title: 'LpPool, dilated, rounded up',
    operator: 'LpPool',
    opset: 18,
    inputs: { x: numbers(5, [2, 2, 6, 5], 0.2, 1) },
    attributes: { kernel_shape: [2, 2], strides: [2, 2], dilations: [2, 1], ceil_mode: 1, p: 3 },
    free,
  },
  {
    title: 'GlobalLpPool, free batch',
    operator: 'GlobalLpPool',
    opset: 18,
    inputs: { x: numbers(5, [2, 2, 3, 3], 0.2, 1) },
    attributes: { p: 4 },
    free,
  },
]

const einsum = (equation: string, shapes: readonly (readonly number[])[], freeBatch = true): Case => {
  const names = ['x', 'b', 'c'].slice(0, shapes.length)
  const inputs = Object.fromEntries(names.map((name, i) => [name, numbers(i + 7, shapes[i] ?? [])]))
  return { title: `Einsum ${equation}`, operator: 'Einsum', opset: 12, inputs, attributes: { equation }, free: freeBatch ? free : [] }
}

const linear: Case[] = [
  einsum('bhwc,hkc->bhwk', [
    [2, 3, 4, 2],
    [3, 2, 2],
  ]),
  einsum('...ij,...jk->...ik', [
    [2, 3, 2, 2],
    [1, 3, 2, 4],
  ]),
  einsum('...ij,...jk', [
    [2, 1, 2, 2],
    [1, 3, 2, 4],
  ]),
  einsum('i...->...', [[2, 3, 4]]),
  einsum('b i j -> j b', [[2, 3, 4]]),
  einsum('cab,b', [[2, 3, 4], [4]]),
  einsum('bij,bij->b', [
    [2, 3, 4],
    [2, 3, 4],
  ]),
  einsum('ij,jk,kl->l', [
    [2, 3],
    [3, 2],
    [2, 4],
  ]),
  einsum('ii->i', [[3, 3]], false),
  einsum('ii->', [[3, 3]], false),
  einsum('bii,bi->b', [
    [2, 3, 3],
    [2, 3],
  ]),
  einsum('iij,j->ji', [[3, 3, 2], [2]], false),
  {
    title: 'Trilu, lower, above the diagonal',
    operator: 'Trilu',
    opset: 14,
    inputs: { x },
    constants: { k: int64([1], []) },
    attributes: { upper: 0 },
    free,
  },
  { title: 'Trilu, upper', operator: 'Trilu', opset: 14, inputs: { x }, free },
]

const [q, k, v] = [numbers(1, [2, 4, 3, 6]), numbers(2, [2, 4, 5, 6]), numbers(3, [2, 4, 5, 2])]
const infinite = float32([...new Array<number>(5).fill(-Infinity), ...new Array<number>(10).fill(0)], [3, 5])
const attention = (title: string, inputs: Record<string, Tensor>, attributes: Case['attributes'] = {}, opset = 23): Case => ({
  title: `Attention, ${title}`,
  operator: 'Attention',
  opset,
  inputs,
  attributes,
  free: ['q', 'k', 'v'],
})
const attentions: Case[] = [
  attention('four axes', { q, k, v }),
  attention('four axes, opset 24', { q, k, v }, {}, 24),
  attention(
    'three axes',
    { q: numbers(1, [2, 3, 8]), k: numbers(2, [2, 5, 8]), v: numbers(3, [2, 5, 4]) },
    { q_num_heads: 2, kv_num_heads: 2 },
  ),
  attention('causal', { q, k, v }, { is_causal: 1, scale: { float: 0.7 } }),
  attention('float mask', { q, k, v, mask: numbers(4, [3, 5], -2, 2) }),
  attention('mask per head, softcap', { q, k, v, mask: numbers(4, [1, 4, 3, 5], -2, 2) }, { softcap: { float: 0.8 } }),
  attention(
    'boolean mask, softcap',
    { q, k, v, mask: boolean([3, 5], [1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1]) },
    { softcap: { float: 1.5 } },
  ),
  attention('a query without keys, boolean mask', { q, k, v, mask: boolean([3, 5], [0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1]) }),
  {
    ...attention('a query without keys, infinite mask', { q, k, v, mask: infinite }, { softcap: { float: 1.5 } }),
    check: { wrt: ['q', 'k', 'v'] },
  },
  attention('grouped queries', { q, k: numbers(2, [2, 2, 5, 6]), v: numbers(3, [2, 2, 5, 2]) }),
  attention(
    'one head of keys, three axes, causal',
    { q: numbers(1, [2, 3, 8]), k: numbers(2, [2, 3, 4]), v: numbers(3, [2, 3, 3]) },
    { q_num_heads: 2, kv_num_heads: 1, is_causal: 1 },
  ),
]

describe('gradients against finite differences', () => {
  for (const { title, check, ...node } of [...activations, ...normalizations, ...reductions, ...linear, ...attentions]) {
    test(title, () => checkByDifferences(oneNode(node), node.inputs, check))
  }
})

describe('operators whose gradient is zero', () => {
  for (const operator of ['Floor', 'Round', 'Hardmax', 'EyeLike']) {
    test(operator, async () => {
      const inputs = { x: numbers(1, [3, 4]) }
      const seeds = { y: numbers(2, [3, 4]) }
      const { x: gradient } = await gradientsOf(oneNode({ operator, opset: 13, inputs }), inputs, seeds, ['x'])
      expect(Array.from(gradient?.data as Float32Array)).toEqual(new Array(12).fill(0))
    })
  }
})

describe('what cannot be differentiated is refused', () => {
  const past = { q, k, v, pastKey: numbers(4, [2, 4, 1, 6]), pastValue: numbers(5, [2, 4, 1, 2]) }
  const cached = oneNode({
    operator: 'Attention',
    opset: 23,
    inputs: past,
    reads: ['q', 'k', 'v', '', 'pastKey', 'pastValue'],
    outputs: ['y', 'key', 'value'],
  })

  test('Attention with a cache', async () => {
    await expect(checkByDifferences(cached, past)).rejects.toThrow(/Attention node y: keys and values of the past/)
  })
})
