/** @file Which tensors a gradient of a score reaches, and which of their places it depends on: behind the last attention often only the class token is read, and maps of the others are zero. */
import { attributesOf } from './attributes.ts'
import type { ElementType } from '../core/tensor.ts'
import { type Axis, hasPlaces, lengthOf, lengthOfAxis, positive } from './axes.ts'
import { type Graph, type GraphNode, isFloat } from './graph.ts'
import { operatorName, traitsOf } from './operators.ts'
import { readNames } from './nodes.ts'
import { fixedTensors } from './path.ts'
import { placesOf, type Places } from './places.ts'
import type { TensorInfo } from './tensor-info.ts'

/** Of tensors that scores read: whether all of them counts, or class tokens alone, which stand beside a map. */
export type Reach = 'all' | 'beside'

/** A node as gradients pass it: what it makes of what, without the inputs that only choose. */
export interface Way {
  from: readonly string[]
  to: readonly string[]
}

export interface Reached {
  /** What scores read of a tensor by ways that carry gradients; undefined where it is nothing. */
  of(name: string): Reach | undefined
  /** The ways to the scores, in the order of the graph. */
  ways: readonly Way[]
}

/** What a gradient of scores reaches. */
export function reachedBy(graph: Graph, info: TensorInfo, ends: readonly string[]): Reached {
  const places = placesOf(graph, info)
  const fixed = fixedTensors(graph)
  const reached = new Map<string, Reach>(ends.map((end) => [end, 'all']))
  const ways: Way[] = []
  for (const node of graph.nodes.toReversed()) {
    const to = node.outputs.filter((name) => reached.has(name))
    if (to.length === 0) continue
    const out: Reach = to.some((name) => reached.get(name) === 'all') ? 'all' : 'beside'
    const typeOf = (name: string): ElementType | undefined => info.find(name)?.type
    const passes = (name: string, i: number): boolean => name !== '' && to.some((each) => hasSlope(node, i, typeOf(name), typeOf(each)))
    const from = readNames(node).map((name, i) => (passes(name, i) ? name : ''))
    ways.push({ from: from.filter(Boolean), to })
    for (const [i, name] of from.entries()) {
      const own = name === '' ? undefined : reachOf({ node, i, to, out, places, fixed, info })
      if (own && reached.get(name) !== 'all') reached.set(name, own)
    }
  }
  return { of: (name) => reached.get(name), ways: ways.toReversed() }
}

const quantised = new Set<ElementType | undefined>(['int8', 'uint8', 'int16', 'uint16', 'int32'])

/**
 * Whether an output has a slope with respect to an input. Indices, conditions and sizes choose and carry none; integers do where they
 * stand for floats, which quantisers make of floats, and nothing else does.
 */
function hasSlope(node: GraphNode, i: number, from: ElementType | undefined, to: ElementType | undefined): boolean {
  const { kind, chooses } = traitsOf(node)
  if (kind === 'step' || kind === 'random' || chooses?.includes(i)) return false
  const quantises = kind === 'quantiser' || kind === 'quantised'
  const passes = (type: ElementType | undefined): boolean => type === undefined || isFloat(type) || quantised.has(type)
  return passes(from) && passes(to) && (quantises || !isFloat(from) || !quantised.has(to))
}

interface Read {
  node: GraphNode
  /** Position of the input. */
  i: number
  /** Outputs that scores read. */
  to: readonly string[]
  out: Reach
  places: Places
  fixed: ReadonlySet<string>
  info: TensorInfo
}

/** What is read of an input; undefined where it is nothing. */
function reachOf({ node, i, to, out, places, fixed, info }: Read): Reach | undefined {
  const name = readNames(node)[i] ?? ''
  const tokens = places.get(name)?.find((axis) => besideMap(axis))
  const after = places.get(node.outputs[0] ?? '')
  const operator = operatorName(node)
  if (operator === 'Concat' && out === 'beside') return places.get(name)?.some(hasPlaces) && !tokens ? undefined : 'all'
  if (!tokens || !after) return 'all'
  if (operator === 'Gather' || operator === 'Slice' || operator === 'Split')
    return onlyBeside(node, to, tokens, places.get(name) ?? [], info) ? 'beside' : after.includes(tokens) ? out : 'all'
  // what treats each token by itself leaves them on their axis
  return after.includes(tokens) && eachTokenAlone(node, i, fixed) ? out : 'all'
}

/** An axis of tokens, a map among them. */
const besideMap = (axis: Axis): boolean => axis.length === 1 && axis[0]?.of === 'joined' && axis[0].pieces.some(hasPlaces)

const tokenwise: ReadonlySet<string> = new Set([
  'activation',
  'biased-activation',
  'sum',
  'product',
  'quotient',
  'function',
  'normalisation',
  'composite',
])

function eachTokenAlone(node: GraphNode, i: number, fixed: ReadonlySet<string>): boolean {
  const { kind, moves, averages } = traitsOf(node)
  if (kind === 'dense' || operatorName(node) === 'com.microsoft:FusedMatMul') return i === 0 && fixed.has(node.inputs[1] ?? '')
  return tokenwise.has(kind ?? '') || moves === 'copies' || moves === 'permutes' || moves === 'reshapes' || averages === true
}

/** Whether a node cuts out nothing but tokens in front of the map or behind it. */
function onlyBeside(node: GraphNode, to: readonly string[], tokens: Axis, axes: readonly Axis[], info: TensorInfo): boolean {
  const at = axes.indexOf(tokens)
  const [part] = tokens
  if (part?.of !== 'joined') return false
  const first = part.pieces.findIndex(hasPlaces)
  const start = part.pieces.slice(0, first).reduce((n, piece) => n + lengthOfAxis(piece), 0)
  const end = part.pieces.slice(0, part.pieces.findLastIndex(hasPlaces) + 1).reduce((n, piece) => n + lengthOfAxis(piece), 0)
  const attributes = attributesOf(node)
  const numbers = (position: number): number[] | undefined => {
    const tensor = node.inputs[position] ? info.constant(node.inputs[position]) : undefined
    return tensor && Array.from(tensor.data as ArrayLike<number | bigint>, Number)
  }
  if (node.operator === 'Gather') {
    if (positive(attributes.int('axis', 0), axes.length) !== at) return false
    return (
      numbers(1)
        ?.map((index) => positive(index, part.size))
        .every((index) => index < start || index >= end) ?? false
    )
  }
  const lengthOfOutput = (name: string): number => lengthOf(info.find(name)?.shape[at] ?? Number.NaN)
  const beside = (begin: number, length: number): boolean => begin + length <= start || begin >= end
  if (node.operator === 'Split') {
    if (positive(attributes.int('axis', 0), axes.length) !== at) return false
    const begins = node.outputs.map((_, k) => node.outputs.slice(0, k).reduce((n, name) => n + lengthOfOutput(name), 0))
    return to.every((name) => beside(begins[node.outputs.indexOf(name)] ?? Number.NaN, lengthOfOutput(name)))
  }
  const along = (attributes.ints('axes') ?? numbers(3) ?? [0]).map((axis) => positive(axis, axes.length)).indexOf(at)
  const from = (attributes.ints('starts') ?? numbers(1))?.[along]
  if (along < 0 || from === undefined) return false
  return beside(positive(from, part.size), lengthOfOutput(node.outputs[0] ?? ''))
}
