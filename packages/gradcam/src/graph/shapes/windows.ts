/** @file Shapes behind windows that slide over an image: convolutions and pools. */
import type { ElementType } from '../../core/tensor.ts'
import { type SeenNode, type ShapeRule, type Sizes } from './seen.ts'

interface Window {
  kernel: Sizes
  strides: Sizes
  dilations: Sizes
  /** Begin and end, by axis. */
  pads: readonly (readonly [number, number])[]
  /** Whether the border is such that ceil(size / stride) windows fit. */
  same: boolean
}

function windowOf({ ints, string }: SeenNode, kernel: Sizes): Window | undefined {
  const ones = kernel.map(() => 1)
  const [strides, dilations] = [ints('strides') ?? ones, ints('dilations') ?? ones]
  const auto = string('auto_pad', 'NOTSET')
  const given = auto === 'NOTSET' ? (ints('pads') ?? []) : []
  const pads = kernel.map((_, i) => [given[i] ?? 0, given[i + kernel.length] ?? 0] as const)
  const whole = [strides, dilations].every((all) => all.length === kernel.length && all.every((size) => size > 0))
  if (!whole || (given.length !== 0 && given.length !== 2 * kernel.length)) return undefined
  return { kernel, strides, dilations, pads, same: auto.startsWith('SAME') }
}

/** How many windows fit on each axis. */
function slid(sizes: Sizes, { kernel, strides, dilations, pads, same }: Window, ceil: boolean): number[] | undefined {
  const counts = sizes.map((size, i) => {
    const stride = strides[i] as number
    if (same) return Math.ceil(size / stride)
    const [begin, end] = pads[i] as readonly [number, number]
    const steps = (size + begin + end - ((kernel[i] as number) - 1) * (dilations[i] as number) - 1) / stride
    const down = Math.floor(steps) + 1
    if (!ceil || Number.isInteger(steps)) return down
    // where one more window would begin behind the image, versions of the runtime differ
    return down * stride < size + begin ? down + 1 : 0
  })
  return counts.some((count) => count < 1) ? undefined : counts
}

function convolved(node: SeenNode, x: Sizes | undefined, w: Sizes | undefined): number[] | undefined {
  if (!x || !w || x.length < 3 || w.length !== x.length) return undefined
  const [images = 0, channels, ...sizes] = x
  const [filters = 0, own = 0, ...kernel] = w
  const declared = node.ints('kernel_shape')
  if (own * node.int('group', 1) !== channels || (declared && declared.join() !== kernel.join())) return undefined
  const window = windowOf(node, kernel)
  const counts = window && slid(sizes, window, false)
  return counts && [images, filters, ...counts]
}

/** @param at positions of data, weights and a tensor of the type of the result, or the type itself */
const convolution =
  (data: number, weights: number, type: number | ElementType): ShapeRule =>
  (node) => {
    const shape = convolved(node, node.inputs[data]?.shape, node.inputs[weights]?.shape)
    const own = typeof type === 'number' ? node.inputs[type]?.type : type
    return shape && own && [{ type: own, shape }]
  }

const transposed: ShapeRule = (node) => {
  const [x, w] = node.inputs
  if (!x || !w || x.shape.length < 3 || w.shape.length !== x.shape.length) return undefined
  const [images = 0, channels, ...sizes] = x.shape
  const [own, filters = 0, ...kernel] = w.shape
  const window = windowOf(node, kernel)
  if (!window || own !== channels || window.same || node.ints('output_shape')) return undefined
  const more = node.ints('output_padding') ?? []
  const grown = sizes.map((size, i) => {
    const [begin, end] = window.pads[i] as readonly [number, number]
    const reach = ((kernel[i] as number) - 1) * (window.dilations[i] as number) + 1
    return (window.strides[i] as number) * (size - 1) + (more[i] ?? 0) + reach - begin - end
  })
  if (grown.some((size) => size < 1)) return undefined
  return [{ type: x.type, shape: [images, filters * node.int('group', 1), ...grown] }]
}

const pool: ShapeRule = (node) => {
  const [x] = node.inputs
  const kernel = node.ints('kernel_shape')
  const [images = 0, channels = 0, ...sizes] = x?.shape ?? []
  if (!x || !kernel || kernel.length !== sizes.length) return undefined
  const window = windowOf(node, kernel)
  const counts = window && slid(sizes, window, node.int('ceil_mode', 0) === 1)
  if (!counts) return undefined
  const shape = [images, channels, ...counts]
  return node.node.operator === 'MaxPool'
    ? [
        { type: x.type, shape },
        { type: 'int64', shape },
      ]
    : [{ type: x.type, shape }]
}

const overall: ShapeRule = ({ inputs: [x] }) => x && [{ type: x.type, shape: x.shape.map((size, axis) => (axis < 2 ? size : 1)) }]

/** [N, C, H, W] by points [N, h, w, 2]. */
const sampled: ShapeRule = ({ inputs: [x, grid] }) => {
  if (!x || !grid || x.shape.length !== grid.shape.length || x.shape[0] !== grid.shape[0]) return undefined
  if (grid.shape.at(-1) !== x.shape.length - 2) return undefined
  return [{ type: x.type, shape: [...x.shape.slice(0, 2), ...grid.shape.slice(1, -1)] }]
}

export const windows = {
  Conv: convolution(0, 1, 0),
  'com.microsoft:FusedConv': convolution(0, 1, 0),
  DeformConv: convolution(0, 1, 0),
  ConvInteger: convolution(0, 1, 'int32'),
  QLinearConv: convolution(0, 3, 7),
  ConvTranspose: transposed,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: overall,
  GlobalMaxPool: overall,
  GlobalLpPool: overall,
  GridSample: sampled,
} satisfies Record<string, ShapeRule>
