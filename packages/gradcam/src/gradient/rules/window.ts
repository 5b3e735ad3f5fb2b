/** @file Sliding windows: the geometry that Conv and the pools share. */
import type { AttributeValue } from '../../graph/emit.ts'
import { fixedDims, type RuleContext } from '../rule.ts'

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

/**
 * Reads strides, dilations and pads (auto_pad too) of a node whose windows slide over an image, one per place of what meets them:
 * for Conv and the pools over its input x, for ConvTranspose over its output.
 */
export function windowsOf(context: RuleContext, kernel: readonly number[], image = context.x, places = context.y): Windows {
  const input = fixedDims(context, image.shape.slice(2))
  const output = fixedDims(context, places.shape.slice(2))
  const ones = input.map(() => 1)
  const strides = context.ints('strides') ?? ones
  const dilations = context.ints('dilations') ?? ones
  const spanned = output.map(
    (count, i) => (count - 1) * (strides[i] as number) + ((kernel[i] as number) - 1) * (dilations[i] as number) + 1,
  )
  const auto = context.string('auto_pad', 'NOTSET')
  // where the size of the output is given instead, ONNX Runtime shares the padding out as well
  const shared = auto.startsWith('SAME') || context.node.attributes.has('output_shape')
  const pads = auto === 'VALID' ? [] : (context.ints('pads') ?? [])
  const extra = context.ints('output_padding') ?? []
  const total = input.map((size, i) => Math.max((spanned[i] as number) + (extra[i] ?? 0) - size, 0))
  const half = auto === 'SAME_UPPER' ? Math.floor : Math.ceil
  const begins = shared ? total.map((amount) => half(amount / 2)) : input.map((_, i) => pads[i] ?? 0)
  const ends = input.map((size, i) => (spanned[i] as number) - size - (begins[i] as number))
  const declaredEnds = input.map((_, i) => (shared ? (total[i] as number) - (begins[i] as number) : (pads[i + input.length] ?? 0)))
  return { kernel, strides, dilations, begins, ends, declaredEnds, input, output }
}

/** Windows of a pool. */
export const poolWindows = (context: RuleContext): Windows =>
  windowsOf(context, context.ints('kernel_shape') ?? context.refuse('it has no kernel_shape'))

const lists = ['kernel_shape', 'strides', 'pads', 'dilations', 'output_padding', 'output_shape']
const numbers = ['group', 'ceil_mode', 'count_include_pad']

/** The attributes of a sliding window, as they are. */
export function windowAttributes(context: RuleContext): Record<string, AttributeValue> {
  const given = (name: string): boolean => context.node.attributes.has(name)
  return Object.fromEntries<AttributeValue>([
    ...lists.filter(given).map((name) => [name, context.ints(name) ?? []] as const),
    ...numbers.filter(given).map((name) => [name, context.int(name, 0)] as const),
    ...['auto_pad'].filter(given).map((name) => [name, context.string(name, 'NOTSET')] as const),
  ])
}
