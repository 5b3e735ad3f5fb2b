/** @file A ConvNeXt of two blocks in three manners, and small networks whose feature layer is not plain to see. */
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { type ExporterNet, imageSize } from './exporter-nets.ts'
import { numbers } from './finite-differences.ts'
import { sketch, type Sketch } from './sketch.ts'

const channels = 8
const hidden = 16
const classes = 5
const epsilon = 1e-6
const { height, width } = imageSize
const int64 = (value: number): Tensor => ({ type: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) })

/** [N, C, H, W] throughout with convolutions; torch and timm, which turn to [N, H, W, C] inside each block; Keras, which is [N, H, W, C] but for the convolutions. */
export type ConvNextManner = 'plain' | 'timm' | 'keras'

/** `head: false` ends with the mean of the features: as many numbers as they have channels. */
export function convNext(manner: ConvNextManner, head: boolean): ExporterNet {
  const s = sketch({
    opset: manner === 'timm' ? 18 : 13,
    output: (operator, i) => (manner === 'keras' ? `model/stage_${i}/${operator}:0` : `/stages.${i}/${operator}_output_0`),
    weight: (i) => `w${i}`,
  })
  const last = manner === 'keras'
  const toFirst = (x: string): string => s.add('Transpose', [x], { perm: [0, 3, 1, 2] })
  const toLast = (x: string): string => s.add('Transpose', [x], { perm: [0, 2, 3, 1] })
  const conv = (x: string, seed: number, dims: readonly number[], attributes: Readonly<Record<string, number | number[]>>): string => {
    const y = s.add(
      'Conv',
      [last ? toFirst(x) : x, s.weight(numbers(seed, dims, -0.5, 0.5)), s.weight(numbers(seed + 1, [dims[0] as number]))],
      attributes,
    )
    return last ? toLast(y) : y
  }
  let x = conv('x', 1, [channels, 3, 2, 2], { strides: [2, 2] })
  for (const seed of [100, 200]) {
    const depthwise = conv(x, seed, [channels, 1, 3, 3], { group: channels, pads: [1, 1, 1, 1] })
    x = s.add('Add', [
      x,
      manner === 'timm' ? toFirst(perceptron(s, manner, toLast(depthwise), seed)) : perceptron(s, manner, depthwise, seed),
    ])
  }
  const feature = x
  const pooled = last
    ? s.add('ReduceMean', [x], { axes: [1, 2], keepdims: 0 })
    : s.add('Flatten', [manner === 'timm' ? s.add('ReduceMean', [x, s.ints(2, 3)], { keepdims: 1 }) : s.add('GlobalAveragePool', [x])])
  const answer = head
    ? s.add('Add', [s.add('MatMul', [pooled, s.weight(numbers(5, [channels, classes]))]), s.weight(numbers(6, [classes]))])
    : pooled
  return {
    spec: s.finish(['x', last ? ['N', height, width, 3] : ['N', 3, height, width]], { [answer]: ['N', head ? classes : channels] }),
    feature,
    reduction: answer,
    ...(last ? { layout: 'nhwc' } : {}),
  }
}

/** Normalisation over channels, two linear layers with GELU between, a factor per channel. */
function perceptron(s: Sketch, manner: ConvNextManner, x: string, seed: number): string {
  const axis = manner === 'plain' ? 1 : 3
  const vector = (n: number, low: number, high: number, size = channels): string => {
    const tensor = numbers(seed + n, [size], low, high)
    return s.weight(axis === 1 ? { ...tensor, dims: [1, size, 1, 1] } : tensor)
  }
  const normalized = (): string => {
    const scale = vector(2, 0.6, 1.4)
    const bias = vector(3, -0.3, 0.3)
    if (manner === 'timm') return s.add('LayerNormalization', [x, scale, bias], { axis: -1, epsilon: { float: epsilon } })
    const centred = s.add('Sub', [x, s.add('ReduceMean', [x], { axes: [axis], keepdims: 1 })])
    const variance = s.add('ReduceMean', [s.add('Mul', [centred, centred])], { axes: [axis], keepdims: 1 })
    const unit = s.add('Div', [centred, s.add('Sqrt', [s.add('Add', [variance, s.number(epsilon)])])])
    return s.add('Add', [s.add('Mul', [unit, scale]), bias])
  }
  const linear = (y: string, n: number, from: number, to: number): string => {
    const weights = numbers(seed + n, [from, to], -0.5, 0.5)
    if (axis === 3) return s.add('Add', [s.add('MatMul', [y, s.weight(weights)]), vector(n + 1, -0.2, 0.2, to)])
    const values = weights.data as Float32Array
    const filters = Float32Array.from({ length: from * to }, (_, i) => values[(i % from) * to + Math.floor(i / from)] as number)
    return s.add('Add', [s.add('Conv', [y, s.weight(float32(filters, [to, from, 1, 1]))]), vector(n + 1, -0.2, 0.2, to)])
  }
  const inner = linear(normalized(), 4, channels, hidden)
  const erf = s.add('Erf', [s.add('Div', [inner, s.number(Math.SQRT2)])])
  const gelu = s.add('Mul', [s.add('Mul', [inner, s.add('Add', [erf, s.number(1)])]), s.number(0.5)])
  return s.add('Mul', [linear(gelu, 6, hidden, channels), vector(8, 0.2, 0.8)])
}

const startOf = (s: Sketch, x: string): string => {
  const filters = s.weight(numbers(10, [channels, 3, 3, 3], -0.5, 0.5))
  return s.add('Relu', [s.add('Conv', [x, filters, s.weight(numbers(11, [channels], 0, 0.5))], { pads: [1, 1, 1, 1], strides: [2, 2] })])
}

const plainNames = { output: (operator: string, i: number) => `${operator}_${i}`, weight: (i: number) => `w${i}` }
const input = ['x', ['N', 3, height, width]] as const

/** CLIP's ResNet: the last map is pooled by attention, whose query is the mean. No token is ever normalised. */
export function attentionPooled(): ExporterNet {
  const s = sketch({ opset: 17, ...plainNames })
  const feature = startOf(s, 'x')
  const places = s.add('Transpose', [s.add('Reshape', [feature, s.ints(0, channels, -1)])], { perm: [0, 2, 1] })
  const tokens = s.add('Add', [
    s.add('Concat', [s.add('ReduceMean', [places], { axes: [1], keepdims: 1 }), places], { axis: 1 }),
    s.weight(numbers(12, [1, 1 + (height * width) / 4, channels], -0.5, 0.5)),
  ])
  const project = (x: string, seed: number, to = channels): string =>
    s.add('MatMul', [x, s.weight(numbers(seed, [channels, to], -0.5, 0.5))])
  const query = s.add('Slice', [tokens, s.ints(0), s.ints(1), s.ints(1)])
  const scores = s.add('MatMul', [project(query, 13), s.add('Transpose', [project(tokens, 14)], { perm: [0, 2, 1] })])
  const mixed = s.add('MatMul', [s.add('Softmax', [scores], { axis: -1 }), project(tokens, 15)])
  const answer = s.add('Gather', [project(mixed, 16, classes), s.weight(int64(0))], { axis: 1 })
  return { spec: s.finish(input, { [answer]: ['N', classes] }), feature, reduction: answer }
}

export type Doubt = 'two resolutions' | 'a way round' | 'two inputs of the head'

/** Networks without a layer that everything goes through and that is deep enough: the last activation is a guess. */
export function doubtful(doubt: Doubt): ExporterNet {
  const s = sketch({ opset: 17, ...plainNames })
  const start = startOf(s, 'x')
  const branch = (x: string, seed: number, strides: number): string =>
    s.add('Relu', [
      s.add('Conv', [x, s.weight(numbers(seed, [6, x === 'x' ? 3 : channels, 3, 3], -0.5, 0.5))], {
        pads: [1, 1, 1, 1],
        strides: [strides, strides],
      }),
    ])
  const pooled = (x: string): string => s.add('Flatten', [s.add('GlobalAveragePool', [x])])
  const first = branch(start, 20, 1)
  const second = doubt === 'two resolutions' ? branch(start, 21, 4) : doubt === 'two inputs of the head' ? branch('x', 22, 4) : first
  // the mean colour of the image, beside the features
  const others = doubt === 'a way round' ? pooled('x') : pooled(first)
  const joined = s.add('Concat', [others, pooled(second)], { axis: 1 })
  const size = doubt === 'a way round' ? 9 : 12
  const answer = s.add('MatMul', [joined, s.weight(numbers(23, [size, classes]))])
  return { spec: s.finish(input, { [answer]: ['N', classes] }), feature: second, reduction: answer }
}

/** Branches of an Inception block by tf2onnx, where [N, H, W, C] lies between all operators: one branch is pooled, and turned for it. */
export function gathered(): ExporterNet {
  const s = sketch({ opset: 13, output: (operator, i) => `mixed_${i}/${operator}:0`, weight: (i) => `w${i}` })
  const toFirst = (x: string): string => s.add('Transpose', [x], { perm: [0, 3, 1, 2] })
  const toLast = (x: string): string => s.add('Transpose', [x], { perm: [0, 2, 3, 1] })
  const branch = (seed: number): string =>
    s.add('Relu', [
      toLast(
        s.add('Conv', [toFirst('x'), s.weight(numbers(seed, [channels, 3, 3, 3], -0.5, 0.5)), s.weight(numbers(seed + 1, [channels]))], {
          pads: [1, 1, 1, 1],
        }),
      ),
    ])
  const pooledBranch = toLast(s.add('MaxPool', [toFirst(branch(30))], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }))
  const feature = s.add('Concat', [branch(32), pooledBranch], { axis: 3 })
  const answer = s.add('MatMul', [
    s.add('ReduceMean', [feature], { axes: [1, 2], keepdims: 0 }),
    s.weight(numbers(34, [2 * channels, classes])),
  ])
  return { spec: s.finish(['x', ['N', height, width, 3]], { [answer]: ['N', classes] }), feature, reduction: answer, layout: 'nhwc' }
}
