/** @file Where one number of an output comes from: back through nodes that only move numbers. */
import { attributesOf } from '../../graph/attributes.ts'
import { lengthsOf, positive } from '../../graph/axes.ts'
import { constantOf, type Graph, type GraphNode, type Shape } from '../../graph/graph.ts'

interface Known {
  graph: Graph
  shapeOf: (name: string) => Shape | undefined
}

/** The tensor in which a number is made, and the node that makes it. */
export interface Origin {
  tensor: string
  node: GraphNode
}

// exporters write at most some dozens of nodes behind the last one that computes
const maxSteps = 64

/** `index`: one number for each axis, of the first image. Undefined where shapes on the way are not known. */
export function originOf({ graph, shapeOf }: Known, output: string, index: readonly number[]): Origin | undefined {
  let tensor = output
  let at = index
  for (let steps = 0; steps < maxSteps; steps++) {
    const node = graph.producers.get(tensor)
    if (!node) return undefined
    const shape = lengthsOf(shapeOf(tensor) ?? [])
    const before = stepBack({ graph, shapeOf }, node, at, shape)
    if (before === 'made') return { tensor, node }
    if (!before || shape.some(Number.isNaN)) return undefined
    ;[tensor, at] = before
  }
  return undefined
}

type Element = [tensor: string, index: readonly number[]]

/** The same number before a node; `made` where the node makes it. */
function stepBack(
  { graph, shapeOf }: Known,
  node: GraphNode,
  at: readonly number[],
  shape: readonly number[],
): Element | 'made' | undefined {
  const [x = ''] = node.inputs
  const own = shapeOf(x)
  const from = own && lengthsOf(own)
  const attributes = attributesOf(node)
  switch (node.operator) {
    case 'Identity':
    case 'Cast':
      return [x, at]
    case 'Reshape':
    case 'Flatten':
    case 'Squeeze':
    case 'Unsqueeze':
      return from && [x, indexOf(flatOf(at, shape), from)]
    case 'Transpose': {
      const order = attributes.ints('perm') ?? at.map((_, i) => at.length - 1 - i)
      return [x, at.map((_, axis) => at[order.indexOf(axis)] ?? 0)]
    }
    case 'Concat': {
      const axis = positive(attributes.int('axis', 0), at.length)
      let start = 0
      for (const name of node.inputs) {
        const length = lengthsOf(shapeOf(name) ?? [])[axis]
        if (length === undefined || Number.isNaN(length)) return undefined
        if ((at[axis] ?? 0) < start + length) return [name, moved(at, axis, -start)]
        start += length
      }
      return undefined
    }
    case 'Slice':
      return from && sliced(graph, node, at, from)
    default:
      return 'made'
  }
}

const moved = (at: readonly number[], axis: number, by: number): number[] => at.map((k, i) => (i === axis ? k + by : k))

function sliced(graph: Graph, node: GraphNode, at: readonly number[], from: readonly number[]): Element | undefined {
  const attributes = attributesOf(node)
  const listed = (name: string, i: number): number[] | undefined => {
    const tensor = constantOf(graph, node.inputs[i] ?? '')
    return attributes.ints(name) ?? (tensor && Array.from(tensor.data as ArrayLike<number | bigint>, Number))
  }
  const starts = listed('starts', 1)
  const axes = listed('axes', 3) ?? starts?.map((_, i) => i)
  if (!starts || !axes || (listed('steps', 4) ?? []).some((step) => step !== 1)) return undefined
  const back = axes.reduce((index, axis, k) => {
    const i = positive(axis, from.length)
    return moved(index, i, positive(starts[k] ?? 0, from[i] ?? 0))
  }, at)
  return [node.inputs[0] ?? '', back]
}

const flatOf = (at: readonly number[], shape: readonly number[]): number => at.reduce((flat, k, i) => flat * (shape[i] ?? 1) + k, 0)

function indexOf(flat: number, shape: readonly number[]): number[] {
  let rest = flat
  return shape
    .toReversed()
    .map((length) => {
      const k = rest % length
      rest = Math.floor(rest / length)
      return k
    })
    .toReversed()
}
