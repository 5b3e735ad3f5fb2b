/** @file How the axes of an image input are arranged: by what reads them, else by their sizes. */
import { oneOf } from '../core/choice.ts'
import type { ImageLayout } from '../core/pixels.ts'
import type { DeclaredTensor, Dim, Shape } from '../graph/graph.ts'
import { oneLine } from '../core/text.ts'
import type { Contraction } from './contraction.ts'
import { type Fact, fact } from './fact.ts'
import type { ImageFacts, InputLayout } from './input.ts'

const channelAxis: Readonly<Record<InputLayout, number>> = { nchw: 1, nhwc: 3, chw: 0, hwc: 2 }
const isColour = (dim: Dim | undefined): boolean => dim === 1 || dim === 3

/** Layout, channels and sizes of an input that takes an image. */
export const imageFacts = ({ shape }: DeclaredTensor, first: Contraction | undefined): ImageFacts =>
  arranged(shape ?? ['', '', '', ''], layoutOf(shape ?? ['', '', '', ''], first), first)

/**
 * The same for a layout that the user says; without a batch axis where the input has three.
 *
 * @throws GradcamError `bad-option` for another word
 */
export function imageFactsWith({ shape }: DeclaredTensor, layout: ImageLayout): ImageFacts {
  const dims = shape ?? ['', '', '', '']
  const known = oneOf('layout', layout, ['nchw', 'nhwc'])
  const own: InputLayout = dims.length === 3 ? (known === 'nchw' ? 'chw' : 'hwc') : known
  return arranged(dims, fact(own, 'given', '`layout`'), undefined)
}

function arranged(dims: Shape, layout: Fact<InputLayout>, first: Contraction | undefined): ImageFacts {
  const axis = channelAxis[layout.value]
  const batched = dims.length === 4
  const [height, width] = dims.filter((_, i) => i !== axis && !(batched && i === 0)).map(sizeOf)
  return { layout, channels: channelsOf(dims[axis], first, axis), height, width, batch: batched ? sizeOf(dims[0]) : 1 }
}

const sizeOf = (dim: Dim | undefined): number | undefined => (typeof dim === 'number' ? dim : undefined)

function layoutOf(dims: readonly Dim[], first: Contraction | undefined): Fact<InputLayout> {
  const [before, after]: readonly [InputLayout, InputLayout] = dims.length === 3 ? ['chw', 'hwc'] : ['nchw', 'nhwc']
  const [own, other] = [dims[channelAxis[before]], dims[channelAxis[after]]]
  if (first?.axis === channelAxis[before]) return fact(before, 'graph', words(first))
  if (first?.axis === channelAxis[after]) return fact(after, 'graph', words(first))
  if (isColour(own) && !isColour(other)) return fact(before, 'convention', `axis ${channelAxis[before]} has length ${own}`)
  if (isColour(other) && !isColour(own)) return fact(after, 'convention', `axis ${channelAxis[after]} has length ${other}`)
  return fact(before, 'assumed', 'neither graph nor sizes tell which axis holds the channels', [after])
}

function words({ node, operator, axis, sliding }: Contraction): string {
  const reader = `${oneLine(node, 60)} (${operator})`
  if (operator.endsWith('Pool')) return `${reader} pools each element of axis ${axis}`
  return `${reader} contracts axis ${axis}${sliding === undefined ? ' at each pixel' : ''}`
}

function channelsOf(declared: Dim | undefined, first: Contraction | undefined, axis: number): Fact<number> {
  const weights = first?.axis === axis ? first.channels : undefined
  if (typeof declared === 'number') return fact(declared, 'graph', `axis ${axis} has length ${declared}`)
  if (weights !== undefined) return fact(weights, 'graph', `the weights of ${oneLine(first?.node ?? '', 60)} take ${weights} channels`)
  return fact(3, 'assumed', 'neither shape nor weights tell the number of channels', [1])
}
