/** @file Reads what happens to an image before the first layer: a chain of nodes that work on each pixel alike. */
import { attributesOf } from '../graph/attributes.ts'
import { constantOf, type Graph, type GraphNode, isFloat } from '../graph/graph.ts'
import { traitsOf } from '../graph/operators.ts'
import { elementTypeOf } from '../io/onnx-tensor.ts'
import { apart } from './channels-apart.ts'
import { smallConstant } from './small-constants.ts'
import { type Track, trackAfter } from './track.ts'

/** What is computed of an image: a · x + b, in each channel. */
export interface Chain {
  /** By channel of the input, in its order. */
  factor: readonly number[]
  offset: readonly number[]
  /** Which channel of the input each channel is now. */
  order: readonly number[]
  /** The nodes in words, first to last. */
  steps: readonly string[]
  resizes: boolean
  /** Mean and variance that the first normalisation keeps of its input, by channel as they are there. */
  statistics: { mean: readonly number[]; deviation: readonly number[] } | undefined
  /** The least and the largest value that the first QuantizeLinear can hold. */
  covers: readonly [number, number] | undefined
}

/** Where a chain has come to. */
export interface Place {
  tensor: string
  track: Track
  /** Axis of the input that holds the channels. */
  axis: number
  chain: Chain
}

const longest = 64

/** Follows the image as long as every node is one of these and nothing else reads what lies between. */
export function readChain(graph: Graph, start: Omit<Place, 'chain'>, channels: number): Chain {
  const each = <T>(value: T): T[] => Array.from({ length: channels }, () => value)
  const order = each(0).map((_, c) => c)
  let place: Place = {
    ...start,
    chain: { factor: each(1), offset: each(0), order, steps: [], resizes: false, statistics: undefined, covers: undefined },
  }
  for (let i = 0; i < longest; i++) {
    const readers = (graph.consumers.get(place.tensor) ?? []).filter((node) => !traitsOf(node).measures)
    const [only] = readers
    const next = readers.length === 1 && only ? (step(graph, only, place) ?? apart(graph, [only], place)) : apart(graph, readers, place)
    if (!next) break
    place = next
    if (place.chain.statistics) break
  }
  return place.chain
}

/** The axis of a tensor that holds the channels. */
export const channelsAt = ({ track, axis }: Pick<Place, 'track' | 'axis'>): number =>
  track.axes.findIndex((parts) => parts.some((part) => part.axis === axis))

function step(graph: Graph, node: GraphNode, place: Place): Place | undefined {
  const track = trackAfter(graph, node, place.track)
  const tensor = node.outputs[0]
  if (!track || !tensor) return undefined
  const chain = changes.get(node.operator)?.(graph, node, place)
  return chain ? { ...place, track, tensor, chain } : undefined
}

type Change = (graph: Graph, node: GraphNode, place: Place) => Chain | undefined

const same: Change = (_, __, { chain }) => chain
const said = (chain: Chain, text: string): readonly string[] => [...chain.steps, text]
const shown = (values: readonly number[]): string =>
  (values.every((value) => value === values[0]) ? values.slice(0, 1) : values).map((value) => Number(value.toPrecision(4))).join(', ')

const changes: ReadonlyMap<string, Change> = new Map(
  Object.entries<Change>({
    ...Object.fromEntries(
      ['Identity', 'Dropout', 'Transpose', 'Unsqueeze', 'Squeeze', 'Reshape', 'Pad', 'Clip'].map((name) => [name, same]),
    ),
    Cast(_, node, { chain }) {
      return isFloat(elementTypeOf(attributesOf(node).int('to', 1))) ? { ...chain, steps: said(chain, 'Cast') } : undefined
    },
    Resize: (_, __, { chain }) => ({ ...chain, resizes: true, steps: said(chain, 'Resize') }),
    Upsample: (_, __, { chain }) => ({ ...chain, resizes: true, steps: said(chain, 'Upsample') }),
    Add: (graph, node, place) => affine(graph, node, place, (c) => [1, c], [1, 0]),
    Sub: (graph, node, place) => affine(graph, node, place, (c, first) => (first ? [-1, c] : [1, -c]), [0, 1]),
    Mul: (graph, node, place) => affine(graph, node, place, (c) => [c, 0], [1, 0]),
    Div: (graph, node, place) => affine(graph, node, place, (c, first) => (first ? undefined : [1 / c, 0]), [0, 1]),
    DequantizeLinear(graph, node, place) {
      const [scale, zero] = [valuesOf(graph, node.inputs[1]), valuesOf(graph, node.inputs[2]) ?? [0]]
      if (scale?.length !== 1 || zero.length !== 1) return undefined
      // behind a QuantizeLinear it gives the values back
      if (place.chain.covers) return place.chain
      const [s, z] = [scale[0] as number, zero[0] as number]
      return composed(
        place.chain,
        place.chain.order.map(() => s),
        place.chain.order.map(() => -s * z),
        `DequantizeLinear ${shown([s])}`,
      )
    },
    QuantizeLinear(graph, node, { chain }) {
      const [scale, zero] = [valuesOf(graph, node.inputs[1]), valuesOf(graph, node.inputs[2]) ?? [0]]
      if (scale?.length !== 1 || zero.length !== 1) return undefined
      const type = constantOf(graph, node.inputs[2] ?? '')?.type ?? 'uint8'
      const levels = { uint8: [0, 255], int8: [-128, 127] }[type as 'uint8' | 'int8']
      if (!levels) return undefined
      const [low, high] = levels.map((level) => (level - (zero[0] as number)) * (scale[0] as number)) as [number, number]
      return { ...chain, covers: [low, high] }
    },
    Gather(graph, node, place) {
      const indices = valuesOf(graph, node.inputs[1])
      const axis = attributesOf(node).int('axis', 0)
      const from = axis < 0 ? axis + place.track.axes.length : axis
      if (!indices) return undefined
      // one picture of the batch
      if (indices.length === 1 && place.axis !== 0 && place.track.axes[from]?.every((part) => part.axis === 0)) return place.chain
      if (from !== channelsAt(place)) return undefined
      return reordered(
        place.chain,
        indices.map((index) => (index < 0 ? index + place.chain.order.length : index)),
      )
    },
    Slice(graph, node, place) {
      const [axes, steps] = [valuesOf(graph, node.inputs[3]), valuesOf(graph, node.inputs[4])]
      const [axis = 0] = axes ?? []
      const reverses = axes?.length === 1 && steps?.[0] === -1 && (axis < 0 ? axis + place.track.axes.length : axis) === channelsAt(place)
      return reverses ? reordered(place.chain, [...place.chain.order.keys()].reverse()) : undefined
    },
    BatchNormalization(graph, node, { chain }) {
      const [mean, variance] = [valuesOf(graph, node.inputs[3]), valuesOf(graph, node.inputs[4])]
      if (mean?.length !== chain.order.length || variance?.length !== mean.length) return undefined
      const epsilon = attributesOf(node).float('epsilon', 1e-5)
      const deviation = variance.map((value) => Math.sqrt(value + epsilon))
      return { ...chain, statistics: { mean, deviation }, steps: said(chain, `BatchNormalization of mean ${shown(mean)}`) }
    },
  }),
)

/** The values of a constant, where they are few. */
const valuesOf = (graph: Graph, name: string | undefined): readonly number[] | undefined => smallConstant(graph, name)?.values

/** Arithmetic with a constant: y = p · x + q of each channel as it is now. */
function affine(
  graph: Graph,
  node: GraphNode,
  place: Place,
  of: (constant: number, first: boolean) => readonly [number, number] | undefined,
  positions: readonly [number, number],
): Chain | undefined {
  const position = positions.find((at) => node.inputs[at] !== place.tensor && smallConstant(graph, node.inputs[at]) !== undefined)
  if (position === undefined) return undefined
  const constants = channelConstants(graph, node.inputs[position] as string, place)
  const pairs = constants?.map((constant) => of(constant, position === 0))
  if (!constants || !pairs?.every((pair) => pair !== undefined)) return undefined
  const text = `${node.operator} ${shown(constants)}`
  return composed(
    place.chain,
    pairs.map(([p]) => p),
    pairs.map(([, q]) => q),
    text,
  )
}

/** A constant as one number for each channel. */
function channelConstants(graph: Graph, name: string, place: Place): readonly number[] | undefined {
  const constant = smallConstant(graph, name)
  const { length } = place.chain.order
  if (!constant || (constant.values.length !== 1 && constant.values.length !== length)) return undefined
  const { dims, values } = constant
  if (values.length === 1) return Array.from({ length }, () => values[0] as number)
  const fromEnd = dims.length - dims.indexOf(length)
  return place.track.axes.length - fromEnd === channelsAt(place) ? values : undefined
}

/** The chain with y = p · x + q after it, by channel as it is now. */
export function composed(chain: Chain, p: readonly number[], q: readonly number[], text: string): Chain {
  const factor = [...chain.factor]
  const offset = [...chain.offset]
  for (const [k, c] of chain.order.entries()) {
    factor[c] = (chain.factor[c] as number) * (p[k] as number)
    offset[c] = (chain.offset[c] as number) * (p[k] as number) + (q[k] as number)
  }
  return { ...chain, factor, offset, steps: said(chain, text) }
}

/** The chain with its channels in another order. */
export function reordered(chain: Chain, indices: readonly number[]): Chain | undefined {
  if (indices.length !== chain.order.length || new Set(indices).size !== indices.length) return undefined
  if (!indices.every((index) => chain.order[index] !== undefined)) return undefined
  return { ...chain, order: indices.map((index) => chain.order[index] as number), steps: said(chain, `channels ${indices.join(', ')}`) }
}
