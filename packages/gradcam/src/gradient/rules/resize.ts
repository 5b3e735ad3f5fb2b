/** @file Resize and Upsample: interpolation is linear and separable, so the gradient is one product with a fixed matrix per axis. */
import type { Dim, Value } from '../../graph/graph.ts'
import { type Contribution, fixedDims, type Rule, type RuleContext, wrapped } from '../rule.ts'
import { type Axis, axisTaps, type Interpolation, type Tap } from './interpolation.ts'
import { product } from './selection.ts'

interface ScaledAxis extends Axis {
  axis: number
}

/** dx along one axis: Aᵀ·dy, A [outputs, inputs] the taps. */
function transposedProduct(context: RuleContext, dy: Value, axis: number, taps: readonly Tap[][], input: number): Value {
  const { g } = context
  const last = axis === dy.shape.length - 1
  const matrix = new Float64Array(input * taps.length)
  taps.forEach((row, o) => {
    for (const { place, weight } of row) {
      const at = last ? o * input + place : place * taps.length + o
      matrix[at] = weight + (matrix[at] ?? 0)
    }
  })
  const weights = g.floats(Float32Array.from(matrix), last ? [taps.length, input] : [input, taps.length], dy.type)
  if (last) return g.matmul(dy, weights)
  const [outer, inner] = [product(dy.shape.slice(0, axis)), product(dy.shape.slice(axis + 1))]
  const moved = g.matmul(weights, g.reshape(dy, [outer, taps.length, inner]))
  return g.reshape(moved, dy.shape.with(axis, input))
}

/** How often each input place is repeated, where that is all that happens along the axis; else 0. */
function repeats(taps: readonly Tap[][], input: number): number {
  const times = taps.length / input
  return taps.every(([tap, more], o) => tap?.weight === 1 && !more && tap.place === Math.floor(o / times)) ? times : 0
}

function resized(context: RuleContext, spec: Interpolation, axes: readonly ScaledAxis[]): Contribution[] {
  const { g, x } = context
  let { dy } = context
  const copied = new Map<number, number>()
  for (const axis of axes) {
    const taps = axisTaps(spec, axis)
    const times = repeats(taps, axis.input)
    if (times === 1) continue
    if (Number.isInteger(times) && times > 0) copied.set(axis.axis, times)
    else dy = transposedProduct(context, dy, axis.axis, taps, axis.input)
  }
  if (copied.size === 0) return [dy]
  // repeated places: [size·times] as [size, times], summed
  const split: Dim[] = []
  const summed: number[] = []
  x.shape.forEach((dim, i) => {
    split.push(dim)
    const times = copied.get(i)
    if (times !== undefined) summed.push(split.push(times) - 1)
  })
  return [g.sum(g.reshape(dy, split), summed, false)]
}

/** The axes that change, with the scale that the operator works with: given, or output ÷ input, in single precision. */
function scaledAxes(
  context: RuleContext,
  scales: readonly number[] | undefined,
  axes: readonly number[],
  regions?: readonly number[],
): ScaledAxis[] {
  const { x, y } = context
  return axes.flatMap((axis, i): ScaledAxis[] => {
    if (x.shape[axis] === y.shape[axis] && (scales?.[i] ?? 1) === 1) return []
    const [input, output] = fixedDims(context, [x.shape[axis] as Dim, y.shape[axis] as Dim]) as [number, number]
    const region = [regions?.[i] ?? 0, regions?.[i + axes.length] ?? 1] as const
    return [{ axis, input, output, scale: scales?.[i] ?? Math.fround(output / input), region }]
  })
}

const numbers = (context: RuleContext, position: number, what: string): number[] => {
  const tensor = context.constant(position)
  return tensor ? Array.from(tensor.data as Float32Array, Number) : context.refuse(`its ${what} depend on the image`)
}
/** Optional inputs of Resize may be there and empty. */
const given = (context: RuleContext, position: number): boolean => context.has(position) && context.input(position).shape[0] !== 0

export const Resize: Rule = (context) => {
  const { x, opset } = context
  if (opset < 11) return Upsample(context)
  const spec: Interpolation = {
    mode: modeOf(context),
    coordinates: context.string('coordinate_transformation_mode', 'half_pixel'),
    rounding: context.string('nearest_mode', 'round_prefer_floor'),
    cubicCoefficient: context.float('cubic_coeff_a', -0.75),
    excludeOutside: context.int('exclude_outside', 0) !== 0,
    antialias: context.int('antialias', 0) !== 0,
  }
  const axes = context.ints('axes')?.map((axis) => wrapped(axis, x.shape.length)) ?? [...x.shape.keys()]
  const regions = spec.coordinates === 'tf_crop_and_resize' ? numbers(context, 1, 'regions') : undefined
  return resized(context, spec, scaledAxes(context, scalesOf(context, axes), axes, regions))
}

/** As given; undefined where sizes are; one for all axes where sizes keep the aspect ratio. */
function scalesOf(context: RuleContext, axes: readonly number[]): number[] | undefined {
  if (given(context, 2)) return numbers(context, 2, 'scales')
  const policy = context.string('keep_aspect_ratio_policy', 'stretch')
  if (policy === 'stretch') return undefined
  const dims = axes.map((axis) => context.x.shape[axis] as Dim)
  const inputs = fixedDims(context, dims)
  const scales = context.integers(3, 'sizes').map((size, i) => Math.fround(size / (inputs[i] as number)))
  const scale = policy === 'not_larger' ? Math.min(...scales) : Math.max(...scales)
  return axes.map(() => scale)
}

function modeOf(context: RuleContext): Interpolation['mode'] {
  const mode = context.string('mode', 'nearest')
  if (mode === 'nearest' || mode === 'linear' || mode === 'cubic') return mode
  // the name of the first opsets
  return mode === 'bilinear' ? 'linear' : context.refuse(`the mode ${mode} is not known`)
}

/** Upsample, and Resize of opset 10: no coordinate modes yet. */
export const Upsample: Rule = (context) => {
  const scales = context.node.attributes.get('scales')?.floats ?? numbers(context, 1, 'scales')
  const spec: Interpolation = {
    mode: modeOf(context),
    coordinates: 'asymmetric',
    rounding: 'simple',
    cubicCoefficient: -0.75,
    excludeOutside: false,
    antialias: false,
  }
  return resized(context, spec, scaledAxes(context, scales, [...context.x.shape.keys()]))
}
