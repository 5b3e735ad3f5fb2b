/** @file Which axis of an input the first linear layer sums over: the axis of its channels. */
import { attributesOf } from '../graph/attributes.ts'
import type { Graph, GraphNode, Shape } from '../graph/graph.ts'
import { operatorName, traitsOf } from '../graph/operators.ts'
import { fixedTensors } from '../graph/path.ts'
import { startOf, type Track, trackAfter } from './track.ts'
import { weightShape } from './weight-shape.ts'

/** What the first layer that tells reveals about an input. */
export interface Contraction {
  node: string
  operator: string
  /** Axes that a filter slides over: 1 for series, 2 for images, 3 for volumes; undefined where nothing slides. */
  sliding: number | undefined
  /** Axis of the input that is summed over, or whose elements are kept apart by pooling; undefined where it was added on the way. */
  axis: number | undefined
  /** Length of that axis by the weights; undefined where they do not tell. */
  channels: number | undefined
}

/** Position of the filters among the inputs of a convolution. */
const filters: ReadonlyMap<string, number> = new Map(
  Object.entries({
    Conv: 1,
    ConvInteger: 1,
    QLinearConv: 3,
    ConvTranspose: 1,
    'com.microsoft:FusedConv': 1,
    'com.microsoft:NhwcConv': 1,
    'com.microsoft:NhwcFusedConv': 1,
    'com.ms.internal.nhwc:Conv': 1,
    'com.microsoft:QLinearConv': 3,
  }),
)
/** Position of the matrix among the inputs of a product. */
const matrices: ReadonlyMap<string, number> = new Map(
  Object.entries({ MatMul: 1, Gemm: 1, MatMulInteger: 1, QLinearMatMul: 3, 'com.microsoft:FusedMatMul': 1 }),
)
const recurrent = new Set(['LSTM', 'GRU', 'RNN'])
// a patch embedding sums over the few channels of an image
const mostChannels = 16

/** Follows an input to the first convolution; without one to the first product of patches, pooling or recurrence. */
export function firstContraction(graph: Graph, name: string, shape: Shape): Contraction | undefined {
  const tracks = new Map<string, Track>([[name, startOf(shape)]])
  const fixed = fixedTensors(graph)
  let weaker: Contraction | undefined
  for (const node of graph.nodes) {
    if (traitsOf(node).measures) continue
    const track = tracks.get(node.inputs[0] ?? '') ?? firstOf(node, tracks)
    if (!track) continue
    const found = read(graph, node, track)
    if (found?.sliding !== undefined && filters.has(found.operator)) return found
    weaker ??= found
    const rest = node.inputs.some((input) => input !== '' && !tracks.has(input) && !fixed.has(input))
    // what another input or a layer of its own takes part in is no longer this input alone
    const after = rest && node.operator !== 'Concat' ? undefined : trackAfter(graph, node, track)
    if (after) for (const output of node.outputs) if (output) tracks.set(output, after)
  }
  return weaker
}

const firstOf = (node: GraphNode, tracks: ReadonlyMap<string, Track>): Track | undefined =>
  node.inputs.flatMap((input) => tracks.get(input) ?? [])[0]

function read(graph: Graph, node: GraphNode, track: Track): Contraction | undefined {
  const operator = operatorName(node)
  const about = { node: node.name, operator }
  const rank = track.axes.length
  if (filters.has(operator)) {
    const weights = weightShape(graph, node.inputs[filters.get(operator) as number] ?? '')
    const last = /nhwc/i.test(operator) || attributesOf(node).int('channels_last', 0) === 1
    const axis = last ? rank - 1 : 1
    // a transposed convolution has its inputs first
    const wide = operator === 'ConvTranspose' ? weights?.[0] : weights && (weights[1] ?? 1) * attributesOf(node).int('group', 1)
    return { ...about, sliding: (weights?.length ?? rank) - 2, ...lengthOf(track, axis, wide) }
  }
  if (matrices.has(operator)) return productOf(graph, node, track, about)
  if (recurrent.has(operator)) return { ...about, sliding: 1, ...lengthOf(track, 2, weightShape(graph, node.inputs[1] ?? '')?.[2]) }
  const { pools, averages, kind, channels } = traitsOf(node)
  const pooling = (pools || averages || kind === 'maximum') && channels === 'first' && rank >= 3
  return pooling ? { ...about, sliding: rank - 2, ...lengthOf(track, 1, undefined) } : undefined
}

/** The axis that is held whole, and its length where it is what the weights say. */
function lengthOf(track: Track, at: number, length: number | undefined): Pick<Contraction, 'axis' | 'channels'> {
  const whole = (track.axes[at] ?? []).filter((part) => part.whole)
  const axis = whole.length === 1 ? whole[0]?.axis : undefined
  const told = length !== undefined && (axis === undefined || !track.changed.has(axis)) && (track.axes[at] ?? []).length <= 1
  return { axis, channels: told ? length : undefined }
}

/** A product with a matrix sums over the last axis: over patches, where that holds parts of two axes and all of a short one. */
function productOf(graph: Graph, node: GraphNode, track: Track, about: Pick<Contraction, 'node' | 'operator'>): Contraction | undefined {
  if (!weightShape(graph, node.inputs[matrices.get(about.operator) as number] ?? '')) return undefined
  const parts = track.axes.at(-1) ?? []
  const whole = parts.filter((part) => part.whole)
  const cut = new Set(parts.filter((part) => !part.whole).map(({ axis }) => axis))
  const [only] = whole
  const size = track.axes.length > 0 && parts.length === 1 ? track.dims.at(-1) : undefined
  if (whole.length === 1 && only && cut.size === 2) return { ...about, sliding: 2, axis: only.axis, channels: undefined }
  const pixelwise = track.axes.length === 4 && whole.length === 1 && only !== undefined && parts.length === 1 && (size ?? 0) <= mostChannels
  return pixelwise && size !== undefined ? { ...about, sliding: undefined, axis: only.axis, channels: size } : undefined
}
