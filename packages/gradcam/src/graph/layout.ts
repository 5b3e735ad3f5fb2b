/** @file Which axis of a tensor holds the channels, and where its places lie: [N, C, H, W], [N, H, W, C], or tokens [N, L, C]. */
import type { Size } from '../core/pixels.ts'
import { attributesOf } from './attributes.ts'
import type { TensorInfo } from './tensor-info.ts'
import { type Axes, hasPlaces, isWhole, lengthOf, tokenGrid } from './axes.ts'
import { type Dim, type Graph, type GraphNode, sameShape, type Shape } from './graph.ts'
import { operatorName, traitsOf } from './operators.ts'
import { fixedTensors } from './path.ts'
import { placesOf } from './places.ts'

/**
 * How a feature tensor is laid out. Tokens: a grid row by row; `skip` class or register tokens stand in front of it, and `after`
 * it as many again, where there are any.
 */
export type Layout = Size & { channels: Dim } & ({ kind: 'nchw' | 'nhwc' } | { kind: 'nlc'; skip: number; after?: number })

/** Axis of the channels by tensor name, without the tensors whose axis is unknown. */
export function channelAxes(graph: Graph, info: TensorInfo): Map<string, number> {
  const axes = new Map<string, number>()
  const fixed = fixedTensors(graph)
  for (const node of graph.nodes) {
    const name = node.outputs[0] ?? ''
    const shape = info.find(name)?.shape
    const axis = shape && axisAfter(info, node, shape, axes, fixed)
    if (axis !== undefined) for (const output of node.outputs) if (output) axes.set(output, axis)
  }
  return axes
}

function axisAfter(
  info: TensorInfo,
  node: GraphNode,
  shape: Shape,
  axes: ReadonlyMap<string, number>,
  fixed: ReadonlySet<string>,
): number | undefined {
  const { channels, matrix, moves } = traitsOf(node)
  const before = axes.get(node.inputs[0] ?? '')
  const from = info.find(node.inputs[0] ?? '')?.shape
  if (channels) return channels === 'first' ? 1 : shape.length - 1
  if (matrix !== undefined) {
    const weights = node.inputs[matrix] ?? ''
    // a product with a fixed matrix mixes the last axis
    return info.find(weights)?.shape.length === 2 && fixed.has(weights) ? shape.length - 1 : undefined
  }
  if (moves === 'permutes') {
    const order = attributesOf(node).ints('perm')
    return before === undefined || !order ? undefined : order.indexOf(before)
  }
  if (moves === 'reshapes') return from && before !== undefined ? reshapedAxis(from, shape, before) : undefined
  if (operatorName(node) === 'Gather')
    return shape.length === from?.length && attributesOf(node).int('axis', 0) !== before ? before : undefined
  const like = node.inputs.find((input) => axes.has(input) && sameRank(info.find(input)?.shape, shape))
  return like === undefined ? undefined : axes.get(like)
}

const sameRank = (a: Shape | undefined, b: Shape): boolean => a !== undefined && a.length === b.length

/** Channels that stay last, or stay on axis 1, with the same number of them. */
function reshapedAxis(from: Shape, to: Shape, axis: number): number | undefined {
  if (sameShape(from, to)) return axis
  const channels = from[axis]
  if (axis === from.length - 1 && to.at(-1) === channels) return to.length - 1
  return axis === 1 && to[1] === channels ? 1 : undefined
}

// maps are interpolated by matrices of this many columns
const longestSide = 16384

/**
 * The layout of a tensor that has several places, or undefined: also where its rows and columns lie in windows, or it has none, as
 * queries have. Of tensors behind operators that move places in their own way it is a guess: see `isShown`.
 */
export function layoutOf(graph: Graph, info: TensorInfo, name: string, axes: ReadonlyMap<string, number>): Layout | undefined {
  const shape = info.find(name)?.shape
  if (!shape) return undefined
  const known = placesOf(graph, info).get(name)
  const layout = known ? shownLayout(shape, known, imagesIn(graph, info)) : guessedLayout(graph, info, name, axes)
  return layout && Math.max(layout.height, layout.width) <= longestSide ? layout : undefined
}

/** Whether the graph shows where the places of a tensor lie. */
export const isShown = (graph: Graph, info: TensorInfo, name: string): boolean => placesOf(graph, info).has(name)

/** Images of a run; undefined where the input is not a batch of them. */
function imagesIn({ image, inputs }: Graph, info: TensorInfo): Dim | undefined {
  const shape = info.find(image ?? inputs[0]?.name ?? '')?.shape
  return shape?.length === 4 ? shape[0] : undefined
}

/** Rows and columns on neighbouring axes of four, or a grid on the middle one of three. */
function shownLayout(shape: Shape, axes: Axes, images: Dim | undefined): Layout | undefined {
  // windows, frames or heads of one image in the place of images
  if (axes[0]?.some(({ of }) => of !== 'other' || (shape[0] !== images && images !== undefined))) return undefined
  if (shape.length === 3) {
    const grid = hasPlaces(axes[2] ?? []) ? undefined : tokenGrid(axes[1] ?? [])
    if (!grid || grid.height * grid.width === 1) return undefined
    const { after, ...rest } = grid
    return { kind: 'nlc', channels: shape[2] as Dim, ...rest, ...(after > 0 ? { after } : {}) }
  }
  if (shape.length !== 4 || !axes.some(hasPlaces)) return undefined
  const size = (at: number): number => lengthOf(shape[at] as Dim)
  const isMap = (row: number): boolean =>
    (size(row) === 1 || isWhole(axes[row] ?? [], 'row')) && (size(row + 1) === 1 || isWhole(axes[row + 1] ?? [], 'column'))
  if (isMap(2) && !hasPlaces(axes[1] ?? [])) return { kind: 'nchw', channels: shape[1] as Dim, height: size(2), width: size(3) }
  return isMap(1) && !hasPlaces(axes[3] ?? []) ? { kind: 'nhwc', channels: shape[3] as Dim, height: size(1), width: size(2) } : undefined
}

function guessedLayout(graph: Graph, info: TensorInfo, name: string, axes: ReadonlyMap<string, number>): Layout | undefined {
  const shape = info.find(name)?.shape ?? []
  const axis = axes.get(name) ?? (shape.length === 4 ? 1 : undefined)
  const grid = gridOf(shape, axis)
  if (grid) return { kind: axis === 1 ? 'nchw' : 'nhwc', channels: shape[axis as number] as Dim, ...grid }
  if (shape.length !== 3 || axis !== 2 || typeof shape[1] !== 'number' || shape[1] <= 1) return undefined
  return tokenLayout(graph, info, axes, { name, length: shape[1], channels: shape[2] as Dim })
}

// class, distillation and register tokens: no known network has more
const maxExtraTokens = 16

/** The grid comes from the map that the tokens were cut from; without one a square is assumed. */
function tokenLayout(
  graph: Graph,
  info: TensorInfo,
  axes: ReadonlyMap<string, number>,
  { name, length, channels }: { name: string; length: number; channels: Dim },
): Layout | undefined {
  const seen = new Set<string>()
  let open = [name]
  while (open.length > 0) {
    const next: string[] = []
    for (const each of open) {
      const maker = graph.producers.get(each)
      if (seen.has(each) || !maker) continue
      seen.add(each)
      const found = gridOf(info.find(each)?.shape, axes.get(each))
      const skip = found ? length - found.height * found.width : -1
      if (found && skip >= 0 && skip <= maxExtraTokens) return { kind: 'nlc', channels, ...found, skip }
      next.push(...maker.inputs)
    }
    open = next
  }
  for (let skip = 0; skip <= maxExtraTokens; skip++) {
    const side = Math.sqrt(length - skip)
    if (side > 1 && Number.isInteger(side)) return { kind: 'nlc', channels, height: side, width: side, skip }
  }
  return undefined
}

/** Height and width of a map with known channels: heads of attention have four axes, too, but no channels. */
function gridOf(shape: Shape | undefined, axis: number | undefined): Size | undefined {
  if (shape?.length !== 4 || (axis !== 1 && axis !== 3)) return undefined
  const [height, width] = axis === 1 ? [shape[2], shape[3]] : [shape[1], shape[2]]
  return typeof height === 'number' && typeof width === 'number' && height * width > 1 ? { height, width } : undefined
}
