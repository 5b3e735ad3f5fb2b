/** @file What the last block of a transformer looks at: the tokens that enter it, or the map that its queries ask. */
import { attributesOf } from './attributes.ts'
import { isSoftmax, lastAttention } from './attention.ts'
import { hasPlaces } from './axes.ts'
import type { TensorInfo } from './tensor-info.ts'
import { type Graph, type GraphNode, isFloat, type Value } from './graph.ts'
import { isShown, type Layout, layoutOf } from './layout.ts'
import { traitsOf } from './operators.ts'
import { ancestors, descendants, fixedTensors } from './path.ts'
import { placesOf } from './places.ts'

export interface FeatureCandidate {
  value: Value
  layout: Layout
  why: string
  /** Whether every way of a gradient from the score to the image passes through this tensor, and the graph shows where its places lie. */
  certain: boolean
  /** Why it is not certain, where that is no way round it. */
  doubt?: string
}

export type Found = Omit<FeatureCandidate, 'certain' | 'doubt'>

/** What the last attention that no convolution follows looks at. */
export interface LastBlock {
  /** Its attention, as a place in the list of nodes. */
  at: number
  /** The tokens that enter it, where all of the image goes through them; for queries the map that they ask. */
  stream: Found | undefined
  /** The map that its tokens are cut from, where all of the image goes through it. */
  entering: Found | undefined
  /** The tokens that it normalises, or the map that queries ask, whatever goes round them. */
  nearest: Found | undefined
}

// each test walks the graph: after this many the search gives up
export const maxCutTests = 64

const entersBlock = 'tokens that enter the last block'
const looksAt = 'map that the last attention looks at'

/**
 * The tokens that enter the last block: the last ones in front of its attention that all of the image goes through, as
 * many as its attention looks at. That is the residual stream before the first normalisation, not normalised queries and
 * keys. Undefined where a convolution follows the attention.
 */
export function lastBlockOf(
  graph: Graph,
  info: TensorInfo,
  onPath: readonly GraphNode[],
  axes: ReadonlyMap<string, number>,
  isCutAt: (name: string, ends?: readonly string[]) => boolean,
): LastBlock | undefined {
  const attention = lastAttention(graph, info, onPath)
  if (!attention || isConvolvedAfter(graph, info, onPath, attention.at)) return undefined
  const { at, places, asksFromOutside } = attention
  const behind = ancestors(graph, onPath[at]?.outputs[0] ?? '')
  const front = onPath.slice(0, at).reverse()
  const mapAt = (name: string, why: string): Found | undefined => {
    const value = behind.has(name) ? info.find(name) : undefined
    const layout = value && isFloat(value.type) ? layoutOf(graph, info, name, axes) : undefined
    if (!value || !layout || (places !== undefined && layout.height * layout.width !== places)) return undefined
    return { value, layout, why }
  }
  const tokens = (name: string): Found | undefined => {
    const found = mapAt(name, entersBlock)
    return found?.layout.kind === 'nchw' ? undefined : found
  }
  let tests = 0
  const lastCut = (find: (name: string) => Found | undefined, ends?: readonly string[]): Found | undefined =>
    firstOf(front, ({ outputs }) =>
      firstOf(outputs, (name) => {
        const found = tests < maxCutTests ? find(name) : undefined
        if (found) tests++
        return found && isCutAt(name, ends) ? found : undefined
      }),
    )
  const named = (node: GraphNode, why: string): Found | undefined => firstOf(node.outputs, (name) => mapAt(name, why))
  const asked = (why: string, ends?: readonly string[]): Found | undefined => {
    const found = lastCut((name) => mapAt(name, why), ends)
    return found && beforeMoves(graph, info, found.value.name, (name) => mapAt(name, why))
  }
  if (asksFromOutside) {
    const stream = asked(looksAt)
    const nearest = stream ?? asked(looksAt, answersOf(graph, onPath[at])) ?? firstOf(front, (node) => named(node, looksAt))
    return { at, nearest, stream, entering: undefined }
  }
  const nearest = firstOf(front, (node) => tokens(normalized(info, node) ?? ''))
  const stream = nearest && lastCut(tokens)
  return { at, nearest, stream, entering: stream ? undefined : asked('map that enters the last block') }
}

/** What attention gives: what its weights, where it makes them, are multiplied with stands for its keys and its values. */
const answersOf = (graph: Graph, node: GraphNode | undefined): string[] =>
  node && isSoftmax(node)
    ? node.outputs.flatMap((name) => graph.consumers.get(name) ?? []).flatMap(({ outputs }) => outputs)
    : [...(node?.outputs ?? [])]

/** Whether a convolution slides over what attention answers. */
function isConvolvedAfter(graph: Graph, info: TensorInfo, onPath: readonly GraphNode[], at: number): boolean {
  const after = descendants(graph, onPath[at]?.outputs ?? [])
  const places = placesOf(graph, info)
  return onPath.slice(at).some(({ operator, outputs: [name = ''] }) => {
    const axes = operator === 'Conv' && after.has(name) ? places.get(name) : []
    return axes === undefined || axes.some(hasPlaces)
  })
}

/** The same map before it was turned to tokens, got positions, or was put beside class tokens. */
function beforeMoves(graph: Graph, info: TensorInfo, from: string, find: (name: string) => Found | undefined): Found | undefined {
  const fixed = fixedTensors(graph)
  const places = placesOf(graph, info)
  let best = find(from)
  let name: string | undefined = from
  while (name !== undefined) {
    const maker = graph.producers.get(name)
    const { moves, kind } = maker ? traitsOf(maker) : {}
    const computed: readonly string[] = maker?.inputs.filter((input) => isFloat(info.find(input)?.type) && !fixed.has(input)) ?? []
    const seeing = computed.filter((input) => !places.has(input) || places.get(input)?.some(hasPlaces))
    const same =
      moves === 'joins' ? seeing.length === 1 : moves === 'copies' || moves === 'permutes' || moves === 'reshapes' || kind === 'sum'
    name = same && (moves === 'joins' || computed.length === 1) ? seeing[0] : undefined
    if (name !== undefined) best = find(name) ?? best
  }
  return best
}

function firstOf<T, R>(list: readonly T[], found: (each: T) => R | undefined): R | undefined {
  for (const each of list) {
    const result = found(each)
    if (result !== undefined) return result
  }
  return undefined
}

/** The input of a layer normalisation, fused or in single steps, which begin with a mean over the last axis. */
function normalized(info: TensorInfo, node: GraphNode): string | undefined {
  const [x = '', second = ''] = node.inputs
  if (traitsOf(node).tokens) return x
  if (node.operator !== 'ReduceMean') return undefined
  const axes = attributesOf(node).ints('axes') ?? Array.from((info.constant(second)?.data ?? []) as ArrayLike<bigint>, Number)
  const lastAxis = (info.find(x)?.shape.length ?? 0) - 1
  return axes.length === 1 && (axes[0] === -1 || axes[0] === lastAxis) ? x : undefined
}

/** A candidate that all of the image goes through, sure where the graph shows its places. */
export const sureIfShown = (graph: Graph, info: TensorInfo, found: Found): FeatureCandidate =>
  isShown(graph, info, found.value.name)
    ? { ...found, certain: true }
    : { ...found, certain: false, doubt: 'the graph does not show where its places lie in the picture' }
