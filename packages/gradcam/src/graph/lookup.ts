/** @file Elements that are looked up by computed numbers: with their values for the image at hand it is known where each comes from. */
import type { Tensor } from '../core/tensor.ts'
import { attributesOf } from './attributes.ts'
import { lengthOf, positive } from './axes.ts'
import type { Graph, GraphNode, Shape } from './graph.ts'
import { operatorName, traitsOf } from './operators.ts'
import type { TensorInfo } from './tensor-info.ts'

/** Indices from … to along an axis, the last left out. */
export interface Span {
  from: number
  to: number
}

/** All indices of an axis; those of a free batch count as one. */
export const allOf = (dim: Shape[number]): Span => ({ from: 0, to: lengthOf(dim) })

/** Whole numbers of a tensor, where they are known. */
export type Numbers = (name: string) => Tensor | undefined

// suppression and pyramids write some hundreds of nodes
const maxSteps = 2048

/** Tensors whose values tell where elements of a tensor come from: indices of Gather and its kin, of TopK, and of scattered regions. */
export function lookedUpBy(graph: Graph, info: TensorInfo, tensor: string): string[] {
  const found = new Set<string>()
  const seen = new Set<string>()
  const open = [tensor]
  for (let next = open.pop(); next !== undefined && seen.size < maxSteps; next = open.pop()) {
    const node = seen.has(next) ? undefined : graph.producers.get(next)
    seen.add(next)
    if (!node || traitsOf(node).kind === 'convolution' || node.operator === 'RoiAlign') continue
    const index = indexOf(graph, node)
    if (index !== undefined && info.find(index) && !info.constant(index)) found.add(index)
    const chooses = index !== undefined && node.operator !== 'ScatterElements'
    open.push(...(chooses ? node.inputs.slice(0, 1) : node.inputs))
  }
  return [...found]
}

/** The tensor that tells where a node's elements come from. */
function indexOf(graph: Graph, node: GraphNode): string | undefined {
  switch (operatorName(node)) {
    case 'Gather':
    case 'GatherND':
    case 'GatherElements':
      return node.inputs[1]
    case 'TopK':
      return node.outputs[1]
    case 'ScatterElements':
      return rowsWritten(graph, node)
  }
  return undefined
}

/** The numbers of the rows that a scatter writes, before they are spread over the rest of each row. */
function rowsWritten(graph: Graph, node: GraphNode): string {
  let name = node.inputs[1] ?? ''
  for (let maker = graph.producers.get(name); maker; maker = graph.producers.get(name)) {
    const { moves } = traitsOf(maker)
    if (maker.operator !== 'Expand' && moves !== 'reshapes' && moves !== 'copies') break
    name = maker.inputs[0] ?? ''
  }
  return name
}

/** An input of a node and the elements of it that are meant. */
export interface LookedUp {
  input: string
  spans: readonly Span[]
  /** Whether rows of several tensors were put together. */
  joined: boolean
}

/** Where elements of a node's output come from; undefined where the node looks nothing up, or its numbers are not known. */
export function lookUp(
  graph: Graph,
  info: TensorInfo,
  numbers: Numbers,
  node: GraphNode,
  spans: readonly Span[],
): LookedUp | 'unknown' | undefined {
  const name = indexOf(graph, node)
  if (name === undefined) return undefined
  const index = info.constant(name) ?? numbers(name)
  const [input = ''] = node.inputs
  const from = info.find(input)?.shape
  if (!index || !from) return 'unknown'
  const at = (position: number): number => Number(index.data[position])
  const axis = positive(attributesOf(node).int('axis', node.operator === 'TopK' ? -1 : 0), from.length)
  const alone = (own: readonly Span[] | undefined): LookedUp | 'unknown' => (own ? { input, spans: own, joined: false } : 'unknown')
  const along = (own: readonly Span[], place: number): Span[] =>
    own.map((span, i) => (i === axis ? one(positive(place, lengthOf(from[axis] as Shape[number]))) : span))
  switch (operatorName(node)) {
    case 'Gather': {
      const rank = index.dims.length
      const place = positionIn(spans.slice(axis, axis + rank), index.dims)
      if (place === undefined) return 'unknown'
      return alone(along([...spans.slice(0, axis), one(0), ...spans.slice(axis + rank)], at(place)))
    }
    case 'GatherND': {
      const depth = index.dims.at(-1) ?? 0
      const tuples = index.dims.slice(0, -1)
      const place = positionIn(spans.slice(0, tuples.length), tuples)
      if (place === undefined || attributesOf(node).int('batch_dims', 0) !== 0) return 'unknown'
      const own = Array.from({ length: depth }, (_, k) => one(positive(at(place * depth + k), lengthOf(from[k] as Shape[number]))))
      return alone([...own, ...spans.slice(tuples.length)])
    }
    case 'GatherElements':
    case 'TopK': {
      const place = positionIn(spans, index.dims)
      return place === undefined ? 'unknown' : alone(along(spans, at(place)))
    }
  }
  // rows are written one after the other: the last one that wrote a row made it
  const row = spans[0]
  if (axis !== 0 || !row || row.to !== row.from + 1) return 'unknown'
  const written = Array.from(index.data as ArrayLike<number | bigint>, Number).lastIndexOf(row.from)
  if (written < 0) return alone(spans)
  return { input: node.inputs[2] ?? '', spans: [one(written), ...spans.slice(1)], joined: true }
}

const one = (at: number): Span => ({ from: at, to: at + 1 })

/** The place of a single element in a tensor; undefined where several are meant. */
function positionIn(spans: readonly Span[], dims: readonly number[]): number | undefined {
  if (spans.length !== dims.length || spans.some(({ from, to }) => to !== from + 1)) return undefined
  return spans.reduce((place, { from }, i) => place * (dims[i] as number) + from, 0)
}
