/** @file Branches whose condition hangs on sizes alone, as part of the graph once the sizes are known. */
import { inlineBranches } from '../model/branches.ts'
import { externalReader } from '../model/external.ts'
import { type Graph, type GraphNode, graphOf } from './graph.ts'
import type { Model } from './model.ts'
import type { TensorInfo } from './tensor-info.ts'

const branches = ({ nodes }: Graph): GraphNode[] => nodes.filter(({ operator, domain }) => operator === 'If' && domain === '')

/** Whether a graph has branches. */
export const hasBranches = (graph: Graph): boolean => branches(graph).length > 0

/** The model with the branches that are taken at the sizes of `info`; the very same one where none of its conditions is known. */
export function withTakenBranches(model: Model, info: TensorInfo): Model {
  const conditions = new Map<string, readonly number[]>()
  for (const { inputs } of branches(model.graph)) {
    const condition = info.constant(inputs[0] ?? '')
    if (condition?.data.length === 1) conditions.set(inputs[0] ?? '', [Number(condition.data[0])])
  }
  if (conditions.size === 0) return model
  const proto = inlineBranches(model.proto, conditions)
  const { image, inputs } = model.graph
  const graph = graphOf(proto, externalReader(model.external))
  return { ...model, proto, rewritten: true, graph: { ...graph, inputs, ...(image === undefined ? {} : { image }) } }
}
