/** @file ConvTranspose: the gradient of its input is a convolution, as it is itself the gradient of one. */
import { fixedDims, type Rule, type RuleContext } from '../rule.ts'
import { biasGradient, filterGradient } from './convolution.ts'
import { convolve } from './grouped.ts'
import type { Windows } from './window.ts'

/** Windows that slide over the output, one per place of the input. */
function windowsOverOutput(context: RuleContext): Windows {
  const { x, y, b: weights } = context
  const output = fixedDims(context, x.shape.slice(2))
  const input = fixedDims(context, y.shape.slice(2))
  const kernel = fixedDims(context, weights.shape.slice(2))
  const ones = kernel.map(() => 1)
  const strides = context.ints('strides') ?? ones
  const dilations = context.ints('dilations') ?? ones
  const spanned = output.map((size, i) => (size - 1) * (strides[i] as number) + ((kernel[i] as number) - 1) * (dilations[i] as number) + 1)
  const begins = paddingBefore(context, spanned, input)
  // what output_padding adds behind the last window is left over: a negative end
  const ends = spanned.map((span, i) => span - (input[i] as number) - (begins[i] as number))
  return { kernel, strides, dilations, begins, ends, declaredEnds: ends, input, output }
}

/** As declared, or shared out as ONNX Runtime does where the size of the output is given instead. */
function paddingBefore(context: RuleContext, spanned: readonly number[], size: readonly number[]): number[] {
  const auto = context.string('auto_pad', 'NOTSET')
  const shared = context.ints('output_shape') !== undefined || auto === 'SAME_UPPER' || auto === 'SAME_LOWER'
  if (!shared)
    return auto === 'VALID'
      ? size.map(() => 0)
      : (context.ints('pads') ?? [])
          .slice(0, size.length)
          .concat(size.map(() => 0))
          .slice(0, size.length)
  const extra = context.ints('output_padding')
  return spanned.map((span, i) => {
    const total = Math.max(span + (extra?.[i] ?? 0) - (size[i] as number), 0)
    return auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2)
  })
}

/** X [N, K, …], W [K, C/groups, kernel…], Y [N, C, …]: dX = W ∗ dY */
export const ConvTranspose: Rule = (context) => {
  const { g, x, b: weights, dy } = context
  const windows = windowsOverOutput(context)
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
