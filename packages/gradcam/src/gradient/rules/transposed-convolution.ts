/** @file ConvTranspose: the gradient of its input is a convolution, as it is itself the gradient of one. */
import { fixedDims, type Rule } from '../rule.ts'
import { biasGradient, filterGradient } from './convolution.ts'
import { convolve } from './grouped.ts'
import { windowsOf } from './window.ts'

/** X [N, K, …], W [K, C/groups, kernel…], Y [N, C, …]: dX = W ∗ dY. Windows slide over the output, one per place of the input. */
export const ConvTranspose: Rule = (context) => {
  const { g, x, b: weights, y, dy } = context
  const windows = windowsOf(context, fixedDims(context, weights.shape.slice(2)), y, x)
  const { kernel, strides, dilations, begins, ends, output } = windows
  const groups = context.int('group', 1)
  const padded = () => g.pad(dy, [0, 0, ...begins], [0, 0, ...ends])
  const attributes = { kernel_shape: kernel, strides, dilations }
  return [
    context.wants(0) ? convolve(g, padded(), weights, { groups, output, attributes }) : undefined,
    context.wants(1) ? filterGradient(g, { x: dy, dy: x, filters: weights.shape, windows, groups }) : undefined,
    context.wants(2) ? biasGradient(g, dy) : undefined,
  ]
}
