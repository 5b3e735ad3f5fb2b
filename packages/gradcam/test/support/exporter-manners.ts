/** @file The manners in which exporters write a vision transformer. */
import { float32, toFloat32 } from '../../src/core/tensor.ts'
import { type Attention, type Linear, type Manner, type Norm, channels, epsilon, places } from './exporter-tokens.ts'
import type { Sketch } from './sketch.ts'

/** [N, L, 8] as [N, heads, L, 4] */
const split = (s: Sketch, x: string, length: number, heads: number): string =>
  s.add('Transpose', [s.add('Reshape', [x, s.ints(-1, length, heads, channels / heads)])], { perm: [0, 2, 1, 3] })
const merged = (s: Sketch, x: string, length: number): string =>
  s.add('Reshape', [s.add('Transpose', [x], { perm: [0, 2, 1, 3] }), s.ints(-1, length, channels)])

const matMulAdd: Manner['linear'] = (s, x, { weights, bias }) => s.add('Add', [s.add('MatMul', [x, s.weight(weights)]), s.weight(bias)])
const layerNormalization: Manner['norm'] = (s, x, { scale, bias }) =>
  s.add('LayerNormalization', [x, s.weight(scale), s.weight(bias)], { axis: -1, epsilon: { float: epsilon } })
const geluByErf: Manner['gelu'] = (s, x) => {
  const erf = s.add('Erf', [s.add('Div', [x, s.number(Math.SQRT2)])])
  return s.add('Mul', [s.add('Mul', [x, s.add('Add', [erf, s.number(1)])]), s.number(0.5)])
}
const flattened: Manner['tokens'] = (s, map) => s.add('Transpose', [s.add('Reshape', [map, s.ints(0, channels, -1)])], { perm: [0, 2, 1] })

/** One operator for everything, two images, nothing computed that is known: the measure of the others. */
export const plain: Manner = {
  naming: { opset: 20, output: (operator, i) => `${operator}${i}`, weight: (i) => `w${i}` },
  batch: 2,
  tokens: flattened,
  prepend(s, { data, dims: [, extra = 0] }, tokens) {
    const values = data as Float32Array
    return s.add('Concat', [s.weight(float32([...values, ...values], [2, extra, channels])), tokens], { axis: 1 })
  },
  norm: layerNormalization,
  linear: matMulAdd,
  attention(s, x, weights, length) {
    const [q, k, v] = projections(s, plain, x, weights, length)
    const { output } = weights
    const scores = s.add('Div', [
      s.add('MatMul', [q, s.add('Transpose', [k], { perm: [0, 1, 3, 2] })]),
      s.number(Math.sqrt(channels / weights.heads)),
    ])
    return matMulAdd(s, merged(s, s.add('MatMul', [s.add('Softmax', [scores]), v]), length), output, length)
  },
  gelu: (s, x) => s.add('Gelu', [x]),
  mean: (s, x) => s.add('ReduceMean', [x, s.ints(1)], { keepdims: 0 }),
  unit: (s, x) => s.add('LpNormalization', [x], { axis: 1, p: 2 }),
}

/** Query, key and value, each by a product of its own, normalised where that is wanted: three of [N, heads, L, 4] */
function projections(
  s: Sketch,
  manner: Pick<Manner, 'linear' | 'norm'>,
  x: string,
  { query, key, value, heads, norms }: Attention,
  length: number,
): [string, string, string] {
  const project = (each: Linear, own: Norm | undefined): string => {
    const y = manner.linear(s, x, each, length)
    return split(s, own ? manner.norm(s, y, own) : y, length, heads)
  }
  return [project(query, norms?.query), project(key, norms?.key), project(value, undefined)]
}

/** The weights of query, key and value side by side, [8, 24] */
function fused({ query, key, value }: Attention): Linear {
  const parts = [query, key, value]
  const rows = Array.from({ length: channels }, (_, row) =>
    parts.flatMap(({ weights }) => [...toFloat32(weights).subarray(row * channels, (row + 1) * channels)]),
  )
  return {
    weights: float32(rows.flat(), [channels, 3 * channels]),
    bias: float32(
      parts.flatMap(({ bias }) => [...toFloat32(bias)]),
      [3 * channels],
    ),
  }
}

/** Query, key and value of a fused product: [N, L, 24] → three of [N, heads, L, 4] */
function unbound(s: Sketch, x: string, length: number, heads: number): [string, string, string] {
  const apart = s.add('Transpose', [s.add('Reshape', [x, s.ints(-1, length, 3, heads, channels / heads)])], { perm: [2, 0, 3, 1, 4] })
  const part = (i: number): string =>
    s.add('Gather', [apart, s.weight({ type: 'int64', dims: [], data: BigInt64Array.of(BigInt(i)) })], { axis: 0 })
  return [part(0), part(1), part(2)]
}

/**
 * torch.nn.functional.scaled_dot_product_attention in single steps: both factors take the root of the scale, read from
 * the shape. `safe`: rows that are masked altogether, which torch.export looks for, become zero.
 */
function scaledProduct(s: Sketch, [q, k, v]: readonly [string, string, string], safe: boolean): string {
  const size = s.add('Cast', [s.add('Slice', [s.add('Shape', [q]), s.ints(-1), s.ints(2 ** 31)])], { to: 1 })
  const root = s.add('Sqrt', [s.add('Div', [s.number(1), s.add('Sqrt', [size])])])
  const keys = s.add('Mul', [s.add('Transpose', [k], { perm: [0, 1, 3, 2] }), root])
  const weights = s.add('Softmax', [s.add('MatMul', [s.add('Mul', [q, root]), keys])], { axis: -1 })
  return s.add('MatMul', [safe ? s.add('Where', [s.add('IsNaN', [weights]), s.number(0), weights]) : weights, v])
}

/** TorchScript and timm: one product for query, key and value, class tokens expanded to the batch by its shape. */
export const torchScript = (opset: 14 | 17): Manner => ({
  ...plain,
  naming: { opset, output: (operator, i) => `/blocks.${i}/${operator}_output_0`, weight: (i) => `onnx::weight_${i + 400}` },
  batch: 'batch_size',
  prepend(s, fixed, tokens) {
    const zero = s.weight({ type: 'int64', dims: [], data: BigInt64Array.of(0n) })
    const batch = s.add('Unsqueeze', [s.add('Gather', [s.add('Shape', [tokens]), zero], { axis: 0 }), s.ints(0)])
    const wanted = s.add('Concat', [batch, s.ints(-1), s.ints(-1)], { axis: 0 })
    // -1 means "as it is": where(wanted == -1, 1, wanted)
    const ones = s.add('ConstantOfShape', [s.ints(3)], { value: { type: 'int64', dims: [1], data: BigInt64Array.of(1n) } })
    const kept = s.add('Equal', [wanted, s.add('Mul', [ones, s.ints(-1)])])
    return s.add('Concat', [s.add('Expand', [s.weight(fixed), s.add('Where', [kept, ones, wanted])]), tokens], { axis: 1 })
  },
  norm: opset < 17 ? normalizedInSteps : layerNormalization,
  attention(s, x, weights, length) {
    const normalized = opset < 17 ? normalizedInSteps : layerNormalization
    const parts = weights.norms
      ? projections(s, { linear: matMulAdd, norm: normalized }, x, weights, length)
      : unbound(s, matMulAdd(s, x, fused(weights), length), length, weights.heads)
    return matMulAdd(s, merged(s, scaledProduct(s, parts, false), length), weights.output, length)
  },
  gelu: geluByErf,
  mean: (s, x) => s.add('ReduceMean', [x], { axes: [1], keepdims: 0 }),
  unit: (s, x) => s.add('Div', [x, s.add('ReduceL2', [x], { axes: [-1], keepdims: 1 })]),
})

function normalizedInSteps(s: Sketch, x: string, { scale, bias }: Norm): string {
  const centred = s.add('Sub', [x, s.add('ReduceMean', [x], { axes: [-1], keepdims: 1 })])
  const variance = s.add('ReduceMean', [s.add('Pow', [centred, s.number(2)])], { axes: [-1], keepdims: 1 })
  const unit = s.add('Div', [centred, s.add('Sqrt', [s.add('Add', [variance, s.number(epsilon)])])])
  return s.add('Add', [s.add('Mul', [unit, s.weight(scale)]), s.weight(bias)])
}

/** torch.export: linear layers as Gemm over all tokens at once, sizes from the batch, axes as inputs, attention in one node from opset 23 on. */
export const dynamo = (opset: 18 | 23): Manner => ({
  ...plain,
  naming: { opset, output: (operator, i) => `${operator.toLowerCase()}_${i}`, weight: (i) => `blocks.${i}.weight` },
  batch: 's0',
  prepend(s, fixed, tokens) {
    const shape = s.add('Concat', [s.add('Shape', [tokens], { start: 0, end: 1 }), s.ints(fixed.dims[1] as number, channels)], { axis: 0 })
    return s.add('Concat', [s.add('Expand', [s.weight(fixed), shape]), tokens], { axis: 1 })
  },
  linear: gemm,
  attention(s, x, weights, length) {
    const parts = weights.norms
      ? projections(s, { linear: gemm, norm: layerNormalization }, x, weights, length)
      : unbound(s, gemm(s, x, fused(weights), length), length, weights.heads)
    return gemm(s, merged(s, opset < 23 ? scaledProduct(s, parts, true) : s.add('Attention', parts), length), weights.output, length)
  },
  gelu: opset < 20 ? geluByErf : (s, x) => s.add('Gelu', [x]),
  unit(s, x) {
    const size = s.add('Clip', [s.add('ReduceL2', [x, s.ints(1)], { keepdims: 1 }), s.number(1e-12)])
    return s.add('Div', [x, s.add('Expand', [size, s.add('Shape', [x])])])
  },
})

function gemm(s: Sketch, x: string, { weights, bias }: Linear, length: number): string {
  const [from = 0, to = 0] = weights.dims
  const flat = s.add('Reshape', [x, s.ints(-1, from)], { allowzero: 1 })
  return s.add('Reshape', [s.add('Gemm', [flat, s.weight(weights), s.weight(bias)]), s.ints(-1, length, to)])
}

/** Keras by way of tf2onnx: [N, H, W, C] outside, einsum in attention, normalisation as x · a + (b − mean · a). */
export const keras: Manner = {
  ...plain,
  naming: { opset: 15, output: (operator, i) => `model/layer_${i}/${operator}:0`, weight: (i) => `model/ReadVariableOp_${i}:0` },
  batch: 'unk__12',
  layout: 'nhwc',
  tokens: (s, map) => s.add('Reshape', [s.add('Transpose', [map], { perm: [0, 2, 3, 1] }), s.ints(-1, places, channels)]),
  prepend(s, fixed, tokens) {
    const batch = s.add('Slice', [s.add('Shape', [tokens]), s.ints(0), s.ints(1)])
    return s.add('Concat', [s.add('Tile', [s.weight(fixed), s.add('Concat', [batch, s.ints(1, 1)], { axis: 0 })]), tokens], { axis: 1 })
  },
  norm(s, x, { scale, bias }) {
    const mean = s.add('ReduceMean', [x], { axes: [2], keepdims: 1 })
    const centred = s.add('Sub', [x, mean])
    const variance = s.add('ReduceMean', [s.add('Mul', [centred, centred])], { axes: [2], keepdims: 1 })
    const factor = s.add('Mul', [s.add('Reciprocal', [s.add('Sqrt', [s.add('Add', [variance, s.number(epsilon)])])]), s.weight(scale)])
    return s.add('Add', [s.add('Mul', [x, factor]), s.add('Sub', [s.weight(bias), s.add('Mul', [mean, factor])])])
  },
  attention(s, x, { query, key, value, output, heads, norms }, length) {
    const perHead = channels / heads
    const projected = ({ weights, bias }: Linear, own?: Norm): string => {
      // queries that are normalised over all heads come from a plain Dense layer
      if (own) return s.add('Reshape', [keras.norm(s, matMulAdd(s, x, { weights, bias }, length), own), s.ints(-1, length, heads, perHead)])
      return s.add('Add', [
        s.add('Einsum', [x, s.weight({ ...weights, dims: [channels, heads, perHead] })], { equation: 'abc,cde->abde' }),
        s.weight({ ...bias, dims: [heads, perHead] }),
      ])
    }
    const q = s.add('Mul', [projected(query, norms?.query), s.number(1 / Math.sqrt(perHead))])
    const scores = s.add('Einsum', [projected(key, norms?.key), q], { equation: 'aecd,abcd->acbe' })
    const mixed = s.add('Einsum', [s.add('Softmax', [scores], { axis: -1 }), projected(value)], { equation: 'acbe,aecd->abcd' })
    const back = s.add('Einsum', [mixed, s.weight({ ...output.weights, dims: [heads, perHead, channels] })], { equation: 'abcd,cde->abe' })
    return s.add('Add', [back, s.weight(output.bias)])
  },
  gelu(s, x) {
    const erf = s.add('Erf', [s.add('Mul', [x, s.number(Math.SQRT1_2)])])
    return s.add('Mul', [s.add('Mul', [s.number(0.5), x]), s.add('Add', [s.number(1), erf])])
  },
  mean: (s, x) => s.add('ReduceMean', [x], { axes: [1], keepdims: 0 }),
  unit(s, x) {
    const total = s.add('ReduceSum', [s.add('Mul', [x, x]), s.ints(-1)], { keepdims: 1 })
    return s.add('Mul', [x, s.add('Reciprocal', [s.add('Sqrt', [s.add('Max', [total, s.number(1e-12)])])])])
  },
}
