/** @file Refuses graphs that no runtime could run: cyclic, with names twice or tensors that nothing makes. */
import type { GraphProto } from 'onnx-buf'
import { GradcamError } from '../core/errors.ts'

const refuse = (message: string, hint: string, node?: { name: string; operator: string }): GradcamError =>
  new GradcamError('model-invalid', message, node ? { hint, node } : { hint })

/** Checks names and order of nodes that were sorted. Costs one pass. */
export function checkGraph(graph: GraphProto): void {
  const made = new Set<string>()
  for (const { name } of graph.input) {
    if (made.has(name)) throw refuse(`the model has two inputs named ${shown(name)}`, 'export the model again')
    made.add(name)
  }
  const weights = new Set<string>()
  for (const { name } of graph.initializer) {
    if (weights.has(name)) throw refuse(`the model has two initializers named ${shown(name)}`, 'export the model again')
    weights.add(name)
    made.add(name)
  }
  for (const tensor of graph.sparseInitializer) if (tensor.values) made.add(tensor.values.name)
  const late = new Set(graph.node.flatMap((node) => node.output))
  for (const node of graph.node) {
    const at = { name: node.name || (node.output[0] ?? ''), operator: node.opType }
    for (const name of node.input) {
      if (name === '' || made.has(name)) continue
      throw late.has(name)
        ? refuse(`the node ${shown(at.name)} reads ${shown(name)} before it is made: the graph is cyclic`, 'export the model again', at)
        : refuse(
            `the node ${shown(at.name)} reads ${shown(name)}, which nothing makes: an initializer is missing`,
            'export the model with its weights',
            at,
          )
    }
    for (const name of node.output) {
      if (name === '') continue
      if (made.has(name)) throw refuse(`two nodes make a tensor named ${shown(name)}`, 'export the model again', at)
      made.add(name)
    }
  }
  for (const { name } of graph.output) {
    if (!made.has(name)) throw refuse(`nothing makes the output ${shown(name)}`, 'export the model again')
  }
  checkSubgraphDepth(graph, 0)
}

const deepest = 64

function checkSubgraphDepth(graph: GraphProto, depth: number): void {
  if (depth > deepest) throw refuse('the model nests subgraphs without end', 'export the model again')
  for (const node of graph.node) for (const { g } of node.attribute) if (g) checkSubgraphDepth(g, depth + 1)
}

const shown = (name: string): string => JSON.stringify(name.length > 120 ? `${name.slice(0, 119)}…` : name)

// 8 GiB of float32 in one tensor: more than any vision network has
const maxElements = 2 ** 31

/** Refuses dimensions that no machine could hold. */
export function checkShape(name: string, shape: readonly (number | string)[]): void {
  let elements = 1
  for (const dim of shape) {
    if (typeof dim !== 'number') continue
    elements *= Math.max(dim, 1)
    if (!(dim >= 0) || elements > maxElements) {
      throw refuse(`the tensor ${shown(name)} would have the shape [${shape.join(', ')}]`, 'check the input size of the model')
    }
  }
  if (shape.length > 64) throw refuse(`the tensor ${shown(name)} has ${shape.length} dimensions`, 'export the model again')
}
