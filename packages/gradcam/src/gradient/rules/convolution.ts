/** @file Conv: the gradient of the input is a transposed convolution, that of the weights a convolution of input and gradient. */
import type { Dim, Value } from '../../graph/graph.ts'
import { fixedDims, type Rule, type RuleContext } from '../rule.ts'
import { type Windows, windowsOf } from './window.ts'

/** Y = W ∗ X + b, X [N, C, …], W [K, C/groups, kernel…] */
export const Conv: Rule = (context) => {
  const { g, b: weights, dy } = context
  const windows = windowsOf(context, fixedDims(context, weights.shape.slice(2)))
  const groups = context.int('group', 1)
  return [
    context.wants(0) ? inputGradient(context, windows, groups) : undefined,
    context.wants(1) ? weightGradient(context, windows, groups) : undefined,
    context.wants(2) ? g.sum(dy, [0, ...windows.input.map((_, i) => i + 2)], false) : undefined,
  ]
}

function inputGradient({ g, x, b: weights, dy }: RuleContext, windows: Windows, groups: number): Value {
  const { kernel, strides, dilations, begins, ends } = windows
  // windows that stop short of the input leave a rest without gradient; negative ends are exactly that rest
  const attributes = {
    kernel_shape: kernel,
    strides,
    dilations,
    group: groups,
    pads: [...begins, ...ends.map((end) => Math.max(end, 0))],
    output_padding: ends.map((end) => Math.max(-end, 0)),
  }
  return g.node('ConvTranspose', [dy, weights], { type: x.type, shape: x.shape }, attributes)
}

/** Channels become the batch and the batch becomes channels; strides and dilations change places. */
function weightGradient({ g, x, b: weights, dy }: RuleContext, windows: Windows, groups: number): Value {
  const { strides, dilations, begins, ends, input, output, kernel } = windows
  const [batch, channels] = x.shape as [Dim, number]
  const filters = dy.shape[1] as number
  const spatial = input.map((_, i) => i + 3)
  const padded = g.pad(x, [0, 0, ...begins], [0, 0, ...ends])
  const paddedSize = padded.shape.slice(2)
  // [N, g, C/g, …] → [C/g, g·N, …]
  const grouped = g.transpose(g.reshape(padded, [batch, groups, channels / groups, ...paddedSize]), [2, 1, 0, ...spatial])
  const picture = g.reshape(grouped, [channels / groups, timesBatch(batch, groups), ...paddedSize])
  // [N, K, …] → [K, N, …]
  const kernels = g.transpose(dy, [1, 0, ...output.map((_, i) => i + 2)])
  const product = g.node(
    'Conv',
    [picture, kernels],
    { type: x.type, shape: [channels / groups, filters, ...kernel] },
    { kernel_shape: output, strides: dilations, dilations: strides, group: groups },
  )
  return g.reshape(g.transpose(product, [1, 0, ...output.map((_, i) => i + 2)]), weights.shape)
}

const timesBatch = (batch: Dim, groups: number): Dim => (groups === 1 ? batch : typeof batch === 'number' ? batch * groups : `${groups}*${batch}`)
