/** @file ONNX Runtime's own operators (com.microsoft) against finite differences of what it computes itself. */
import { describe, expect, test } from 'vitest'
import { castFloat32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { checkByDifferences, type DifferenceOptions, numbers, type OneNode, oneNode } from '../support/finite-differences.ts'
import { gradientsOf } from '../support/gradients.ts'

interface Case extends OneNode {
  title: string
  check?: DifferenceOptions
}

const domain = 'com.microsoft'
const int32 = (values: readonly number[], dims: readonly number[]): Tensor => ({ type: 'int32', dims, data: Int32Array.from(values) })
/** Close to a kink a wide step would see both sides. */
const strictBatch: DifferenceOptions = { step: 0.004, tolerance: 4e-3 }

const x = numbers(1, [2, 3, 4], -2, 2)
const activations: Case[] = ['Gelu', 'FastGelu', 'QuickGelu', 'BiasGelu'].map((operator) => ({
  title: operator,
  operator,
  opset: 13,
  domain,
  inputs: operator === 'BiasGelu' ? { x, bias: numbers(2, [4]) } : { x },
  free: ['x'],
}))
activations.push(
  { title: 'FastGelu with a bias', operator: 'FastGelu', opset: 13, domain, inputs: { x, bias: numbers(2, [4]) }, free: ['x'] },
  { title: 'QuickGelu, alpha', operator: 'QuickGelu', opset: 13, domain, inputs: { x }, attributes: { alpha: { float: 0.8 } } },
)

const image = numbers(3, [2, 4, 5, 6])
const filters = numbers(4, [6, 2, 3, 3])
const bias = numbers(5, [6])
const window = { pads: [1, 1, 1, 1], strides: [2, 1], group: 2 }
const fusedConv = (
  title: string,
  attributes: OneNode['attributes'],
  inputs: OneNode['inputs'] = { image, filters, bias },
  check?: DifferenceOptions,
): Case => ({
  title: `FusedConv ${title}`,
  operator: 'FusedConv',
  opset: 13,
  domain,
  inputs,
  attributes: { ...window, ...attributes },
  free: ['image'],
  ...(check ? { check } : {}),
})
const matrices = { a: numbers(6, [2, 3, 4]), b: numbers(7, [2, 4, 5]) }
const linear: Case[] = [
  fusedConv('Tanh', { activation: 'Tanh' }),
  fusedConv('Sigmoid without bias', { activation: 'Sigmoid' }, { image, filters }),
  fusedConv('Relu', { activation: 'Relu' }, undefined, strictBatch),
  fusedConv('LeakyRelu', { activation: 'LeakyRelu', activation_params: { floats: [0.2] } }, undefined, strictBatch),
  fusedConv('Clip', { activation: 'Clip', activation_params: { floats: [-0.5, 1.5] } }, undefined, strictBatch),
  fusedConv('HardSigmoid', { activation: 'HardSigmoid', activation_params: { floats: [0.1, 0.5] } }, undefined, strictBatch),
  fusedConv('Relu of a sum', { activation: 'Relu' }, { image, filters, bias, z: numbers(22, [2, 6, 3, 6]) }, strictBatch),
  {
    title: 'FusedGemm',
    operator: 'FusedGemm',
    opset: 13,
    domain,
    inputs: { a: numbers(6, [3, 4]), b: numbers(7, [5, 4]), c: numbers(8, [5]) },
    attributes: { transB: 1, alpha: { float: 0.7 }, beta: { float: 1.3 }, activation: 'LeakyRelu', activation_alpha: { float: 0.3 } },
    free: ['a'],
    check: strictBatch,
  },
  {
    title: 'FusedMatMul',
    operator: 'FusedMatMul',
    opset: 13,
    domain,
    inputs: matrices,
    attributes: { alpha: { float: 0.4 } },
    free: ['a'],
  },
  {
    title: 'FusedMatMul, both transposed',
    operator: 'FusedMatMul',
    opset: 13,
    domain,
    inputs: { a: numbers(6, [2, 4, 3]), b: numbers(7, [2, 5, 4]) },
    attributes: { transA: 1, transB: 1 },
  },
  {
    title: 'FusedMatMul, batches transposed',
    operator: 'FusedMatMul',
    opset: 13,
    domain,
    inputs: { a: numbers(6, [3, 2, 4]), b: numbers(7, [5, 2, 4]) },
    attributes: { transBatchA: 1, transBatchB: 1, transB: 1 },
  },
]

const tokens = numbers(9, [2, 3, 8])
const normalizations: Case[] = [
  {
    title: 'LayerNormalization of the default domain, opset 11',
    operator: 'LayerNormalization',
    opset: 11,
    inputs: { x: tokens, gamma: numbers(10, [8]), beta: numbers(11, [8]) },
    free: ['x'],
  },
  {
    title: 'SimplifiedLayerNormalization',
    operator: 'SimplifiedLayerNormalization',
    opset: 13,
    inputs: { x: tokens, gamma: numbers(10, [8]) },
    free: ['x'],
  },
  {
    title: 'SkipLayerNormalization',
    operator: 'SkipLayerNormalization',
    opset: 13,
    domain,
    inputs: { x: tokens, skip: numbers(12, [2, 3, 8]), gamma: numbers(10, [8]), beta: numbers(11, [8]), bias: numbers(13, [8]) },
    free: ['x', 'skip'],
  },
  {
    title: 'SkipLayerNormalization, its sum differentiated too',
    operator: 'SkipLayerNormalization',
    opset: 13,
    domain,
    inputs: { x: tokens, skip: numbers(12, [2, 3, 8]), gamma: numbers(10, [8]) },
    outputs: ['y', '', '', 'sum'],
    check: { of: ['y', 'sum'] },
  },
  {
    title: 'SkipSimplifiedLayerNormalization',
    operator: 'SkipSimplifiedLayerNormalization',
    opset: 13,
    domain,
    inputs: { x: tokens, skip: numbers(12, [2, 3, 8]), gamma: numbers(10, [8]), bias: numbers(13, [8]) },
    free: ['x', 'skip'],
  },
]

const sizes = { num_heads: 2 }
const weights = numbers(14, [8, 24])
const biases = numbers(15, [24])
const [query, key, value] = [numbers(16, [2, 3, 8]), numbers(17, [2, 5, 8]), numbers(18, [2, 5, 8])]
const attentions: Case[] = [
  { title: 'Attention', operator: 'Attention', opset: 13, domain, inputs: { x: tokens, weights, biases }, attributes: sizes, free: ['x'] },
  {
    title: 'Attention that looks back only',
    operator: 'Attention',
    opset: 13,
    domain,
    inputs: { x: tokens, weights, biases },
    attributes: { ...sizes, unidirectional: 1 },
  },
  {
    title: 'Attention with a mask and a scale',
    operator: 'Attention',
    opset: 13,
    domain,
    inputs: { x: tokens, weights, biases, mask: int32([1, 1, 0, 1, 1, 1], [2, 3]) },
    attributes: { ...sizes, scale: { float: 0.6 } },
  },
  {
    title: 'Attention with a bias of its scores',
    operator: 'Attention',
    opset: 13,
    domain,
    inputs: { x: tokens, weights, biases, scores: numbers(19, [2, 2, 3, 3]) },
    reads: ['x', 'weights', 'biases', '', '', 'scores'],
    attributes: sizes,
    check: { wrt: ['x', 'weights', 'biases', 'scores'] },
  },
  {
    title: 'Attention of unequal widths',
    operator: 'Attention',
    opset: 13,
    domain,
    inputs: { x: tokens, weights: numbers(14, [8, 20]), biases: numbers(15, [20]) },
    attributes: { ...sizes, qkv_hidden_sizes: [8, 8, 4] },
  },
  {
    title: 'MultiHeadAttention',
    operator: 'MultiHeadAttention',
    opset: 13,
    domain,
    inputs: { query, key, value },
    attributes: sizes,
    free: ['query', 'key', 'value'],
  },
  {
    title: 'MultiHeadAttention with biases and a mask',
    operator: 'MultiHeadAttention',
    opset: 13,
    domain,
    inputs: { query, key, value, biases, mask: int32([1, 1, 0, 1, 1, 1, 1, 1, 1, 0], [2, 5]) },
    attributes: sizes,
  },
  {
    title: 'MultiHeadAttention with a bias of its scores',
    operator: 'MultiHeadAttention',
    opset: 13,
    domain,
    inputs: { query, key, value, scores: numbers(19, [1, 2, 3, 5]) },
    reads: ['query', 'key', 'value', '', '', 'scores'],
    attributes: sizes,
  },
]

describe('fused operators against finite differences', () => {
  for (const { title, check, ...spec } of [...activations, ...linear, ...normalizations, ...attentions]) {
    test(title, () => checkByDifferences(oneNode(spec), spec.inputs, check))
  }
})

/** These two have no kernel on the CPU: their gradients are compared with those of plain operators, and need none. */
describe('fused operators without a kernel here, against plain ones', () => {
  const shape = [2, 3, 3, 4]
  const groupNorm = node('GroupNorm', ['x', 'gamma', 'beta'], 'y', { groups: 2, activation: 1, epsilon: { float: 1e-3 } }, domain)
  const groupNormSteps = [
    node('Transpose', ['x'], 'first', { perm: [0, 3, 1, 2] }),
    node('GroupNormalization', ['first', 'gamma', 'beta'], 'normal', { num_groups: 2, epsilon: { float: 1e-3 } }),
    node('Sigmoid', ['normal'], 'gate'),
    node('Mul', ['normal', 'gate'], 'silu'),
    node('Transpose', ['silu'], 'y', { perm: [0, 2, 3, 1] }),
  ]
  const convolution = node('NhwcConv', ['x', 'w', 'b'], 'y', { pads: [1, 1, 1, 1], group: 2 }, domain)
  const convolutionSteps = [
    node('Transpose', ['x'], 'first', { perm: [0, 3, 1, 2] }),
    node('Conv', ['first', 'w', 'b'], 'product', { pads: [1, 1, 1, 1], group: 2 }),
    node('Transpose', ['product'], 'y', { perm: [0, 2, 3, 1] }),
  ]

  test('GroupNorm', () =>
    sameGradients([groupNorm], groupNormSteps, { x: numbers(9, shape), gamma: numbers(10, [4]), beta: numbers(11, [4]) }, shape))
  test('NhwcConv', () =>
    sameGradients(
      [convolution],
      convolutionSteps,
      { x: numbers(9, shape), w: numbers(10, [6, 2, 3, 3]), b: numbers(11, [6]) },
      [2, 3, 3, 6],
    ))
})

async function sameGradients(
  fused: readonly NodeSpec[],
  steps: readonly NodeSpec[],
  inputs: Record<string, Tensor>,
  shape: readonly number[],
): Promise<void> {
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims]))
  const model = (nodes: readonly NodeSpec[]): Uint8Array =>
    buildModel({ inputs: shapes, outputs: { y: shape }, nodes, opset: 21, domains: [domain] })
  const seeds = { y: numbers(21, shape) }
  const names = Object.keys(inputs)
  const expected = await gradientsOf(model(steps), inputs, seeds, names)
  const actual = await gradientsOf(model(fused), inputs, seeds, names)
  for (const name of names) expectClose(actual[name] as Tensor, expected[name] as Tensor, { atol: 1e-5, rtol: 1e-4 }, `gradient of ${name}`)
}

describe('fused operators of half precision', () => {
  test('SkipLayerNormalization', async () => {
    const inputs = { x: tokens, skip: numbers(12, [2, 3, 8]), gamma: numbers(10, [8]), beta: numbers(11, [8]) }
    const halves = Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, castFloat32(toFloat32(tensor), 'float16', tensor.dims)]),
    )
    const seed = numbers(21, tokens.dims)
    const spec = { operator: 'SkipLayerNormalization', opset: 13, domain }
    const names = ['x', 'skip', 'gamma', 'beta']
    const expected = await gradientsOf(oneNode({ ...spec, inputs }), inputs, { y: seed }, names)
    const actual = await gradientsOf(
      oneNode({ ...spec, inputs: halves }),
      halves,
      { y: castFloat32(toFloat32(seed), 'float16', seed.dims) },
      names,
    )
    for (const name of names)
      expectClose(toFloat32(actual[name] as Tensor), toFloat32(expected[name] as Tensor), { atol: 1e-2, rtol: 1e-2 }, `gradient of ${name}`)
  })
})

describe('what fused operators cannot pass is refused', () => {
  test('a cache of keys and values', async () => {
    const past = { query, key, value, pastKey: numbers(20, [2, 2, 1, 4]), pastValue: numbers(21, [2, 2, 1, 4]) }
    const model = oneNode({
      operator: 'MultiHeadAttention',
      opset: 13,
      domain,
      inputs: past,
      reads: ['query', 'key', 'value', '', '', '', 'pastKey', 'pastValue'],
      outputs: ['y', 'keys', 'values'],
      attributes: sizes,
    })
    await expect(checkByDifferences(model, past, { wrt: ['query'] })).rejects.toThrow(
      /MultiHeadAttention node y: keys and values of the past/,
    )
  })
})
