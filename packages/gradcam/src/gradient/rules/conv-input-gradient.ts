/** @file The reverse of sliding windows: what each window holds goes back to the places it came from, in the fastest form that every provider has. */
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Shape, Value } from '../../graph/graph.ts'
import { hasConvTranspose } from '../../runtime/capabilities.ts'
import { convolve, convolveTransposed } from './grouped.ts'
import { selectionMatrix } from './selection.ts'
import type { Windows } from './window.ts'

/** Filters that slide over an image, and the gradient of what they make. */
export interface SlidingFilters {
  /** [N, K, outputs…] */
  dy: Value
  /** [K, C/groups, kernel…] */
  weights: Value
  windows: Windows
  groups: number
}

/**
 * [N, K, outputs…] through filters [K, C/groups, kernel…] to [N, C, inputs…], the adjoint of Conv with those filters.
 *
 * Without strides that is a convolution with flipped filters, which runtimes run fastest; depthwise filters
 * and 1×1 filters win even when zeros must be put between the places; for three dimensions not every provider has ConvTranspose.
 */
export function convInputGradient(g: Builder, sliding: SlidingFilters): Value {
  const { weights, windows, groups } = sliding
  const channels = (weights.shape[1] as number) * groups
  const strided = windows.strides.some((stride) => stride > 1)
  const depthwise = groups > 1 && groups === channels && groups === weights.shape[0]
  const pointwise = windows.kernel.every((size) => size === 1)
  return !strided || depthwise || pointwise || !hasConvTranspose(windows.kernel.length)
    ? flippedConv(g, sliding)
    : transposedConv(g, sliding)
}

function transposedConv(g: Builder, { dy, weights, windows, groups }: SlidingFilters): Value {
  const { kernel, strides, dilations, begins, ends, input: output } = windows
  // windows that stop short of the input leave a rest without gradient; negative ends are exactly that rest
  const attributes = {
    kernel_shape: kernel,
    strides,
    dilations,
    pads: [...begins, ...ends.map((end) => Math.max(end, 0))],
    output_padding: ends.map((end) => Math.max(-end, 0)),
  }
  return convolveTransposed(g, dy, weights, { groups, output, attributes })
}

function flippedConv(g: Builder, { dy, weights, windows, groups }: SlidingFilters): Value {
  const { kernel, strides, dilations, begins, ends, input, output } = windows
  if (kernel.every((size) => size === 1)) {
    // a 1×1 filter can come before the zeros, and zeros then fill what it never saw
    let small = convolve(g, dy, flipped(g, weights, groups), { groups, output, attributes: { kernel_shape: kernel } })
    for (const [axis, stride] of [...strides.entries()].reverse()) small = dilate(g, small, axis + 2, stride)
    return g.pad(small, [0, 0, ...begins.map((n) => -n)], [0, 0, ...ends.map((n) => -n)])
  }
  const spaced = spaceAll(g, dy, strides)
  const reach = kernel.map((k, i) => (k - 1) * (dilations[i] as number))
  const before = reach.map((r, i) => r - (begins[i] as number))
  // the zeros behind the last place are padding already
  const behind = reach.map(
    (r, i) => r - (ends[i] as number) - ((spaced.shape[i + 2] as number) - spanOf(output[i] as number, strides[i] as number)),
  )
  // paddings wider than the kernel reach become crops
  const cropped = g.pad(spaced, [0, 0, ...before.map((n) => Math.min(n, 0))], [0, 0, ...behind.map((n) => Math.min(n, 0))])
  const pads = [...before, ...behind].map((n) => Math.max(n, 0))
  return convolve(g, cropped, flipped(g, weights, groups), {
    groups,
    output: input,
    attributes: { kernel_shape: kernel, dilations, pads },
  })
}

/**
 * Puts stride − 1 zeros behind every place: [N, C, places…] to [N, C, places · strides…].
 * With channels last the zeros behind a place, a row, … are one stretch of memory each, and the CPU provider
 * comes from its blocked layout, and goes back to it, in the same pass as the transposition.
 */
function spaceAll(g: Builder, x: Value, strides: readonly number[]): Value {
  const [batch, channels, ...places] = x.shape as [Dim, number, ...number[]]
  // zeros behind an only place are padding already
  const steps = strides.map((stride, i) => (places[i] === 1 ? 1 : stride))
  if (steps.every((step) => step === 1)) return x
  const axes = places.map((_, i) => i + 2)
  let spaced = g.transpose(x, [0, ...axes, 1])
  let inner = channels
  for (let i = places.length - 1; i >= 0; i--) {
    // [N, first, …, this axis, all that is behind it]
    const rows = g.reshape(spaced, [batch, ...places.slice(0, i + 1), inner])
    const zeros = inner * ((steps[i] as number) - 1)
    spaced = g.padAlong(rows, i + 2, 0, zeros)
    inner = (inner + zeros) * (places[i] as number)
  }
  const wide = g.reshape(spaced, [batch, ...places.map((count, i) => count * (steps[i] as number)), channels])
  return g.transpose(wide, [0, places.length + 1, ...axes.map((axis) => axis - 1)])
}

/** Filters [K, C/groups, kernel…] flipped along every axis, with inputs and outputs exchanged: [C, K/groups, kernel…] */
function flipped(g: Builder, weights: Value, groups: number): Value {
  const [filters, channels, ...kernel] = weights.shape as [number, number, ...number[]]
  const spatial = kernel.map((_, i) => i)
  let result: Value
  if (groups === 1) result = g.transpose(weights, [1, 0, ...spatial.map((i) => i + 2)])
  else {
    const split = g.reshape(weights, [groups, filters / groups, channels, ...kernel])
    const swapped = g.transpose(split, [0, 2, 1, ...spatial.map((i) => i + 3)])
    result = g.reshape(swapped, [groups * channels, filters / groups, ...kernel])
  }
  for (const [axis, size] of kernel.entries()) {
    if (size > 1) result = g.gather(result, g.int64(Array.from({ length: size }, (_, i) => size - 1 - i)), axis + 2)
  }
  return result
}

// beyond this a product with a matrix costs more than it saves
const longestRow = 512

const spanOf = (count: number, step: number): number => (count - 1) * step + 1

/** Puts step − 1 zeros between neighbours along an axis. */
export function dilate(g: Builder, x: Value, axis: number, step: number): Value {
  const count = x.shape[axis] as number
  if (step === 1 || count === 1) return x
  const rank = x.shape.length
  const span = spanOf(count, step)
  if (axis === rank - 1 && rank > 1 && count <= longestRow) {
    // single elements are copied slowly; as a product with a 0/1 matrix they take a fifth of the time
    const places = Array.from({ length: count }, (_, i) => i * step)
    return g.matmul(x, selectionMatrix(g, places, span, x.type))
  }
  const split: Shape = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]
  const padded = g.padAlong(g.reshape(x, split), axis + 1, 0, step - 1)
  const joined = x.shape.map((dim, i): Dim => (i === axis ? count * step : dim))
  return g.slice(g.reshape(padded, joined), axis, 0, span)
}
