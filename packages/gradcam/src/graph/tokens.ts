/** @file The tokens that a transformer is explained at: those that enter its last block. */
import { attributesOf } from './attributes.ts'
import type { TensorInfo } from './tensor-info.ts'
import { type Graph, type GraphNode, isFloat, type Value } from './graph.ts'
import { type Layout, layoutOf } from './layout.ts'
import { traitsOf } from './operators.ts'
import { ancestors } from './path.ts'

export interface FeatureCandidate {
  value: Value
  layout: Layout
  why: string
  /** Whether every path from the image to the score passes through this tensor. */
  certain: boolean
}

export type Found = Omit<FeatureCandidate, 'certain'>

// each test walks the graph: after this many the search gives up
export const maxCutTests = 64

/**
 * The tokens that enter the last block: the last ones in front of its attention that all of the image goes through.
 * That is the residual stream before the first normalisation, not normalised queries and keys. Undefined where a
 * convolution follows the attention, or where attention pools a convolutional network, which normalises no tokens.
 */
export function tokensOfLastBlock(
  graph: Graph,
  info: TensorInfo,
  onPath: readonly GraphNode[],
  axes: ReadonlyMap<string, number>,
  isCutAt: (name: string) => boolean,
): FeatureCandidate | undefined {
  const last = onPath.findLastIndex((node) => isAttention(graph, node))
  if (last < 0 || onPath.slice(last).some(({ operator }) => operator === 'Conv')) return undefined
  const behind = ancestors(graph, onPath[last]?.outputs[0] ?? '')
  const front = onPath.slice(0, last).reverse()
  const tokens = (name: string): Found | undefined => {
    const value = behind.has(name) ? info.find(name) : undefined
    const layout = value && isFloat(value.type) ? layoutOf(graph, info, name, axes) : undefined
    return value && layout && layout.kind !== 'nchw' ? { value, layout, why: 'tokens that enter the last block' } : undefined
  }
  const nearest = firstOf(front, (node) => tokens(normalized(info, node) ?? ''))
  if (!nearest) return undefined
  let tests = 0
  const stream = firstOf(front, ({ outputs }) =>
    firstOf(outputs, (name) => {
      const found = tests < maxCutTests ? tokens(name) : undefined
      if (found) tests++
      return found && isCutAt(name) ? found : undefined
    }),
  )
  return { ...(stream ?? nearest), certain: stream !== undefined }
}

function firstOf<T, R>(list: readonly T[], found: (each: T) => R | undefined): R | undefined {
  for (const each of list) {
    const result = found(each)
    if (result !== undefined) return result
  }
  return undefined
}

/** A softmax over a product of two computed tensors, or a fused attention. */
function isAttention(graph: Graph, node: GraphNode): boolean {
  if (traitsOf(node).kind === 'attention') return true
  if (node.operator !== 'Softmax') return false
  let name = node.inputs[0] ?? ''
  for (let steps = 0; steps < 12; steps++) {
    const maker = graph.producers.get(name)
    if (!maker) return false
    if (maker.operator === 'MatMul' || maker.operator === 'Einsum')
      return maker.inputs.every((input) => graph.producers.get(input)?.inputs.length)
    // masks and biases are the second operand
    name = (maker.operator === 'Where' ? maker.inputs[2] : maker.inputs[0]) ?? ''
  }
  return false
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
