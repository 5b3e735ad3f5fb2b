/** @file Sliding windows: the geometry that Conv and the pools share, and folding windows back onto the input. */
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Shape, Value } from '../../graph/graph.ts'
import { sizeOf } from '../../tensor.ts'
import { fixedDims, type RuleContext } from '../rule.ts'
import { spread } from './spread.ts'

/** Windows over the spatial axes, with padding resolved: `begins` as declared, `ends` to where the last window ends (negative: left over). */
export interface Windows {
  kernel: readonly number[]
  strides: readonly number[]
  dilations: readonly number[]
  begins: readonly number[]
  /** Padding behind that the last window really reaches. */
  ends: readonly number[]
  /** Padding behind as declared, before ceil_mode adds to it. */
  declaredEnds: readonly number[]
  input: readonly number[]
  output: readonly number[]
}

/** Reads kernel, strides, dilations and pads (auto_pad too) of a node that slides windows over x and makes y. */
export function windowsOf(context: RuleContext, kernelShape: readonly number[], x = context.x, y = context.y): Windows {
  const input = fixedDims(context, x.shape.slice(2))
  const output = fixedDims(context, y.shape.slice(2))
  const ones = input.map(() => 1)
  const kernel = kernelShape
  const strides = context.ints('strides') ?? ones
  const dilations = context.ints('dilations') ?? ones
  const reach = kernel.map((k, i) => (k - 1) * (dilations[i] as number) + 1)
  const spanned = output.map((o, i) => (o - 1) * (strides[i] as number) + (reach[i] as number))
  const auto = context.string('auto_pad', 'NOTSET')
  const pads = context.ints('pads') ?? [...ones, ...ones].map(() => 0)
  const total = input.map((size, i) => Math.max((spanned[i] as number) - size, 0))
  const begins = input.map((_, i) => {
    if (auto === 'SAME_UPPER') return Math.floor((total[i] as number) / 2)
    if (auto === 'SAME_LOWER') return Math.ceil((total[i] as number) / 2)
    return auto === 'VALID' ? 0 : (pads[i] as number)
  })
  const ends = input.map((size, i) => (spanned[i] as number) - size - (begins[i] as number))
  const declaredEnds = input.map((_, i) => {
    if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') return (total[i] as number) - (begins[i] as number)
    return auto === 'VALID' ? 0 : (pads[i + input.length] as number)
  })
  return { kernel, strides, dilations, begins, ends, declaredEnds, input, output }
}

/** A free or fixed dimension times a number. */
export const times = (dim: Dim, factor: number): Dim => (typeof dim === 'number' ? dim * factor : `${factor}*${dim}`)

/** [N, C, …] as N·C pictures of one channel. */
export const perChannel = (g: Builder, x: Value): Value => g.reshape(x, channelShape(x, x.shape.slice(2)))

const channelShape = (x: Value, spatial: Shape): Shape => [times(x.shape[0] as Dim, x.shape[1] as number), 1, ...spatial]

/** Every window as P channels of one picture: [N·C, 1, …] to [N·C, P, outputs…], by a convolution that copies. */
export function unfold(g: Builder, x: Value, windows: Windows, fill: number): Value {
  const padded = g.pad(x, [0, 0, ...windows.begins], [0, 0, ...windows.ends], fill)
  const { kernel, strides, dilations } = windows
  const places = sizeOf(kernel)
  return g.node(
    'Conv',
    [padded, copies(g, kernel, x.type)],
    { type: x.type, shape: [x.shape[0] as Dim, places, ...windows.output] },
    { kernel_shape: kernel, strides, dilations },
  )
}

/** The reverse of `unfold`: what the windows hold is summed where it came from. [N·C, P, outputs…] to [N·C, 1, inputs…] */
export function fold(g: Builder, patches: Value, windows: Windows): Value {
  return foldWith(g, patches, copies(g, windows.kernel, patches.type), windows)
}

/** The same with weights of one's own, [channels, 1, kernel…]. */
export const foldWith = (g: Builder, patches: Value, weights: Value, windows: Windows): Value =>
  spread(g, patches, weights, windows, 1, windows.input)

// windows are taken apart by one filter per place
const mostPlaces = 4096

/** One filter per place of the kernel, which copies that place: [P, 1, kernel…] */
function copies(g: Builder, kernel: readonly number[], type: Value['type']): Value {
  const places = sizeOf(kernel)
  if (places > mostPlaces) throw new Error(`a window of ${places} places`)
  const identity = new Float32Array(places * places)
  for (let i = 0; i < places; i++) identity[i * places + i] = 1
  return g.floats(identity, [places, 1, ...kernel], type)
}
