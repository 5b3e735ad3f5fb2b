/** @file Channels that are cut apart, each computed with numbers of its own, and joined again. */
import { attributesOf } from '../graph/attributes.ts'
import type { Graph, GraphNode } from '../graph/graph.ts'
import type { Chain, Place } from './chain.ts'
import { smallConstant } from './small-constants.ts'
import { integersOf } from './track.ts'

interface Branch {
  channel: number
  tensor: string
}

/** Follows single channels through arithmetic to the Concat that joins all of them; undefined where they go elsewhere. */
export function apart(graph: Graph, readers: readonly GraphNode[], place: Place): Place | undefined {
  const { chain, track, axis } = place
  const at = track.axes.findIndex((parts) => parts.some((part) => part.axis === axis))
  const branches = readers.flatMap((node) => cut(graph, node, at, track.axes.length))
  if (branches.length !== chain.order.length || branches.some(({ channel }) => chain.order[channel] === undefined)) return undefined
  const ends = branches.map((branch) => ({ ...branch, ...toJoin(graph, branch.tensor) }))
  const [first] = ends
  const join = first?.join
  if (!join || ends.some((end) => end.join !== join)) return undefined
  const joined = join.inputs.map((name) => ends.find(({ tensor }) => tensor === name))
  const [tensor] = join.outputs
  const axisOfJoin = attributesOf(join).int('axis', 0)
  if (!tensor || joined.includes(undefined) || (axisOfJoin < 0 ? axisOfJoin + track.axes.length : axisOfJoin) !== at) return undefined
  const order = joined.map((end) => chain.order[end?.channel ?? 0] as number)
  if (new Set(order).size !== chain.order.length) return undefined
  return {
    ...place,
    tensor,
    chain: withBranches(
      chain,
      order,
      joined.map((end) => end as Ended),
    ),
  }
}

interface Ended {
  factor: number
  offset: number
}

function withBranches(chain: Chain, order: readonly number[], ends: readonly Ended[]): Chain {
  const factor = [...chain.factor]
  const offset = [...chain.offset]
  for (const [k, c] of order.entries()) {
    const { factor: p, offset: q } = ends[k] as Ended
    factor[c] = (chain.factor[c] as number) * p
    offset[c] = (chain.offset[c] as number) * p + q
  }
  const turned = order.some((channel, k) => channel !== chain.order[k])
  const arithmetic = ends.some(({ factor: p, offset: q }) => p !== 1 || q !== 0)
  const text = [turned ? `channels ${order.join(', ')}` : '', arithmetic ? 'arithmetic of each channel' : ''].filter(Boolean)
  return { ...chain, order, factor, offset, steps: [...chain.steps, ...text] }
}

/** The single channels that a node cuts out. */
function cut(graph: Graph, node: GraphNode, axis: number, rank: number): Branch[] {
  const attributes = attributesOf(node)
  const along = (value: number): boolean => (value < 0 ? value + rank : value) === axis
  if (node.operator === 'Split' && along(attributes.int('axis', 0))) return node.outputs.map((tensor, channel) => ({ channel, tensor }))
  const tensor = node.outputs[0] ?? ''
  if (node.operator === 'Gather' && along(attributes.int('axis', 0))) {
    const indices = integersOf(graph, node, 1, '')
    return indices?.length === 1 ? [{ channel: indices[0] as number, tensor }] : []
  }
  if (node.operator !== 'Slice') return []
  const [starts, ends, axes] = [
    integersOf(graph, node, 1, 'starts'),
    integersOf(graph, node, 2, 'ends'),
    integersOf(graph, node, 3, 'axes'),
  ]
  const single =
    starts?.length === 1 &&
    ends?.length === 1 &&
    axes?.length === 1 &&
    along(axes[0] as number) &&
    (ends[0] as number) - (starts[0] as number) === 1
  return single ? [{ channel: starts[0] as number, tensor }] : []
}

const moves = new Set(['Unsqueeze', 'Squeeze', 'Cast', 'Identity', 'Reshape'])
const longest = 16

/** Follows one channel to the Concat that reads it. */
function toJoin(graph: Graph, from: string): { tensor: string; join: GraphNode | undefined; factor: number; offset: number } {
  let [tensor, factor, offset] = [from, 1, 0]
  for (let i = 0; i < longest; i++) {
    const [node, ...others] = graph.consumers.get(tensor) ?? []
    if (!node || others.length > 0) break
    if (node.operator === 'Concat') return { tensor, join: node, factor, offset }
    const other = node.inputs.find((name) => name !== tensor)
    const values = smallConstant(graph, other)?.values ?? []
    const value = values.length === 1 ? values[0] : undefined
    if (!moves.has(node.operator)) {
      if (value === undefined) break
      const second = node.inputs[0] === tensor
      if (node.operator === 'Mul') [factor, offset] = [factor * value, offset * value]
      else if (node.operator === 'Add') offset += value
      else if (node.operator === 'Sub' && second) offset -= value
      else if (node.operator === 'Div' && second) [factor, offset] = [factor / value, offset / value]
      else break
    }
    tensor = node.outputs[0] ?? ''
  }
  return { tensor, join: undefined, factor, offset }
}
