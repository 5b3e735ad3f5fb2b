/** @file Col2Im and MaxUnpool: windows and single numbers laid into an image. The gradient is read where they were laid. */
import { sizeOf } from '../../core/tensor.ts'
import type { Dim } from '../../graph/graph.ts'
import { fixedDims, type Rule } from '../rule.ts'
import { unfold } from './patches.ts'
import { product } from './selection.ts'

/** [N, C · kernel, L] summed into [N, C, …]: dx is dy, window by window. */
export const Col2Im: Rule = (context) => {
  const { g, x, y, dy } = context
  const input = fixedDims(context, y.shape.slice(2))
  const kernel = context.integers(2, 'block_shape')
  const ones = input.map(() => 1)
  const [strides, dilations, pads] = [context.ints('strides') ?? ones, context.ints('dilations') ?? ones, context.ints('pads') ?? []]
  const begins = input.map((_, i) => pads[i] ?? 0)
  const declaredEnds = input.map((_, i) => pads[i + input.length] ?? 0)
  const reach = kernel.map((size, i) => (size - 1) * (dilations[i] as number) + 1)
  const output = input.map((size, i) => {
    const room = size + (begins[i] as number) + (declaredEnds[i] as number) - (reach[i] as number)
    return Math.floor(room / (strides[i] as number)) + 1
  })
  const ends = input.map(
    (size, i) => ((output[i] as number) - 1) * (strides[i] as number) + (reach[i] as number) - size - (begins[i] as number),
  )
  const [batch, channels] = y.shape as [Dim, number]
  const images = g.reshape(dy, [product([batch, channels]), 1, ...input])
  const patches = unfold(g, images, { kernel, strides, dilations, begins, ends, declaredEnds, input, output }, 0)
  return [g.reshape(patches, [batch, channels * sizeOf(kernel), sizeOf(output)])].map((dx) => g.reshape(dx, x.shape))
}

/** y[indices[k]] = x[k], both flattened */
export const MaxUnpool: Rule = ({ g, b: indices, dy, y }) => [g.gather(g.reshape(dy, [product(y.shape)]), indices, 0)]
