/** @file Whether an output holds probabilities: a softmax or sigmoid lies before it, and nothing else but a factor of 100. */
import { toFloat32 } from '../core/tensor.ts'
import { constantOf, type Graph, type GraphNode } from '../graph/graph.ts'
import { traitsOf } from '../graph/operators.ts'
import type { OutputKind } from './output.ts'

// longer chains of nodes that only move values are none
const longestChain = 16

/** What is computed, and by which node; undefined where it is no probability. */
export function probabilitiesBefore(graph: Graph, output: string): { kind: OutputKind; from: string } | undefined {
  let name = output
  let percent = false
  for (let step = 0; step < longestChain; step++) {
    const node = graph.producers.get(name)
    if (!node) return undefined
    const traits = traitsOf(node)
    const from = `${node.name} (${node.operator})`
    if (traits.probability === 'log-softmax') return { kind: 'logits', from }
    if (traits.probability) return percent ? { kind: 'percent', from: `${from} times 100` } : { kind: 'probabilities', from }
    const scaled = timesHundred(graph, node)
    percent ||= scaled !== undefined
    const before = scaled ?? (traits.moves ? node.inputs[0] : undefined)
    if (!before) return undefined
    name = before
  }
  return undefined
}

/** The tensor that a node multiplies by 100; undefined for other nodes. */
function timesHundred(graph: Graph, { operator, inputs }: GraphNode): string | undefined {
  if (operator !== 'Mul') return undefined
  const [a = '', b = ''] = inputs
  const isHundred = (name: string): boolean => {
    const constant = constantOf(graph, name)
    return constant !== undefined && constant.data.length === 1 && Math.abs((toFloat32(constant)[0] as number) - 100) < 1e-3
  }
  return isHundred(b) ? a : isHundred(a) ? b : undefined
}
