/** @file Gradients of many classes from one image's features: possible where they follow from weights alone, as with linear heads. */
import { namesRead } from '../graph/nodes.ts'
import type { Builder } from '../graph/emit.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Graph, Shape, Value } from '../graph/graph.ts'
import { fixedTensors } from '../graph/path.ts'

/** Said where each item needs features of its own. */
export class BatchDependent extends Error {}

/** Name of the free dimension: as many items as are fed. */
const items = 'N'

/** A batch that is fixed in the network becomes free in all that follows from the features: its tensors are not computed. */
export function withFreeBatch(graph: Graph, info: TensorInfo, feature: string): TensorInfo {
  const batch = info.value(feature).shape[0]
  if (typeof batch !== 'number') return info
  const behind = new Set([feature])
  for (const node of graph.nodes)
    if (namesRead(node.proto).some((name) => behind.has(name))) for (const name of node.outputs) if (name) behind.add(name)
  const open = (value: Value): Value =>
    behind.has(value.name) && value.shape[0] === batch ? { ...value, shape: [items, ...value.shape.slice(1)] } : value
  return {
    ...info,
    value: (name) => open(info.value(name)),
    find(name) {
      const value = info.find(name)
      return value && open(value)
    },
  }
}

const freeDims = (shape: Shape): number => shape.filter((dim) => typeof dim === 'string').length

/** A builder that takes one item for many nowhere: a shape that says so would be wrong without anyone noticing. */
export function strictBatch(g: Builder): Builder {
  const refuse = (x: Value, shape: Shape): never => {
    throw new BatchDependent(`${x.name} becomes [${shape.join(', ')}]`)
  }
  return {
    ...g,
    reshape: (x, shape) => (freeDims(x.shape) === freeDims(shape) ? g.reshape(x, shape) : refuse(x, shape)),
    expand: (x, shape) => (freeDims(x.shape) <= freeDims(shape) ? g.expand(x, shape) : refuse(x, shape)),
  }
}

/** @throws BatchDependent where outputs depend on a tensor that the network computes */
export function checkOnlyWeights(graph: Graph, g: Builder, outputs: Readonly<Record<string, Value>>): void {
  const needed = new Set(Object.values(outputs).map(({ name }) => name))
  for (const node of g.emission.nodes.toReversed()) {
    if (!node.output.some((name) => needed.has(name))) continue
    for (const name of namesRead(node)) needed.add(name)
  }
  const networks = new Set([...graph.inputs.map(({ name }) => name), ...graph.producers.keys()])
  const fixed = fixedTensors(graph)
  for (const name of needed) if (networks.has(name) && !fixed.has(name)) throw new BatchDependent(`${name} is needed`)
}
