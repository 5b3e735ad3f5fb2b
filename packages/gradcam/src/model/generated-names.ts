/** @file Names that ONNX Runtime's optimisers made up for weights: made up again, they would be taken, and the model could not be opened. */
import { type GraphProto, type ModelProto, type NodeProto, type TensorProto } from 'onnx-buf'
import { amended } from './amended.ts'

/** The first of a kind has no number. */
const madeUp = /_token_\d+$|^(?:gemm_(?:in|out)put_shape|const_transpose_optimizer|reorder|ortshared_\w+)$/

/** The same model, such weights renamed; the very same object where it has none, or branches that may read them. */
export function withOwnNames(model: ModelProto): ModelProto {
  const { graph } = model
  const ports = new Set([...(graph?.input ?? []), ...(graph?.output ?? [])].map(({ name }) => name))
  const isMadeUp = ({ name }: TensorProto): boolean => madeUp.test(name) && !ports.has(name)
  if (!graph?.initializer.some(isMadeUp) || graph.node.some(hasBranches)) return model
  const names = new Map(graph.initializer.filter(isMadeUp).map(({ name }) => [name, `${name}/saved`]))
  const named = (name: string): string => names.get(name) ?? name
  return amended(model, {
    graph: amended<GraphProto>(graph, {
      initializer: graph.initializer.map((tensor) => (names.has(tensor.name) ? amended(tensor, { name: named(tensor.name) }) : tensor)),
      node: graph.node.map((node) => (node.input.some((name) => names.has(name)) ? amended(node, { input: node.input.map(named) }) : node)),
    }),
  })
}

const hasBranches = ({ attribute }: NodeProto): boolean => attribute.some(({ g, graphs }) => g !== undefined || graphs.length > 0)
