/** @file Networks that answer differently from run to run, or by what lies beside a photo: exported as they are trained, or drawing numbers. */
import { toFloat32 } from '../core/tensor.ts'
import { attributesOf } from '../graph/attributes.ts'
import { constantOf, type Graph, type GraphNode, nodeOf } from '../graph/graph.ts'
import { traitsOf } from '../graph/operators.ts'
import { fixedTensors } from '../graph/path.ts'
import { warn, type Warning } from '../core/errors.ts'

/** The normalisations that take mean and variance from the batch at hand; those of weights, as in Big Transfer, see no batch. */
export function batchNormsInTraining(graph: Graph): string[] {
  const training = graph.nodes.filter(
    (node) => node.operator === 'BatchNormalization' && node.domain === '' && attributesOf(node).int('training_mode', 0) === 1,
  )
  if (training.length === 0) return []
  const fixed = fixedTensors(graph)
  return training.filter(({ inputs }) => !fixed.has(inputs[0] ?? '')).map(({ name }) => name)
}

/** What is said of them, and of nodes that draw numbers. */
export const trainingNotes = (graph: Graph): Warning[] => [...batchNotes(graph), ...randomNotes(graph)]

const first = (names: readonly string[]): string => `${names[0]}${names.length > 1 ? ` and ${names.length - 1} more` : ''}`

function batchNotes(graph: Graph): Warning[] {
  const names = batchNormsInTraining(graph)
  if (names.length === 0) return []
  return warn(
    'training-mode',
    `the network was exported in training mode: ${first(names)} (BatchNormalization) normalises by the images at hand, not by what it learned`,
    'export it with `model.eval()`; until then every image is run by itself, and answers are not those of the trained network',
  )
}

/** Nodes that give another answer each time: their maps are one draw of many. */
function randomNotes(graph: Graph): Warning[] {
  const random = allNodes(graph.nodes).filter((node) => draws(graph, node))
  if (random.length === 0) return []
  const dropout = random.some(({ operator }) => operator === 'Dropout')
  const names = random.map(({ name, operator }) => `${name} (${operator})`)
  return warn(
    'random-network',
    `the network draws random numbers at ${first(names)}: scores and maps are another each time, and none can be made again`,
    dropout
      ? 'export it with `model.eval()`, which leaves Dropout out; until then compare several runs'
      : 'export it without the node that draws, or with what it draws as an input; until then compare several runs',
  )
}

/** Nodes, and those of their branches and loop bodies. */
const allNodes = (nodes: readonly GraphNode[]): GraphNode[] =>
  nodes.flatMap((node) => [
    node,
    ...node.proto.attribute.flatMap(({ g, graphs }) => allNodes([...(g ? [g] : []), ...graphs].flatMap((inner) => inner.node.map(nodeOf)))),
  ])

/** Whether a node gives other numbers each time. Dropout drops in training mode alone, and nothing where its ratio is 0. */
function draws(graph: Graph, node: GraphNode): boolean {
  if (node.domain !== '') return false
  if (traitsOf(node).kind === 'random') return true
  const [, ratio = '', training = ''] = node.inputs
  if (node.operator !== 'Dropout' || training === '') return false
  const off = (name: string): boolean => {
    const value = constantOf(graph, name)
    return value !== undefined && toFloat32(value).every((each) => each === 0)
  }
  return !off(training) && !(ratio !== '' && off(ratio))
}
