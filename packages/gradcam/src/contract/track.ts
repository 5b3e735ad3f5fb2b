/** @file Follows the axes of an input from node to node: what each axis of a tensor holds of the input's axes. */
import { attributesOf } from '../graph/attributes.ts'
import { constantOf, type Graph, type GraphNode, type Shape } from '../graph/graph.ts'
import { operatorName } from '../graph/operators.ts'
import { type Part, regroup } from './regroup.ts'

/** A tensor that is made of one input. */
export interface Track {
  /** For each axis what it holds of the input's axes; nothing for an axis that was added. */
  axes: readonly (readonly Part[])[]
  /** Sizes; free dimensions have large stand-ins, so that reshaping can be followed; undefined where unknown. */
  dims: readonly (number | undefined)[]
  /** Axes of the input whose length is not what it was: cut, joined or padded. */
  changed: ReadonlySet<number>
  /** What the axis held that a Gather of one element took away. */
  dropped: readonly Part[]
}

// primes that no real size is
const standIns = [1_000_003, 1_000_033, 1_000_037, 1_000_039, 1_000_081, 1_000_099]

/** The input itself. */
export const startOf = (shape: Shape): Track => ({
  axes: shape.map((_, axis) => [{ axis, whole: true }]),
  dims: shape.map((dim, axis) => (typeof dim === 'number' ? dim : standIns[axis])),
  changed: new Set(),
  dropped: [],
})

/** Functions of one element, and of one element and constants. */
const elementwise = new Set([
  ...[
    'Cast',
    'CastLike',
    'Identity',
    'Dropout',
    'Mul',
    'Add',
    'Sub',
    'Div',
    'Clip',
    'Neg',
    'Abs',
    'Pow',
    'Sqrt',
    'Exp',
    'Log',
    'Reciprocal',
  ],
  ...['Relu', 'Sigmoid', 'Tanh', 'Max', 'Min', 'Where', 'Floor', 'Round', 'QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear'],
  ...['com.microsoft:QuantizeLinear', 'com.microsoft:DequantizeLinear', 'Sum', 'PRelu', 'LeakyRelu', 'HardSwish', 'HardSigmoid'],
  ...['BatchNormalization', 'InstanceNormalization', 'MeanVarianceNormalization', 'LRN', 'LpNormalization', 'LayerNormalization'],
])

/** Whole numbers of an input of a node or, in older operator sets, of an attribute. */
export function integersOf(graph: Graph, node: GraphNode, position: number, attribute: string): readonly number[] | undefined {
  const name = node.inputs[position]
  const constant = name ? constantOf(graph, name) : undefined
  if (constant) return Array.from(constant.data as ArrayLike<number | bigint>, Number)
  return name ? undefined : attributesOf(node).ints(attribute)
}

/** The track of a node's outputs; undefined where it cannot be followed. */
export function trackAfter(graph: Graph, node: GraphNode, track: Track): Track | undefined {
  const name = operatorName(node)
  if (elementwise.has(name)) return broadcast(graph, node, track)
  return moves.get(name)?.(graph, node, track)
}

type Move = (graph: Graph, node: GraphNode, track: Track) => Track | undefined

/** A constant of more axes adds axes in front. */
function broadcast(graph: Graph, node: GraphNode, track: Track): Track {
  const ranks = node.inputs.map((name) => rankOf(graph, name))
  const missing = node.operator === 'BatchNormalization' ? 0 : Math.max(0, Math.max(...ranks) - track.axes.length)
  if (missing === 0) return track
  const none = Array.from({ length: missing }, (): readonly Part[] => [])
  return { ...track, axes: [...none, ...track.axes], dims: [...none.map(() => 1), ...track.dims] }
}

/** The rank of a constant, also of one that is computed; 0 where it is not known. */
function rankOf(graph: Graph, name: string, depth = 0): number {
  const known = graph.initializers.get(name)?.dims.length ?? constantOf(graph, name)?.dims.length ?? graph.declared.get(name)?.shape?.length
  if (known !== undefined || depth > 12) return known ?? 0
  const maker = graph.producers.get(name)
  if (!maker) return 0
  if (maker.operator === 'Reshape') return integersOf(graph, maker, 1, 'shape')?.length ?? 0
  const added = maker.operator === 'Unsqueeze' ? (integersOf(graph, maker, 1, 'axes')?.length ?? 0) : 0
  return added + rankOf(graph, maker.inputs[0] ?? '', depth + 1)
}

const at = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** Some axes of the tensor get another length. */
function resizedAt(track: Track, where: (axis: number) => boolean): Track {
  const changed = new Set(track.changed)
  for (const [i, parts] of track.axes.entries()) if (where(i)) for (const { axis } of parts) changed.add(axis)
  return { ...track, changed, dims: track.dims.map((dim, i) => (where(i) ? undefined : dim)) }
}

/** Height and width: all but the first two axes, or all that are neither first nor last. */
const spatial: Move = (_, __, track) => resizedAt(track, (axis) => axis > 0 && isPlace(track, axis))

/** Resizing leaves channels alone, wherever they are; an axis of at most four elements is no place. */
const isPlace = (track: Track, axis: number): boolean => (track.dims[axis] ?? 5) > 4

function unsqueezed(track: Track, axes: readonly number[]): Track {
  const rank = track.axes.length + axes.length
  const added = new Set(axes.map((axis) => at(axis, rank)))
  const rest = [...track.axes.keys()]
  const order = Array.from({ length: rank }, (_, i) => (added.has(i) ? undefined : rest.shift()))
  return {
    ...track,
    axes: order.map((i) => (i === undefined ? track.dropped : (track.axes[i] ?? []))),
    dims: order.map((i) => (i === undefined ? 1 : track.dims[i])),
    dropped: [],
  }
}

function without(track: Track, axes: ReadonlySet<number>): Track {
  const kept = [...track.axes.keys()].filter((i) => !axes.has(i))
  return { ...track, axes: kept.map((i) => track.axes[i] ?? []), dims: kept.map((i) => track.dims[i]) }
}

function reshaped(track: Track, target: readonly number[] | undefined): Track | undefined {
  const groups = target && regroup(track.dims, target)
  if (!target || !groups) return undefined
  const sizes = sizesAfter(track.dims as readonly number[], target)
  const axes = groups.map((group) =>
    group.flatMap(({ axis, whole }) => (track.axes[axis] ?? []).map((part) => ({ ...part, whole: part.whole && whole }))),
  )
  return { ...track, axes, dims: sizes }
}

function sizesAfter(from: readonly number[], target: readonly number[]): number[] {
  const sizes = target.map((size, i) => (size === 0 ? (from[i] ?? 1) : size))
  const rest = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1)
  const all = from.reduce((product, size) => product * size, 1)
  return sizes.map((size) => (size === -1 ? all / rest : size))
}

const moves: ReadonlyMap<string, Move> = new Map<string, Move>(
  Object.entries<Move>({
    Resize: spatial,
    Upsample: spatial,
    Pad: spatial,
    ...Object.fromEntries(
      ['MaxPool', 'AveragePool'].map((name): [string, Move] => [name, (_, __, track) => resizedAt(track, (axis) => axis > 1)]),
    ),
    Transpose(_, node, track) {
      const order = attributesOf(node).ints('perm') ?? [...track.axes.keys()].reverse()
      return { ...track, axes: order.map((i) => track.axes[i] ?? []), dims: order.map((i) => track.dims[i]) }
    },
    Unsqueeze(graph, node, track) {
      const axes = integersOf(graph, node, 1, 'axes')
      return axes && unsqueezed(track, axes)
    },
    Squeeze(graph, node, track) {
      const axes = integersOf(graph, node, 1, 'axes') ?? [...track.dims.keys()].filter((i) => track.dims[i] === 1)
      return without(track, new Set(axes.map((axis) => at(axis, track.axes.length))))
    },
    Reshape: (graph, node, track) => reshaped(track, integersOf(graph, node, 1, 'shape') ?? declaredSizes(graph, node)),
    Flatten(_, node, track) {
      const axis = at(attributesOf(node).int('axis', 1), track.axes.length)
      const product = (dims: readonly (number | undefined)[]): number => dims.reduce<number>((all, dim) => all * (dim ?? Number.NaN), 1)
      const target = [product(track.dims.slice(0, axis)), product(track.dims.slice(axis))]
      return target.some(Number.isNaN) ? undefined : reshaped(track, target)
    },
    Slice(graph, node, track) {
      const starts = integersOf(graph, node, 1, 'starts')
      const axes = integersOf(graph, node, 3, 'axes') ?? starts?.map((_, i) => i)
      const steps = integersOf(graph, node, 4, 'steps') ?? []
      const cut = new Set(axes?.filter((_, i) => steps[i] !== -1).map((axis) => at(axis, track.axes.length)))
      return axes && resizedAt(track, (axis) => cut.has(axis))
    },
    Split(_, node, track) {
      const cut = at(attributesOf(node).int('axis', 0), track.axes.length)
      return resizedAt(track, (axis) => axis === cut)
    },
    Concat(_, node, track) {
      const joined = at(attributesOf(node).int('axis', 0), track.axes.length)
      return resizedAt(track, (axis) => axis === joined)
    },
    Gather(graph, node, track) {
      const axis = at(attributesOf(node).int('axis', 0), track.axes.length)
      const indices = constantOf(graph, node.inputs[1] ?? '')
      if (!indices || indices.dims.length > 1) return undefined
      if (indices.dims.length === 0)
        return {
          ...without(track, new Set([axis])),
          dropped: track.axes[axis] ?? [],
          changed: new Set([...track.changed, ...(track.axes[axis] ?? []).map((part) => part.axis)]),
        }
      return indices.data.length === track.dims[axis] ? track : resizedAt(track, (each) => each === axis)
    },
  }),
)

/** The sizes that the model declares of a reshaped tensor, where they are all known. */
function declaredSizes(graph: Graph, node: GraphNode): readonly number[] | undefined {
  const shape = graph.declared.get(node.outputs[0] ?? '')?.shape
  return shape?.every((dim) => typeof dim === 'number') ? shape : undefined
}
