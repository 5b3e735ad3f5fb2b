/** @file Whether what follows the feature layer is a linear head: averages over the places, and products with fixed weights. */
import { intsAttribute } from '../../graph/attributes.ts'
import type { GraphNode, Shape } from '../../graph/graph.ts'
import { nodesBetween, descendants } from '../../graph/path.ts'
import type { Scene } from '../scene.ts'

/** Operators that only move numbers. */
const moving = new Set(['Identity', 'Dropout', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze', 'Transpose', 'Cast'])
/** Operators that are linear where all but one operand is fixed. */
const linear = new Set(['Gemm', 'MatMul', 'Add', 'Sub', 'Mul', 'BatchNormalization'])
const pooling = new Set(['GlobalAveragePool', 'AveragePool', 'ReduceMean'])

export interface Head {
  /** Operators between feature layer and scores, in their order. */
  operators: readonly string[]
  /** The first that no linear head has, and why; undefined where the head is linear. */
  fault: string | undefined
  /** Whether the places are averaged, and not added up. */
  averaged: boolean
}

/** Looks at every node between feature layer and reduction layer. */
export function headOf({ graph, facts, layers }: Pick<Scene, 'graph' | 'facts' | 'layers'>): Head {
  const { feature, reduction } = layers
  const { height, width } = feature.layout
  const nodes = nodesBetween(graph, feature.name, reduction.name)
  const moved = descendants(graph, [feature.name])
  let averaged = false
  let fault: string | undefined
  for (const node of nodes) {
    const shape = facts.find(node.outputs[0] ?? '')?.shape ?? []
    const what = faultOf(node, shape, moved, { averaged, places: height * width, channels: Number(feature.layout.channels) })
    fault ??= what
    if (pooling.has(node.operator)) averaged = true
  }
  return { operators: nodes.map(({ operator }) => operator), fault, averaged }
}

interface Before {
  averaged: boolean
  places: number
  channels: number
}

/** What is wrong with a node of a linear head. */
function faultOf(node: GraphNode, shape: Shape, moved: ReadonlySet<string>, before: Before): string | undefined {
  const { operator, name, domain, inputs } = node
  const called = `${operator} node ${name}`
  if (domain !== '') return `the ${called} is not linear`
  if (moving.has(operator)) return undefined
  if (pooling.has(operator)) {
    const whole = sizeWithoutBatch(shape) === before.channels
    return whole || before.averaged ? undefined : `the ${called} does not average over all places`
  }
  if (operator === 'Conv') {
    const kernel = intsAttribute(node, 'kernel_shape') ?? []
    return kernel.length > 0 && kernel.every((side) => side === 1) ? undefined : `the ${called} looks at more than one place at a time`
  }
  if (!linear.has(operator)) return `the ${called} is not linear`
  if (inputs.filter((input) => moved.has(input)).length > 1) return `the ${called} multiplies or adds features with each other`
  if ((operator === 'Gemm' || operator === 'MatMul') && !before.averaged && before.places > 1 && mixesPlaces(shape, before))
    return `the ${called} has a weight for every place: nothing averages over the places before it`
  return undefined
}

/** Whether a product without pooling before it leaves fewer numbers than there are places. */
const mixesPlaces = (shape: Shape, { places }: Before): boolean => sizeWithoutBatch(shape) % places !== 0 || shape.length < 3

const sizeWithoutBatch = (shape: Shape): number => shape.slice(1).reduce<number>((size, dim) => size * Number(dim), 1)
