/** @file Conv: the gradient of the input is a transposed convolution, that of the weights a convolution of input and gradient. */
import type { Builder } from '../../graph/emit.ts'
import { type Dim, type Shape, type Value, times } from '../../graph/graph.ts'
import { fixedDims, type Rule } from '../rule.ts'
import { convolve } from './grouped.ts'
import { convInputGradient } from './conv-input-gradient.ts'
import { type Windows, windowsOf } from './window.ts'

/** Y = W ∗ X + b, X [N, C, …], W [K, C/groups, kernel…] */
export const Conv: Rule = (context) => {
  const { g, b: weights, x, dy } = context
  const windows = windowsOf(context, fixedDims(context, weights.shape.slice(2)))
  const groups = context.int('group', 1)
  return [
    context.wants(0) ? convInputGradient(g, { dy, weights, windows, groups }) : undefined,
    context.wants(1) ? filterGradient(g, { x, dy, filters: weights.shape, windows, groups }) : undefined,
    context.wants(2) ? biasGradient(g, dy) : undefined,
  ]
}

interface SlidImage {
  /** [N, C, …] */
  x: Value
  /** [N, K, …] */
  dy: Value
  /** Shape of the filters, [K, C/groups, kernel…]. */
  filters: Shape
  windows: Windows
  groups: number
}

/**
 * Gradient of filters [K, C/groups, kernel…] that slide over an image [N, C, …] and meet the gradient [N, K, …]:
 * channels become the batch and the batch becomes channels; strides and dilations change places.
 */
export function filterGradient(g: Builder, { x, dy, filters, windows, groups }: SlidImage): Value {
  const { strides, dilations, begins, ends, input, output, kernel } = windows
  const [batch, channels] = x.shape as [Dim, number]
  const spatial = input.map((_, i) => i + 3)
  const padded = g.pad(x, [0, 0, ...begins], [0, 0, ...ends])
  const paddedSize = padded.shape.slice(2)
  // [N, g, C/g, …] → [C/g, g·N, …]
  const grouped = g.transpose(g.reshape(padded, [batch, groups, channels / groups, ...paddedSize]), [2, 1, 0, ...spatial])
  const image = g.reshape(grouped, [channels / groups, groups === 1 ? batch : times(batch, groups), ...paddedSize])
  const swapped = [1, 0, ...output.map((_, i) => i + 2)]
  // [N, K, …] → [K, N, …]
  const kernels = g.transpose(dy, swapped)
  const attributes = { kernel_shape: output, strides: dilations, dilations: strides }
  return g.reshape(g.transpose(convolve(g, image, kernels, { groups, output: kernel, attributes }), swapped), filters)
}

/** Σ dy over images and places, [K] */
export const biasGradient = (g: Builder, dy: Value): Value =>
  g.sum(
    dy,
    dy.shape.flatMap((_, i) => (i === 1 ? [] : [i])),
    false,
  )
