/** @file One small convolutional network, written as six exporters write it: the same numbers, other nodes, layouts and names. */
import { float32, type Tensor, toFloat32 } from '../src/tensor.ts'
import type { ModelSpec } from './build.ts'
import { numbers } from './finite-differences.ts'
import { type Naming, sketch, type Sketch } from './sketch.ts'

/** A network in an exporter's manner, and what has to be found in it without a name being given. */
export interface ExporterNet {
  spec: ModelSpec
  feature: string
  reduction: string
  /** Of the picture, [N, C, H, W] unless told. */
  layout?: 'nhwc'
  /** Constant that the model takes off the picture. */
  mean?: number
}

export type Activation = 'relu' | 'relu6' | 'swish' | 'hard-swish' | 'gelu' | 'gelu-tanh' | 'mish'

export const pictureSize = { height: 12, width: 16 }
export const classes = 5
const epsilon = 1e-3

/** A convolution without bias and the batch normalisation behind it. */
interface Block {
  filters: Tensor // [K, C / groups, 3, 3]
  groups: number
  strides: number
  /** top, left, bottom, right: those of TensorFlow's SAME where the stride is 2 */
  pads: readonly number[]
  scale: Float32Array
  bias: Float32Array
  mean: Float32Array
  variance: Float32Array
}

const vector = (seed: number, length: number, low: number, high: number): Float32Array => toFloat32(numbers(seed, [length], low, high))

const block = (seed: number, dims: readonly number[], groups: number, strides: number): Block => {
  const [filters = 1] = dims
  return {
    filters: numbers(seed, dims, -0.5, 0.5),
    groups,
    strides,
    pads: strides === 2 ? [0, 0, 1, 1] : [1, 1, 1, 1],
    scale: vector(seed + 1, filters, 0.6, 1.4),
    bias: vector(seed + 2, filters, 0, 0.6),
    mean: vector(seed + 3, filters, -0.2, 0.2),
    variance: vector(seed + 4, filters, 0.5, 1.5),
  }
}

/** Full convolution with stride, depthwise convolution, full convolution: [3, 12, 16] → [8, 6, 8] → [8, 6, 8] → [6, 6, 8] */
const blocks: readonly Block[] = [block(10, [8, 3, 3, 3], 1, 2), block(20, [8, 1, 3, 3], 8, 1), block(30, [6, 8, 3, 3], 1, 1)]
const channels = 6
const headWeights = numbers(40, [channels, classes], -1, 1)
const headBias = numbers(41, [classes], -0.2, 0.2)

/** [C, K] as [K, C] */
function transposed({ data, dims: [rows = 0, columns = 0] }: Tensor): Tensor {
  const values = data as Float32Array
  return float32(
    Float32Array.from({ length: rows * columns }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] as number),
    [columns, rows],
  )
}

/** What batch normalisation multiplies with and adds. */
function affine({ scale, bias, mean, variance }: Block): { factor: Float32Array; term: Float32Array } {
  const factor = scale.map((value, c) => value / Math.sqrt((variance[c] as number) + epsilon))
  return { factor, term: bias.map((value, c) => value - (mean[c] as number) * (factor[c] as number)) }
}

const convAttributes = ({ groups, strides, pads }: Block, padded = false) => ({
  kernel_shape: [3, 3],
  group: groups,
  strides: [strides, strides],
  pads: padded ? [0, 0, 0, 0] : [...pads],
})

function foldedConv(s: Sketch, x: string, each: Block): string {
  const { factor, term } = affine(each)
  const { data, dims } = each.filters
  const perFilter = data.length / factor.length
  const filters = (data as Float32Array).map((value, i) => value * (factor[Math.floor(i / perFilter)] as number))
  return s.add('Conv', [x, s.weight(float32(filters, dims)), s.weight(float32(term, [term.length]))], convAttributes(each))
}

function convAndNormalisation(s: Sketch, x: string, each: Block): string {
  const conv = s.add('Conv', [x, s.weight(each.filters)], convAttributes(each))
  const vectors = [each.scale, each.bias, each.mean, each.variance].map((values) => s.weight(float32(values, [values.length])))
  return s.add('BatchNormalization', [conv, ...vectors], { epsilon: { float: epsilon } })
}

/** x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) */
function geluByTanh(s: Sketch, x: string, number: (value: number) => string): string {
  const cube = s.add('Mul', [s.add('Pow', [x, number(3)]), number(0.044715)])
  const inner = s.add('Mul', [s.add('Add', [x, cube]), number(Math.sqrt(2 / Math.PI))])
  return s.add('Mul', [s.add('Mul', [x, number(0.5)]), s.add('Add', [s.add('Tanh', [inner]), number(1)])])
}

/** The network in the plainest form: the measure of all others. `features` and `logits` have to be named. */
export function plainNet(activation: Activation): ExporterNet {
  const s = sketch({ opset: 20, output: (operator, i) => `${operator}${i}`, weight: (i) => `w${i}` })
  const activate: Record<Activation, (x: string) => string> = {
    relu: (x) => s.add('Relu', [x]),
    relu6: (x) => s.add('Clip', [x, s.number(0), s.number(6)]),
    swish: (x) => s.add('Mul', [x, s.add('Sigmoid', [x])]),
    'hard-swish': (x) => s.add('HardSwish', [x]),
    gelu: (x) => s.add('Gelu', [x]),
    'gelu-tanh': (x) => s.add('Gelu', [x], { approximate: 'tanh' }),
    mish: (x) => s.add('Mish', [x]),
  }
  let x = 'x'
  for (const each of blocks) x = activate[activation](foldedConv(s, x, each))
  const flat = s.add('Flatten', [s.add('GlobalAveragePool', [x])])
  const logits = s.add('Gemm', [flat, s.weight(headWeights), s.weight(headBias)])
  const prob = s.add('Softmax', [logits], { axis: 1 })
  return {
    spec: s.finish(['x', ['N', 3, pictureSize.height, pictureSize.width]], { [prob]: ['N', classes] }),
    feature: x,
    reduction: logits,
  }
}

/** torch.export: lifted initializers, axes as inputs, shapes taken from the batch, activations in single steps, bare logits. */
export function dynamoNet(activation: Activation): ExporterNet {
  const s = sketch({
    opset: 18,
    output: (operator, i) => `${operator === 'Conv' ? 'conv2d' : 'val'}_${operator}_${i}`,
    weight: (i) => `features.${i}.weight`,
  })
  const activate: Record<Activation, (x: string) => string> = {
    relu: (x) => s.add('Relu', [x]),
    relu6: (x) => s.add('Clip', [x, s.number(0), s.number(6)]),
    swish: (x) => s.add('Mul', [x, s.add('Sigmoid', [x])]),
    'hard-swish': (x) => {
      const shifted = s.add('Clip', [s.add('Add', [x, s.number(3)]), s.number(0), s.number(6)])
      return s.add('Div', [s.add('Mul', [x, shifted]), s.number(6)])
    },
    gelu: (x) => {
      const half = s.add('Mul', [s.number(0.5), x])
      const erf = s.add('Erf', [s.add('Div', [x, s.number(Math.SQRT2)])])
      return s.add('Mul', [half, s.add('Add', [erf, s.number(1)])])
    },
    'gelu-tanh': (x) => geluByTanh(s, x, s.number),
    mish: (x) => s.add('Mul', [x, s.add('Tanh', [s.add('Softplus', [x])])]),
  }
  let x = 'x'
  for (const each of blocks) x = activate[activation](convAndNormalisation(s, x, each))
  const pooled = s.add('ReduceMean', [x, s.ints(-1, -2)], { keepdims: 1, noop_with_empty_axes: 0 })
  const batch = s.add('Shape', ['x'], { start: 0, end: 1 })
  const flat = s.add('Reshape', [pooled, s.add('Concat', [batch, s.ints(channels)], { axis: 0 })], { allowzero: 1 })
  const logits = s.add('Gemm', [flat, s.weight(transposed(headWeights)), s.weight(headBias)], { transB: 1, beta: { float: 1 } })
  return {
    spec: s.finish(['x', ['s0', 3, pictureSize.height, pictureSize.width]], { [logits]: ['s0', classes] }),
    feature: x,
    reduction: logits,
  }
}

/** TorchScript with a head of timm: slashes in names, axes as attributes, constants in nodes. */
export function timmNet(activation: Activation): ExporterNet {
  const s = sketch({ opset: 17, output: (operator, i) => `/blocks/${i}/${operator}_output_0`, weight: (i) => `blocks.${i}.weight` })
  const constant = (value: number): string => s.add('Constant', [], { value: float32([value], []) })
  const activate: Record<Activation, (x: string) => string> = {
    relu: (x) => s.add('Relu', [x]),
    relu6: (x) => s.add('Clip', [x, constant(0), constant(6)]),
    swish: (x) => s.add('Mul', [x, s.add('Sigmoid', [x])]),
    'hard-swish': (x) => s.add('Mul', [x, s.add('HardSigmoid', [x], { alpha: { float: 1 / 6 } })]),
    gelu: (x) => {
      const erf = s.add('Erf', [s.add('Div', [x, constant(Math.SQRT2)])])
      return s.add('Mul', [s.add('Mul', [x, s.add('Add', [erf, constant(1)])]), constant(0.5)])
    },
    'gelu-tanh': (x) => geluByTanh(s, x, constant),
    mish: (x) => s.add('Mul', [x, s.add('Tanh', [s.add('Softplus', [x])])]),
  }
  let x = 'input'
  for (const each of blocks) x = activate[activation](foldedConv(s, x, each))
  const flat = s.add('Flatten', [s.add('ReduceMean', [x], { axes: [2, 3], keepdims: 1 })], { axis: 1 })
  const logits = s.add('Gemm', [flat, s.weight(transposed(headWeights)), s.weight(headBias)], { transB: 1 })
  return {
    spec: s.finish(['input', ['batch_size', 3, pictureSize.height, pictureSize.width]], { [logits]: ['batch_size', classes] }),
    feature: x,
    reduction: logits,
  }
}

export interface Tf2onnx {
  activation: Activation
  /** Biases and activations on [N, H, W, C], a pair of Transpose nodes round each convolution, as before the converter's optimiser. */
  pairs: boolean
  head: 'squeeze' | 'mean'
}

/** tf2onnx and Keras: [N, H, W, C] outside, batch normalisation as Mul and Add, Pad before strided convolutions, `:0` in names. */
export function tf2onnxNet({ activation, pairs, head }: Tf2onnx): ExporterNet {
  const naming: Naming = {
    opset: 13,
    output: (operator, i) => `StatefulPartitionedCall/model/block_${i}/${operator}:0`,
    weight: (i) => `const_fold_opt__${i}`,
  }
  const s = sketch(naming)
  const toChannelsFirst = (x: string): string => s.add('Transpose', [x], { perm: [0, 3, 1, 2] })
  const toChannelsLast = (x: string): string => s.add('Transpose', [x], { perm: [0, 2, 3, 1] })
  const activate: Record<Activation, (x: string) => string> = {
    relu: (x) => s.add('Relu', [x]),
    relu6: (x) => s.add('Min', [s.add('Max', [x, s.number(0)]), s.number(6)]),
    swish: (x) => s.add('Mul', [s.add('Sigmoid', [x]), x]),
    'hard-swish': (x) => {
      const clipped = s.add('Min', [s.add('Relu', [s.add('Add', [x, s.number(3)])]), s.number(6)])
      return s.add('Mul', [x, s.add('Mul', [clipped, s.number(1 / 6)])])
    },
    gelu: (x) => {
      // 0.5 x (1 + erf(x / √2))
      const erf = s.add('Erf', [s.add('Mul', [x, s.number(Math.SQRT1_2)])])
      return s.add('Mul', [s.add('Mul', [s.add('Add', [erf, s.number(1)]), s.number(0.5)]), x])
    },
    'gelu-tanh': (x) => geluByTanh(s, x, s.number),
    mish: (x) => s.add('Mul', [x, s.add('Tanh', [s.add('Softplus', [x])])]),
  }
  let x = pairs ? 'input_1:0' : toChannelsFirst('input_1:0')
  for (const each of blocks) {
    if (pairs) x = toChannelsFirst(x)
    const padded = each.strides > 1
    if (padded) x = s.add('Pad', [x, s.ints(0, 0, ...each.pads.slice(0, 2), 0, 0, ...each.pads.slice(2))], { mode: 'constant' })
    x = s.add('Conv', [x, s.weight(each.filters)], convAttributes(each, padded))
    if (pairs) x = toChannelsLast(x)
    const { factor, term } = affine(each)
    const dims = pairs ? [factor.length] : [1, factor.length, 1, 1]
    x = s.add('Add', [s.add('Mul', [x, s.weight(float32(factor, dims))]), s.weight(float32(term, dims))])
    x = activate[activation](x)
  }
  const feature = x
  const pooled =
    head === 'mean'
      ? s.add('ReduceMean', [pairs ? x : toChannelsLast(x)], { axes: [1, 2], keepdims: 0 })
      : s.add('Squeeze', [s.add('GlobalAveragePool', [pairs ? toChannelsFirst(x) : x]), s.ints(2, 3)])
  const logits = s.add('Add', [s.add('MatMul', [pooled, s.weight(headWeights)]), s.weight(headBias)])
  const prob = s.add('Identity', [s.add('Softmax', [logits])])
  return {
    spec: s.finish(['input_1:0', ['unk__607', pictureSize.height, pictureSize.width, 3]], { [prob]: ['unk__608', classes] }),
    feature,
    reduction: logits,
    layout: 'nhwc',
  }
}

export interface Matlab {
  batch: number | string
  head: 'gemm' | 'conv'
  opset: 8 | 9 | 13
}

/** MATLAB's exportONNXNetwork: the mean picture is subtracted inside, pooling has a kernel of the whole map, the end may keep its places. */
export function matlabNet({ batch, head, opset }: Matlab): ExporterNet {
  const s = sketch({ opset, output: (operator, i) => `${operator.toLowerCase()}_${i + 1}`, weight: (i) => `conv_${i + 1}_W` })
  const mean = 0.25
  const { height, width } = pictureSize
  let x = s.add('Sub', ['input', s.weight(float32(new Float32Array(3 * height * width).fill(mean), [1, 3, height, width]))])
  for (const each of blocks) x = s.add('Relu', [convAndNormalisation(s, x, each)])
  const pooled = s.add('AveragePool', [x], { kernel_shape: [6, 8], strides: [1, 1], pads: [0, 0, 0, 0] })
  const fc = s.weight(head === 'conv' ? { ...transposed(headWeights), dims: [classes, channels, 1, 1] } : transposed(headWeights))
  const bias = s.weight(headBias)
  const logits =
    head === 'conv'
      ? s.add('Conv', [pooled, fc, bias], { kernel_shape: [1, 1] })
      : s.add('Gemm', [s.add('Reshape', [pooled, s.ints(-1, channels)]), fc, bias], { transB: 1 })
  const probability = s.add('Softmax', [logits], { axis: 1 })
  const prob = head === 'conv' ? s.add('Flatten', [probability]) : probability
  return {
    spec: s.finish(['input', [batch, 3, height, width]], { [prob]: [batch, classes] }),
    feature: x,
    reduction: logits,
    mean,
  }
}

/** Paddle2ONNX: shapes by Shape, Slice and Concat, activations in single steps, Identity and Cast wherever the converter met none. */
export function paddleNet(activation: Activation, opset: 9 | 11): ExporterNet {
  const naming: Naming = { opset, output: (operator, i) => `${operator.toLowerCase()}_${i}.tmp_${i % 3}`, weight: (i) => `conv2d_${i}.w_0` }
  const s = sketch(naming)
  const clip = (x: string, low: number, high: number): string =>
    opset < 11 ? s.add('Clip', [x], { min: { float: low }, max: { float: high } }) : s.add('Clip', [x, s.number(low), s.number(high)])
  const activate: Record<Activation, (x: string) => string> = {
    relu: (x) => s.add('Relu', [x]),
    relu6: (x) => clip(x, 0, 6),
    swish: (x) => s.add('Mul', [x, s.add('Sigmoid', [x])]),
    'hard-swish': (x) => s.add('Div', [s.add('Mul', [x, clip(s.add('Add', [x, s.number(3)]), 0, 6)]), s.number(6)]),
    gelu: (x) => {
      const erf = s.add('Erf', [s.add('Mul', [x, s.number(Math.SQRT1_2)])])
      return s.add('Mul', [s.add('Mul', [x, s.add('Add', [erf, s.number(1)])]), s.number(0.5)])
    },
    'gelu-tanh': (x) => geluByTanh(s, x, s.number),
    mish: (x) => s.add('Mul', [x, s.add('Tanh', [s.add('Softplus', [x])])]),
  }
  let x = 'x'
  let feature = x
  for (const each of blocks) {
    feature = activate[activation](convAndNormalisation(s, x, each))
    x = s.add('Identity', [feature])
  }
  const pooled = s.add('GlobalAveragePool', [x])
  const shape = s.add('Cast', [s.add('Shape', [pooled])], { to: 6 })
  const slice =
    opset < 10 ? s.add('Slice', [shape], { axes: [0], starts: [0], ends: [1] }) : s.add('Slice', [shape, s.ints(0), s.ints(1), s.ints(0)])
  const target = s.add('Concat', [s.add('Cast', [slice], { to: 7 }), s.ints(-1)], { axis: 0 })
  const flat = s.add('Reshape', [pooled, target])
  const logits = s.add('Add', [s.add('MatMul', [flat, s.weight(headWeights)]), s.weight(headBias)])
  const prob = s.add('Identity', [s.add('Softmax', [logits], { axis: 1 })])
  return {
    spec: s.finish(['x', ['DynamicDimension.0', 3, pictureSize.height, pictureSize.width]], { [prob]: ['DynamicDimension.1', classes] }),
    feature,
    reduction: logits,
  }
}
