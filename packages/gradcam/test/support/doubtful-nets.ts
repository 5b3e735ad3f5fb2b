/** @file Networks whose maps have nothing to say: constant scores, dead layers, saturated probabilities, scores cut off by rounding. */
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from './build.ts'
import { numbers } from './finite-differences.ts'

const [channels, classes] = [8, 10]

/** x [N, 3, 16, 16] → Conv, Relu, Conv, Relu `features` → mean → Gemm `logits` [N, 10], scaled by `gain` → what `end` makes of it. */
export function doubtful(end: keyof typeof ends, gain = 1): Uint8Array {
  const { nodes, output } = ends[end]
  return buildModel({
    opset: 17,
    inputs: { x: ['N', 3, 16, 16] },
    outputs: { [output]: ['N', classes] },
    weights: {
      w0: numbers(1, [channels, 3, 3, 3], -0.4, 0.4),
      w1: numbers(2, [channels, channels, 3, 3], -0.3, 0.3),
      fc: float32(
        Float32Array.from(numbers(3, [classes, channels], -1, 1).data as Float32Array, (value) => gain * value),
        [classes, channels],
      ),
      ones: float32(Array(classes).fill(1), [classes]),
      zeros: float32(Array(classes).fill(0), [classes]),
      step: float32([0.001], []),
      none: { type: 'int8', dims: [], data: Int8Array.of(0) },
      least: float32([-1e9], []),
    },
    nodes: [
      node('Conv', ['x', 'w0'], 'c0', { pads: [1, 1, 1, 1] }),
      node('Relu', ['c0'], 'a0'),
      node('Conv', ['a0', 'w1'], 'c1', { pads: [1, 1, 1, 1] }),
      node('Relu', ['c1'], 'features'),
      node('GlobalAveragePool', ['features'], 'pooled'),
      node('Flatten', ['pooled'], 'flat'),
      node('Gemm', ['flat', 'fc'], 'logits', { transB: 1 }),
      ...nodes,
    ],
  })
}

/** What lies behind the logits. */
const ends: Readonly<
  Record<'plain' | 'norm' | 'norm in parts' | 'softmax' | 'sigmoid' | 'dead' | 'cut off', { nodes: NodeSpec[]; output: string }>
> = {
  plain: { nodes: [], output: 'logits' },
  // mean 0 and deviation 1, so that the sum over all classes is 0 whatever the picture
  norm: { nodes: [node('LayerNormalization', ['logits', 'ones', 'zeros'], 'y', { axis: -1 })], output: 'y' },
  'norm in parts': {
    nodes: [
      node('ReduceMean', ['logits'], 'mean', { axes: [1] }),
      node('Sub', ['logits', 'mean'], 'centred'),
      node('Mul', ['centred', 'centred'], 'squares'),
      node('ReduceMean', ['squares'], 'variance', { axes: [1] }),
      node('Sqrt', ['variance'], 'deviation'),
      node('Div', ['centred', 'deviation'], 'y'),
    ],
    output: 'y',
  },
  softmax: { nodes: [node('Softmax', ['logits'], 'prob', { axis: 1 })], output: 'prob' },
  sigmoid: { nodes: [node('Sigmoid', ['logits'], 'prob')], output: 'prob' },
  // no score is above 10⁹
  dead: { nodes: [node('Add', ['logits', 'least'], 'low'), node('Relu', ['low'], 'y')], output: 'y' },
  // int8 in steps of 0.001 ends at 0.127
  'cut off': {
    nodes: [
      node('QuantizeLinear', ['logits', 'step', 'none'], 'q'),
      node('DequantizeLinear', ['q', 'step', 'none'], 'd'),
      node('Relu', ['d'], 'y'),
    ],
    output: 'y',
  },
}
