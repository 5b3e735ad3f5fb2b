/** @file Preprocessing that the graph itself does, and which pixel values its input therefore expects. */
import type { Graph } from '../graph/graph.ts'
import { type Chain, readChain } from './chain.ts'
import type { ImageInputFacts } from './choose-image.ts'
import { type Fact, fact } from './fact.ts'
import { coveredBy, describedBy, type PixelValues, pixelValues, preparedFrom } from './pixel-values.ts'
import { startOf } from './track.ts'

/** What a graph does to an image before its first layer. Plain data: JSON holds it. */
export interface InGraph {
  /** First to last, in words: `Div 255`. */
  steps: readonly string[]
  /** Multiplies by one number, as ÷ 255. */
  rescales: boolean
  /** Subtracts a mean, with or without dividing by a deviation. */
  normalises: boolean
  resizes: boolean
  /** Reverses the channels. */
  reorders: boolean
  /** The values of pixels that the input expects; undefined where the graph does not tell. */
  values: Fact<PixelValues> | undefined
  /** The order of channels that the input expects; undefined where the graph does not tell. */
  order: Fact<'rgb' | 'bgr'> | undefined
}

const channelAxis = { nchw: 1, nhwc: 3, chw: 0, hwc: 2 } as const

/** Reads the beginning of the graph, from the image on. */
export function inGraph(graph: Graph, input: ImageInputFacts): InGraph {
  const { name, shape, image } = input
  const axis = channelAxis[image.layout.value]
  const track = startOf(shape ?? ['', '', '', ''])
  const known = { ...track, dims: track.dims.map((dim, i) => (i === axis ? image.channels.value : dim)) }
  const chain = readChain(graph, { tensor: name, track: known, axis }, image.channels.value)
  const { factor, offset } = chain
  return {
    steps: chain.steps,
    rescales: factor.some((value) => Math.abs(value - 1) > 1e-6),
    normalises: offset.some((value) => Math.abs(value) > 1e-6) || chain.statistics !== undefined,
    resizes: chain.resizes,
    reorders: chain.order.length > 1 && chain.order.every((channel, k) => channel === chain.order.length - 1 - k),
    values: valuesOf(input, chain),
    order: orderOf(chain),
  }
}

const isPlain = ({ factor, offset }: Chain): boolean => factor.every((value) => value === 1) && offset.every((value) => value === 0)

function valuesOf({ type }: ImageInputFacts, chain: Chain): Fact<PixelValues> | undefined {
  const { factor, offset, steps, statistics, covers } = chain
  const zero = factor.map((value, c) => -(offset[c] as number) / value)
  const typed = `its element type is ${type}`
  if (type === 'uint8') return fact(pixelValues.levels, 'graph', typed)
  if (type === 'int8') return fact(pixelValues.centred, 'graph', typed)
  const prepared = isPlain(chain)
    ? undefined
    : preparedFrom(
        zero,
        factor.map((value) => 1 / value),
      )
  if (prepared) return fact(pixelValues[prepared], 'graph', `its first nodes are ${steps.join(', ')}`)
  const described = statistics && describedBy(...inputStatistics(chain, statistics))
  if (described) return fact(pixelValues[described], 'graph', `its first nodes are ${steps.join(', ')}`)
  const [low, high] = covers ?? []
  const [p, z] = [factor[0] ?? 1, zero[0] ?? 0]
  const covered = low === undefined || high === undefined ? undefined : coveredBy(low / p + z, high / p + z)
  if (covered) return fact(pixelValues[covered], 'graph', `its first QuantizeLinear holds ${low?.toFixed(2)} … ${high?.toFixed(2)}`)
  if (type === 'uint16') return fact<PixelValues>(pixelValues.levels, 'assumed', typed, [pixelValues.wide])
  return type?.includes('int') ? fact(pixelValues.levels, 'graph', typed) : undefined
}

/** Mean and deviation of a later tensor as those of the input. */
function inputStatistics(
  { factor, offset, order }: Chain,
  { mean, deviation }: NonNullable<Chain['statistics']>,
): [mean: number[], deviation: number[]] {
  const of = (c: number): readonly [number, number] => [factor[c] as number, offset[c] as number]
  const means = order.map((c, k) => ((mean[k] as number) - of(c)[1]) / of(c)[0])
  return [means, order.map((c, k) => (deviation[k] as number) / Math.abs(of(c)[0]))]
}

/** Means of ImageNet tell the order of channels: red is the largest, blue the least. */
function orderOf(chain: Chain): InGraph['order'] {
  const { factor, offset, order, steps } = chain
  const [first, second, third] = factor.map((value, c) => -(offset[c] as number) / value)
  const from = `its first nodes are ${steps.join(', ')}`
  if (order.length !== 3 || first === undefined || second === undefined || third === undefined) return undefined
  const share = (a: number, b: number, low: number, high: number): boolean => a / b > low && a / b < high
  const usual = (r: number, g: number, b: number): boolean => share(r, g, 1.04, 1.09) && share(g, b, 1.08, 1.16)
  if (usual(first, second, third)) return fact('rgb', 'graph', from)
  if (usual(third, second, first)) return fact('bgr', 'graph', from)
  const reversed = order[0] === 2 && order[1] === 1 && order[2] === 0
  return reversed ? fact('rgb', 'convention', `${from}: they make BGR of it`, ['bgr']) : undefined
}
