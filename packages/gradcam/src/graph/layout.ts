/** @file Which axis of a tensor holds the channels, and where its places lie: [N, C, H, W], [N, H, W, C], or tokens [N, L, C]. */
import { intAttribute, intsAttribute } from './attributes.ts'
import type { Builder } from './emit.ts'
import type { Facts } from './facts.ts'
import { type Dim, type Graph, type GraphNode, sameShape, type Shape, type Value } from './graph.ts'

/** How a feature tensor is laid out. Tokens: the first `skip` of them are class or register tokens, the rest a grid row by row. */
export type Layout =
  | { kind: 'nchw'; channels: Dim; height: number; width: number }
  | { kind: 'nhwc'; channels: Dim; height: number; width: number }
  | { kind: 'nlc'; channels: Dim; height: number; width: number; skip: number }

/** Operators whose channels are axis 1 by definition. */
const channelsFirst = new Set([
  'Conv',
  'ConvTranspose',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'BatchNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'LRN',
  'Gemm',
  'DepthToSpace',
  'SpaceToDepth',
  'QLinearConv',
  'ConvInteger',
  'com.microsoft:FusedConv',
])
const channelsLast = new Set(['LayerNormalization', 'RMSNormalization', 'com.microsoft:NhwcConv', 'com.microsoft:SkipLayerNormalization'])

/** Axis of the channels, by tensor name; tensors of which it cannot be said are missing. */
export function channelAxes(graph: Graph, facts: Facts): Map<string, number> {
  const axes = new Map<string, number>()
  for (const node of graph.nodes) {
    const name = node.outputs[0] ?? ''
    const shape = facts.find(name)?.shape
    const axis = shape && axisAfter(graph, facts, node, shape, axes)
    if (axis !== undefined) for (const output of node.outputs) if (output) axes.set(output, axis)
  }
  return axes
}

function axisAfter(graph: Graph, facts: Facts, node: GraphNode, shape: Shape, axes: ReadonlyMap<string, number>): number | undefined {
  const operator = node.domain === '' ? node.operator : `${node.domain}:${node.operator}`
  const before = axes.get(node.inputs[0] ?? '')
  const from = facts.find(node.inputs[0] ?? '')?.shape
  if (channelsFirst.has(operator)) return 1
  if (channelsLast.has(operator)) return shape.length - 1
  switch (operator) {
    case 'MatMul':
    case 'QLinearMatMul':
      // a product with a fixed matrix mixes the last axis
      return facts.find(node.inputs[1] ?? '')?.shape.length === 2 && isFixed(graph, node.inputs[1] ?? '') ? shape.length - 1 : undefined
    case 'Transpose': {
      const order = intsAttribute(node, 'perm')
      return before === undefined || !order ? undefined : order.indexOf(before)
    }
    case 'Reshape':
    case 'Flatten':
    case 'Squeeze':
    case 'Unsqueeze':
      return from && before !== undefined ? reshapedAxis(from, shape, before) : undefined
    case 'Gather':
      return before === undefined || !from || shape.length !== from.length
        ? undefined
        : intAttribute(node, 'axis', 0) === before
          ? undefined
          : before
    default: {
      const like = node.inputs.find((input) => axes.has(input) && sameRank(facts.find(input)?.shape, shape))
      return like === undefined ? undefined : axes.get(like)
    }
  }
}

const sameRank = (a: Shape | undefined, b: Shape): boolean => a !== undefined && a.length === b.length

/** Whether a tensor is a weight, or made of weights alone. */
export const isFixed = (graph: Graph, name: string): boolean => {
  if (graph.initializers.has(name)) return true
  const maker = graph.producers.get(name)
  return maker !== undefined && maker.inputs.every((input) => input === '' || isFixed(graph, input))
}

/** Channels that stay last, or stay on axis 1, with the same number of them. */
function reshapedAxis(from: Shape, to: Shape, axis: number): number | undefined {
  if (sameShape(from, to)) return axis
  const channels = from[axis]
  if (axis === from.length - 1 && to.at(-1) === channels) return to.length - 1
  return axis === 1 && to[1] === channels ? 1 : undefined
}

// maps are interpolated by matrices of this many columns
const longestSide = 16384

/** The layout of a tensor that has several places, or undefined. */
export function layoutOf(graph: Graph, facts: Facts, name: string, axes: ReadonlyMap<string, number>): Layout | undefined {
  const shape = facts.find(name)?.shape
  if (!shape) return undefined
  const axis = axes.get(name) ?? (shape.length === 4 ? 1 : undefined)
  if (shape.length === 4 && (axis === 1 || axis === 3)) {
    const [height, width] = axis === 1 ? [shape[2], shape[3]] : [shape[1], shape[2]]
    if (typeof height !== 'number' || typeof width !== 'number' || height * width <= 1 || Math.max(height, width) > longestSide)
      return undefined
    return { kind: axis === 1 ? 'nchw' : 'nhwc', channels: shape[axis] as Dim, height, width }
  }
  if (shape.length !== 3 || axis !== 2 || typeof shape[1] !== 'number' || shape[1] <= 1) return undefined
  return tokenLayout(graph, facts, name, shape[1], shape[2] as Dim)
}

// class, distillation and register tokens: no network is known with more
const mostExtraTokens = 16

/** The grid comes from the map that the tokens were cut from; without one a square is assumed. */
function tokenLayout(graph: Graph, facts: Facts, name: string, length: number, channels: Dim): Layout | undefined {
  const seen = new Set<string>()
  let open = [name]
  while (open.length > 0) {
    const next: string[] = []
    for (const each of open) {
      const maker = graph.producers.get(each)
      if (seen.has(each) || !maker) continue
      seen.add(each)
      const shape = maker.operator === 'Conv' || maker.operator === 'Add' || maker.operator === 'Relu' ? facts.find(each)?.shape : undefined
      const [height, width] = shape?.length === 4 ? [shape[2], shape[3]] : []
      if (typeof height === 'number' && typeof width === 'number') {
        const skip = length - height * width
        if (height * width > 1 && skip >= 0 && skip <= mostExtraTokens) return { kind: 'nlc', channels, height, width, skip }
      }
      next.push(...maker.inputs)
    }
    open = next
  }
  for (let skip = 0; skip <= mostExtraTokens; skip++) {
    const side = Math.sqrt(length - skip)
    if (side > 1 && Number.isInteger(side)) return { kind: 'nlc', channels, height: side, width: side, skip }
  }
  return undefined
}

/** A tensor of the feature layer, or one that broadcasts to it, as [N, C, h, w]; class and register tokens are dropped. */
export function featureMap(g: Builder, x: Value, layout: Layout): Value {
  const [batch] = x.shape as [Dim]
  switch (layout.kind) {
    case 'nchw':
      return x
    case 'nhwc':
      return g.transpose(x, [0, 3, 1, 2])
    case 'nlc': {
      const { height, width, skip, channels } = layout
      const length = height * width
      const whole = x.shape[1] === skip + length ? x : g.expand(x, [batch, skip + length, channels])
      return g.reshape(g.transpose(g.slice(whole, 1, skip, skip + length), [0, 2, 1]), [batch, channels, height, width])
    }
  }
}

/** Factors [N, C, h, w], each dimension perhaps 1, laid out to multiply a tensor of the feature layer; extra tokens get 1, or the factor of their channel. */
export function featureFactors(g: Builder, factors: Value, layout: Layout): Value {
  const [batch, channels, height, width] = factors.shape as [Dim, Dim, number, number]
  switch (layout.kind) {
    case 'nchw':
      return factors
    case 'nhwc':
      return g.transpose(factors, [0, 2, 3, 1])
    case 'nlc': {
      const tokens = g.transpose(g.reshape(factors, [batch, channels, height * width]), [0, 2, 1])
      // a factor of whole channels is one of class tokens too
      if (height * width === 1 || layout.skip === 0) return tokens
      const ones = g.expand(g.floats([1], [1, 1, 1], factors.type), [batch, layout.skip, channels])
      return g.concat([ones, tokens], 1)
    }
  }
}

export type PictureLayout = 'nchw' | 'nhwc'

/** A tensor of the picture's input as [N, C, H, W]. */
export const pictureMap = (g: Builder, x: Value, layout: PictureLayout): Value => (layout === 'nchw' ? x : g.transpose(x, [0, 3, 1, 2]))

/** The reverse: [N, C, H, W] as the input wants it. */
export const fromPictureMap = (g: Builder, x: Value, layout: PictureLayout): Value => (layout === 'nchw' ? x : g.transpose(x, [0, 2, 3, 1]))
