/** @file Whether what follows the feature layer is a linear head: an average over the places, and products with fixed weights. */
import { attributesOf } from '../../graph/attributes.ts'
import type { TensorInfo } from '../../graph/tensor-info.ts'
import type { GraphNode } from '../../graph/graph.ts'
import { type Kind, operatorName, traitsOf } from '../../graph/operators.ts'
import { descendants, nodesBetween } from '../../graph/path.ts'
import type { GraphContext } from '../../run/graph-context.ts'

/** Kinds of operators that are linear where all but one operand is fixed. */
const linear: ReadonlySet<Kind> = new Set<Kind>(['dense', 'sum', 'product', 'batch-normalisation'])

export interface Head {
  /** Operators between feature layer and scores, in their order. */
  operators: readonly string[]
  /** What no linear head has, of the first node that has it; undefined where the head is linear. */
  fault: string | undefined
  /** How many places are averaged; 1 where none are: scores that have places are added up. */
  averaged: number
}

/** Looks at every node between feature layer and reduction layer. */
export function headOf({ graph, info, layers }: Pick<GraphContext, 'graph' | 'info' | 'layers'>): Head {
  const { feature, reduction } = layers
  const nodes = nodesBetween(graph, feature.name, reduction.name)
  const moved = descendants(graph, [feature.name])
  const { height, width } = feature.layout
  let averaged = 1
  for (const node of nodes) {
    const fault = faultOf(node, info, moved, { averaged, places: height * width })
    if (fault !== undefined) {
      const operators = nodes.map(({ operator }) => operator)
      return { operators, fault: `the ${node.operator} node ${node.name} ${fault}`, averaged }
    }
    if (traitsOf(node).averages) averaged *= shrinking(node, info)
  }
  return { operators: nodes.map(({ operator }) => operator), fault: undefined, averaged }
}

/** What is wrong with a node of a linear head. */
function faultOf(
  node: GraphNode,
  info: TensorInfo,
  moved: ReadonlySet<string>,
  { averaged, places }: { averaged: number; places: number },
): string | undefined {
  const { kind, moves, averages } = traitsOf(node)
  const { inputs } = node
  if (moves === 'copies' || moves === 'reshapes' || moves === 'permutes') return undefined
  if (averages) return averaged > 1 || shrinking(node, info) >= places ? undefined : 'does not average over all places'
  if (operatorName(node) === 'Conv') {
    const kernel = info.find(inputs[1] ?? '')?.shape.slice(2) ?? []
    const ones = [
      ...kernel,
      ...(attributesOf(node).ints('strides') ?? []),
      ...(attributesOf(node).ints('pads') ?? []).map((pad) => pad + 1),
    ]
    return kernel.length > 0 && ones.every((side) => side === 1) ? undefined : 'looks at more than one place at a time'
  }
  if (!kind || !linear.has(kind)) return 'is not linear'
  if (inputs.filter((input) => moved.has(input)).length > 1) return 'brings features together with each other'
  const mixes = kind === 'dense' && averaged === 1 && lengthOf(inputs[0], info) % places === 0
  const rank = info.find(inputs[0] ?? '')?.shape.length ?? 0
  return mixes && rank < 3 ? 'has a weight for every place: nothing averages over them before it' : undefined
}

/** How many numbers of the input one number of the output stands for. */
const shrinking = ({ inputs, outputs }: GraphNode, info: TensorInfo): number => lengthOf(inputs[0], info) / lengthOf(outputs[0], info)

/** Numbers that a tensor has for each image. */
const lengthOf = (name: string | undefined, info: TensorInfo): number =>
  (info.find(name ?? '')?.shape ?? []).slice(1).reduce<number>((size, dim) => size * Number(dim), 1)
