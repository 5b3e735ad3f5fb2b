/** @file The shape of a weight, also where it is stored in another type or order than it is used. */
import { attributesOf } from '../graph/attributes.ts'
import { constantOf, type Graph } from '../graph/graph.ts'

/** Leave shapes as they are. */
const kept = new Set(['Identity', 'Cast', 'CastLike', 'DequantizeLinear', 'QuantizeLinear', 'Mul', 'Add', 'Sub', 'Div', 'Clip', 'Dropout'])
const deepest = 16

/** The dimensions of a weight: those of its initializer, or those that the model declares; undefined where it is computed otherwise. */
export function weightShape(graph: Graph, name: string, depth = 0): readonly number[] | undefined {
  const stored = graph.initializers.get(name)
  if (stored) return stored.dims.map(Number)
  const maker = graph.producers.get(name)
  if (!maker || depth > deepest) return undefined
  if (kept.has(maker.operator)) {
    const shapes = maker.inputs.slice(0, 2).flatMap((input) => [weightShape(graph, input, depth + 1) ?? []])
    return shapes.reduce((a, b) => (b.length > a.length ? b : a), [])
  }
  if (maker.operator === 'Transpose') {
    const from = weightShape(graph, maker.inputs[0] ?? '', depth + 1)
    const order = attributesOf(maker).ints('perm') ?? from?.map((_, i) => i).reverse()
    return from && order?.map((i) => from[i] ?? 1)
  }
  const declared = graph.declared.get(name)?.shape
  if (declared?.every((dim) => typeof dim === 'number')) return declared
  return constantOf(graph, name)?.dims
}
