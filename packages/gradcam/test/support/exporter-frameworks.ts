/** @file The convolutional network as tf2onnx, MATLAB and Paddle write it. */
import { float32 } from '../../src/core/tensor.ts'
import {
  type Activation,
  type ExporterNet,
  affine,
  blocks,
  channels,
  classes,
  convAndNormalisation,
  convAttributes,
  geluByTanh,
  headBias,
  headWeights,
  imageSize,
  transposed,
} from './exporter-nets.ts'
import { type Naming, sketch } from './sketch.ts'

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
    spec: s.finish(['input_1:0', ['unk__607', imageSize.height, imageSize.width, 3]], { [prob]: ['unk__608', classes] }),
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

/** MATLAB's exportONNXNetwork: the mean image is subtracted inside, pooling has a kernel of the whole map, the end may keep its places. */
export function matlabNet({ batch, head, opset }: Matlab): ExporterNet {
  const s = sketch({ opset, output: (operator, i) => `${operator.toLowerCase()}_${i + 1}`, weight: (i) => `conv_${i + 1}_W` })
  const mean = 0.25
  const { height, width } = imageSize
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
    spec: s.finish(['x', ['DynamicDimension.0', 3, imageSize.height, imageSize.width]], { [prob]: ['DynamicDimension.1', classes] }),
    feature,
    reduction: logits,
  }
}
