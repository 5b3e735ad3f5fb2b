/** @file Sliding windows: the geometry that Conv and the pools share. */
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
