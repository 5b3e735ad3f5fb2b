/** @file The convolutional network as PyTorch's two exporters write it. */
import { float32 } from '../../src/core/tensor.ts'
import {
  type Activation,
  type ExporterNet,
  blocks,
  channels,
  classes,
  convAndNormalisation,
  foldedConv,
  geluByTanh,
  headBias,
  headWeights,
  imageSize,
  transposed,
} from './exporter-nets.ts'
import { sketch } from './sketch.ts'

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
    spec: s.finish(['x', ['s0', 3, imageSize.height, imageSize.width]], { [logits]: ['s0', classes] }),
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
    spec: s.finish(['input', ['batch_size', 3, imageSize.height, imageSize.width]], { [logits]: ['batch_size', classes] }),
    feature: x,
    reduction: logits,
  }
}
