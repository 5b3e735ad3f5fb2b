/** @file Shapes of what moves, copies, cuts and joins elements. */
import { sizeOf } from '../../core/tensor.ts'
import { axesIn, axisIn, broadcast, numbersAt, type Seen, type SeenNode, type ShapeRule, type Sizes } from './seen.ts'

const like = (x: Seen | undefined, shape: Sizes | undefined): Seen[] | undefined => x && shape && [{ type: x.type, shape }]

/** The sizes that a Reshape asks for: 0 copies one, −1 is what is left. */
const reshape: ShapeRule = (node) => {
  const [x] = node.inputs
  const asked = numbersAt(node, 1, 'shape')
  if (!x || !asked) return undefined
  const sizes = asked.map((size, axis) => (size === 0 && node.int('allowzero', 0) === 0 ? (x.shape[axis] ?? -2) : size))
  const [count, rest] = [sizeOf(x.shape), sizeOf(sizes.filter((size) => size !== -1))]
  const open = sizes.filter((size) => size === -1).length
  if (sizes.some((size) => size < -1) || open > 1 || (open === 1 && rest === 0)) return undefined
  const shape = sizes.map((size) => (size === -1 ? count / rest : size))
  return Number.isInteger(sizeOf(shape)) && shape.every(Number.isInteger) && sizeOf(shape) === count ? like(x, shape) : undefined
}

const flatten: ShapeRule = ({ inputs: [x], int }) => {
  const axis = int('axis', 1)
  const at = x && (axis < 0 ? axis + x.shape.length : axis)
  if (!x || at === undefined || at < 0 || at > x.shape.length) return undefined
  return like(x, [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))])
}

const squeeze: ShapeRule = (node) => {
  const [x] = node.inputs
  if (!x || (node.given(1) && !node.inputs[1]?.value)) return undefined
  const ones = x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []))
  const named = numbersAt(node, 1, 'axes')
  const axes = named ? axesIn(named, x.shape.length) : ones
  if (!axes?.every((axis) => x.shape[axis] === 1)) return undefined
  return like(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  )
}

const unsqueeze: ShapeRule = (node) => {
  const [x] = node.inputs
  const named = numbersAt(node, 1, 'axes')
  const axes = x && named && axesIn(named, x.shape.length + named.length)
  if (!axes) return undefined
  const rest = [...x.shape]
  const rank = x.shape.length + axes.length
  return like(
    x,
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() as number))),
  )
}

/** Where each axis of the result comes from. */
export const permutation = ({ ints }: Pick<SeenNode, 'ints'>, rank: number): number[] | undefined =>
  axesIn(ints('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis), rank)

const transpose: ShapeRule = (node) => {
  const [x] = node.inputs
  const axes = x && permutation(node, x.shape.length)
  if (!axes || axes.length !== x.shape.length) return undefined
  return like(
    x,
    axes.map((axis) => x.shape[axis] as number),
  )
}

const concat: ShapeRule = ({ inputs, int }) => {
  const parts = inputs.filter((part) => part !== undefined)
  const [first] = parts
  const axis = first && axisIn(int('axis', 1), first.shape.length)
  if (axis === undefined || parts.length < inputs.length) return undefined
  const others = new Set(parts.map(({ shape }) => shape.map((size, i) => (i === axis ? '' : size)).join()))
  if (others.size > 1) return undefined
  const total = parts.reduce((sum, { shape }) => sum + (shape[axis] as number), 0)
  return like(first, first?.shape.with(axis, total))
}

const split: ShapeRule = (node) => {
  const [x] = node.inputs
  const axis = x && axisIn(node.int('axis', 0), x.shape.length)
  if (!x || axis === undefined || (node.given(1) && !node.inputs[1]?.value)) return undefined
  const [size, count] = [x.shape[axis] as number, node.node.outputs.length]
  const equal = Math.ceil(size / count)
  // only `num_outputs` lets the last part be smaller
  if (size % count !== 0 && !numbersAt(node, 1, 'split') && !node.int('num_outputs', 0)) return undefined
  const sizes = numbersAt(node, 1, 'split') ?? Array.from({ length: count }, (_, i) => Math.min(equal, size - i * equal))
  if (sizes.length !== count || sizes.some((part) => part < 0) || sizes.reduce((a, b) => a + b, 0) !== size) return undefined
  return sizes.map((part) => ({ type: x.type, shape: x.shape.with(axis, part) }))
}

export interface Cut {
  start: number
  step: number
  count: number
}

/** What a Slice takes of each axis. */
export function cutsOf(node: SeenNode): Cut[] | undefined {
  const [x] = node.inputs
  const [starts, ends] = [numbersAt(node, 1, 'starts'), numbersAt(node, 2, 'ends')]
  if (!x || !starts || !ends || ends.length !== starts.length || (node.given(3) && !node.inputs[3]?.value)) return undefined
  const axes = axesIn(numbersAt(node, 3, 'axes') ?? starts.map((_, i) => i), x.shape.length)
  const steps = node.given(4) ? node.inputs[4]?.value : starts.map(() => 1)
  if (axes?.length !== starts.length || steps?.length !== starts.length || steps.includes(0)) return undefined
  return x.shape.map((size, axis) => {
    const i = axes.indexOf(axis)
    if (i === -1) return { start: 0, step: 1, count: size }
    const step = steps[i] as number
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
    const within = (place: number, least: number): number => Math.max(least, Math.min(high, place < 0 ? place + size : place))
    const start = within(starts[i] as number, 0)
    return { start, step, count: Math.max(0, Math.ceil((within(ends[i] as number, low) - start) / step)) }
  })
}

const slice: ShapeRule = (node) => {
  const cuts = cutsOf(node)
  return like(
    node.inputs[0],
    cuts?.map(({ count }) => count),
  )
}

const expand: ShapeRule = ({ inputs: [x, sizes] }) => like(x, x && sizes?.value && broadcast(x.shape, sizes.value))

const tile: ShapeRule = ({ inputs: [x, repeats] }) =>
  repeats?.value?.length === x?.shape.length
    ? like(
        x,
        x?.shape.map((size, axis) => size * (repeats?.value?.[axis] as number)),
      )
    : undefined

const gather: ShapeRule = ({ inputs: [x, places], int }) => {
  const axis = x && axisIn(int('axis', 0), x.shape.length)
  if (!x || !places || axis === undefined) return undefined
  return like(x, [...x.shape.slice(0, axis), ...places.shape, ...x.shape.slice(axis + 1)])
}

const gatherElements: ShapeRule = ({ inputs: [x, places] }) =>
  x?.shape.length === places?.shape.length ? like(x, places?.shape) : undefined

const gatherND: ShapeRule = ({ inputs: [x, places], int }) => {
  const shared = int('batch_dims', 0)
  const own = places?.shape.at(-1)
  if (!x || !places || own === undefined || shared + own > x.shape.length) return undefined
  if (x.shape.slice(0, shared).join() !== places.shape.slice(0, shared).join()) return undefined
  return like(x, [...places.shape.slice(0, -1), ...x.shape.slice(shared + own)])
}

const pad: ShapeRule = (node) => {
  const [x] = node.inputs
  const pads = node.given(1) ? node.inputs[1]?.value : (node.ints('pads') ?? node.ints('paddings'))
  const axes = x && node.given(3) ? node.inputs[3]?.value : x?.shape.map((_, axis) => axis)
  const own = x && axes && axesIn(axes, x.shape.length)
  if (!pads || !own || pads.length !== 2 * own.length) return undefined
  const grown = x.shape.map((size, axis) => {
    const i = own.indexOf(axis)
    return i === -1 ? size : size + (pads[i] as number) + (pads[i + own.length] as number)
  })
  return grown.some((size) => size < 0) ? undefined : like(x, grown)
}

/** Blocks of channels to places, or back. */
const blocks =
  (grow: (size: number, block: number) => number, squared: (channels: number, block: number) => number): ShapeRule =>
  ({ inputs: [x], int }) => {
    const block = int('blocksize', 0)
    if (x?.shape.length !== 4 || block < 1) return undefined
    const [images = 0, channels = 0, height = 0, width = 0] = x.shape
    const shape = [images, squared(channels, block ** 2), grow(height, block), grow(width, block)]
    return shape.every(Number.isInteger) ? like(x, shape) : undefined
  }

const times = (a: number, b: number): number => a * b
const parts = (a: number, b: number): number => a / b

/** The sizes of a Resize: as given, or by scales, in the single precision that the runtime multiplies in. */
const resize: ShapeRule = (node) => {
  const [x] = node.inputs
  const old = node.node.operator === 'Upsample' || node.opset < 11
  if (!x || node.ints('axes') || node.string('keep_aspect_ratio_policy', 'stretch') !== 'stretch') return undefined
  const sizes = !old && node.given(3) ? node.inputs[3]?.value : undefined
  if (!old && node.given(3)) return sizes?.length === x.shape.length ? like(x, sizes) : undefined
  const attribute = node.node.attributes.get('scales')?.floats
  const scales = old ? (node.given(1) ? node.inputs[1]?.value : attribute) : node.inputs[2]?.value
  if (scales?.length !== x.shape.length) return undefined
  return like(
    x,
    x.shape.map((size, axis) => Math.floor(Math.fround(size * Math.fround(scales[axis] as number)))),
  )
}

export const moving = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Expand: expand,
  Tile: tile,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  Pad: pad,
  DepthToSpace: blocks(times, parts),
  SpaceToDepth: blocks(parts, times),
  Resize: resize,
  Upsample: resize,
} satisfies Record<string, ShapeRule>
