/** @file What each input of a model is, by evidence: what it takes, how its axes are arranged, and which of them is read at all. */
import { oneLine } from '../core/text.ts'
import type { DeclaredTensor, Dim, Graph, Shape } from '../graph/graph.ts'
import { namesRead, pruned } from '../graph/nodes.ts'
import { traitsOf } from '../graph/operators.ts'
import { type Contraction, firstContraction } from './contraction.ts'
import { type Fact, fact } from './fact.ts'
import { imageFacts } from './image-facts.ts'
import type { InputFacts, InputRole } from './input.ts'
import { roleByName } from './names.ts'

/** The facts of all inputs, in their order. */
export function inputFacts(graph: Graph): InputFacts[] {
  const outputs = graph.outputs.map(({ name }) => name)
  const needed = pruned(
    graph.nodes.map(({ proto }) => proto),
    outputs,
  )
  const read = new Set([...needed.flatMap(namesRead), ...outputs])
  return graph.inputs.map((input) => {
    if (!read.has(input.name)) return { ...input, role: fact('unused', 'graph', 'no output depends on it'), image: undefined }
    // an input without a shape is most likely an image with everything free
    const first = firstContraction(graph, input.name, input.shape ?? ['', '', '', ''])
    const role = roleOf(graph, input, first)
    return { ...input, role, image: role.value === 'image' ? imageFacts(input, first) : undefined }
  })
}

const kinds: Readonly<Record<number, InputRole>> = { 1: 'series', 2: 'image', 3: 'volume' }
const slides: Readonly<Record<number, string>> = { 1: 'along one axis', 2: 'over two axes', 3: 'over three axes' }

function roleOf(graph: Graph, { name, type, shape }: DeclaredTensor, first: Contraction | undefined): Fact<InputRole> {
  const named = roleByName(name)
  if (named) return fact(named, 'convention', 'its name')
  const readers = graph.consumers.get(name) ?? []
  const picks = readers.find((node) => ['Gather', 'GatherND', 'GatherElements'].includes(node.operator) && node.inputs[1] === name)
  if (picks) return fact('tokens', 'graph', `${oneLine(picks.name, 60)} looks its values up in a table`)
  if (type === 'bool') return fact('mask', 'convention', 'its element type is bool')
  if (type === 'string' || type === 'int64') return fact('numbers', 'convention', `its element type is ${type}`)
  const rank = shape?.length ?? 4
  const { sliding, node, axis } = first ?? {}
  if (sliding !== undefined) {
    const role = kinds[sliding] ?? 'numbers'
    const from = `${oneLine(node ?? '', 60)} slides ${slides[sliding] ?? 'over more'}`
    if (role !== 'image') return fact(role, 'graph', from)
    if (axis === undefined && rank < 4) return fact('numbers', 'graph', `${from}, but no axis holds channels`)
    if (rank === 5) return fact('frames', 'graph', `${from}, and the input has one more`)
    if (rank === 4 ? axis === 1 || axis === 3 || axis === undefined : rank === 3 && (axis === 0 || axis === 2))
      return fact('image', 'graph', from)
  }
  return roleByShape(
    shape,
    readers.some((reader) => traitsOf(reader).kind === 'attention'),
  )
}

const small = (dim: Dim | undefined): boolean => dim === 1 || dim === 3
// shorter than this no side of an image is
const shortestSide = 8
const large = (dim: Dim | undefined): boolean => typeof dim !== 'number' || dim >= shortestSide

/** What the shape alone says. */
function roleByShape(shape: Shape | undefined, attended: boolean): Fact<InputRole> {
  const text = `its shape is [${(shape ?? ['?']).join(', ')}]`
  const dims = shape ?? ['', '', '', '']
  if (dims.length === 4 && !attended) return fact('image', dims.some(small) ? 'convention' : 'assumed', text)
  if (dims.length === 3 && typeof dims[0] === 'number' && small(dims[0]) && large(dims[1]) && large(dims[2]) && dims[0] === 3)
    return fact('image', 'convention', text, ['series'])
  if (dims.length === 3) return fact('series', 'convention', text)
  if (dims.length === 5) return fact('volume', 'convention', text, ['frames'])
  return fact('numbers', 'convention', text)
}
