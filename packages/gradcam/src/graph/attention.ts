/** @file The attention that a network looks with last: which tensor asks, and which one it looks at. */
import { hasPlaces, placesAlong } from './axes.ts'
import type { Graph, GraphNode } from './graph.ts'
import { operatorName, traitsOf } from './operators.ts'
import { fixedTensors } from './path.ts'
import { placesOf } from './places.ts'
import type { TensorInfo } from './tensor-info.ts'

export interface Attention {
  /** Its place in the list that was searched. */
  at: number
  /** How many places of the image it looks at, or asks from where it looks at a coarser map of those; undefined where that is not known. */
  places: number | undefined
  /** Whether what asks is no place itself: class tokens, queries of boxes. */
  asksFromOutside: boolean
}

interface Operands {
  queries: string
  keys: string
}

/** The last attention that looks at places, of nodes in their order. */
export function lastAttention(graph: Graph, info: TensorInfo, nodes: readonly GraphNode[]): Attention | undefined {
  const fixed = fixedTensors(graph)
  for (let at = nodes.length - 1; at >= 0; at--) {
    const operands = operandsOf(graph, fixed, nodes[at] as GraphNode) ?? sampledBy(graph, info, nodes[at] as GraphNode)
    const places = operands && placesIn(graph, info, operands.keys)
    if (!operands || places === 1) continue
    const asking = placesIn(graph, info, operands.queries)
    const fromOutside = fixed.has(operands.queries) || asking === 1
    return { at, places: places && Math.max(places, asking ?? 1), asksFromOutside: places !== undefined && fromOutside }
  }
  return undefined
}

/** Deformable attention: points that belong to queries, at which a map is sampled. */
function sampledBy(graph: Graph, info: TensorInfo, node: GraphNode): Operands | undefined {
  const [keys = '', queries = ''] = node.inputs
  return traitsOf(node).samples && placesOf(graph, info).has(node.outputs[0] ?? '') ? { queries, keys } : undefined
}

/** Whether attention of any kind stands in a list of nodes. */
export function attends(graph: Graph, nodes: readonly GraphNode[]): boolean {
  const fixed = fixedTensors(graph)
  return nodes.some((node) => operandsOf(graph, fixed, node) !== undefined)
}

/** How many places a tensor tells apart, windows or not; undefined where that is not known. */
function placesIn(graph: Graph, info: TensorInfo, name: string): number | undefined {
  const axes = placesOf(graph, info).get(name)
  return axes?.filter(hasPlaces).reduce((n, axis) => n * placesAlong(axis), 1)
}

// scale, mask and bias lie between a product and its softmax
const maxSteps = 12

/** What a softmax over a product of two computed tensors, a softmax that is multiplied with one, or a fused attention looks from and at. */
function operandsOf(graph: Graph, fixed: ReadonlySet<string>, node: GraphNode): Operands | undefined {
  const [first = '', second = ''] = node.inputs
  if (traitsOf(node).kind === 'attention')
    return { queries: first, keys: node.operator === 'Attention' && node.domain !== '' ? first : second || first }
  if (!isSoftmax(node)) return undefined
  return productBefore(graph, fixed, first) ?? (productBehind(graph, fixed, node) ? { queries: first, keys: first } : undefined)
}

/** Of floats, or of integers that stand for them. */
export const isSoftmax = (node: GraphNode): boolean => ['Softmax', 'com.microsoft:QLinearSoftmax'].includes(operatorName(node))

const isProduct = (node: GraphNode): boolean =>
  ['MatMul', 'Einsum', 'com.microsoft:FusedMatMul', 'MatMulInteger', 'QLinearMatMul'].includes(operatorName(node))

const factorsOf = ({ operator, inputs }: GraphNode): readonly [string, string] => [
  inputs[0] ?? '',
  inputs[operator === 'QLinearMatMul' ? 3 : 1] ?? '',
]

function productBefore(graph: Graph, fixed: ReadonlySet<string>, from: string): Operands | undefined {
  let name = from
  for (let steps = 0; steps < maxSteps; steps++) {
    const maker = graph.producers.get(name)
    if (!maker) return undefined
    if (isProduct(maker)) {
      const [queries, keys] = factorsOf(maker)
      // a product with a fixed matrix is a linear layer; fixed queries stand on the left
      return fixed.has(keys) ? undefined : { queries, keys }
    }
    // masks and biases are the second operand
    name = (maker.operator === 'Where' ? maker.inputs[2] : maker.inputs[0]) ?? ''
  }
  return undefined
}

/** Factorised attention: the softmax of the keys alone is multiplied with the values. */
function productBehind(graph: Graph, fixed: ReadonlySet<string>, node: GraphNode): boolean {
  let name = node.outputs[0] ?? ''
  for (let steps = 0; steps < maxSteps; steps++) {
    const readers: readonly GraphNode[] = graph.consumers.get(name) ?? []
    if (readers.some((reader) => isProduct(reader) && !factorsOf(reader).some((input) => fixed.has(input)))) return true
    const [reader] = readers
    if (!reader || readers.length > 1 || traitsOf(reader).moves === undefined) return false
    name = reader.outputs[0] ?? ''
  }
  return false
}
