/** @file One small convolutional network in its plainest form, and the parts that exporters write it of. */
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import type { ModelSpec } from './build.ts'
import { numbers } from './finite-differences.ts'
import { sketch, type Sketch } from './sketch.ts'

/** A network in an exporter's manner, and what has to be found in it without a name being given. */
export interface ExporterNet {
  spec: ModelSpec
  feature: string
  reduction: string
  /** Of the image, [N, C, H, W] unless told. */
  layout?: 'nhwc'
  /** Constant that the model takes off the image. */
  mean?: number
}

export type Activation = 'relu' | 'relu6' | 'swish' | 'hard-swish' | 'gelu' | 'gelu-tanh' | 'mish'

export const imageSize = { height: 12, width: 16 }
export const classes = 5
export const epsilon = 1e-3

/** A convolution without bias and the batch normalisation behind it. */
export interface Block {
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
export const blocks: readonly Block[] = [block(10, [8, 3, 3, 3], 1, 2), block(20, [8, 1, 3, 3], 8, 1), block(30, [6, 8, 3, 3], 1, 1)]
export const channels = 6
export const headWeights = numbers(40, [channels, classes], -1, 1)
export const headBias = numbers(41, [classes], -0.2, 0.2)

/** [C, K] as [K, C] */
export function transposed({ data, dims: [rows = 0, columns = 0] }: Tensor): Tensor {
  const values = data as Float32Array
  return float32(
    Float32Array.from({ length: rows * columns }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] as number),
    [columns, rows],
  )
}

/** What batch normalisation multiplies with and adds. */
export function affine({ scale, bias, mean, variance }: Block): { factor: Float32Array; term: Float32Array } {
  const factor = scale.map((value, c) => value / Math.sqrt((variance[c] as number) + epsilon))
  return { factor, term: bias.map((value, c) => value - (mean[c] as number) * (factor[c] as number)) }
}

export const convAttributes = ({ groups, strides, pads }: Block, padded = false) => ({
  kernel_shape: [3, 3],
  group: groups,
  strides: [strides, strides],
  pads: padded ? [0, 0, 0, 0] : [...pads],
})

export function foldedConv(s: Sketch, x: string, each: Block): string {
  const { factor, term } = affine(each)
  const { data, dims } = each.filters
  const perFilter = data.length / factor.length
  const filters = (data as Float32Array).map((value, i) => value * (factor[Math.floor(i / perFilter)] as number))
  return s.add('Conv', [x, s.weight(float32(filters, dims)), s.weight(float32(term, [term.length]))], convAttributes(each))
}

export function convAndNormalisation(s: Sketch, x: string, each: Block): string {
  const conv = s.add('Conv', [x, s.weight(each.filters)], convAttributes(each))
  const vectors = [each.scale, each.bias, each.mean, each.variance].map((values) => s.weight(float32(values, [values.length])))
  return s.add('BatchNormalization', [conv, ...vectors], { epsilon: { float: epsilon } })
}

/** x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) */
export function geluByTanh(s: Sketch, x: string, number: (value: number) => string): string {
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
    spec: s.finish(['x', ['N', 3, imageSize.height, imageSize.width]], { [prob]: ['N', classes] }),
    feature: x,
    reduction: logits,
  }
}
