/** @file Which part of a network an element of a tensor comes from: the branch of a detector that found a box. */
import { attributesOf } from './attributes.ts'
import { lengthOf, lengthsOf, positive } from './axes.ts'
import type { Graph, GraphNode, Shape } from './graph.ts'
import { allOf, lookUp, type Numbers, type Span } from './lookup.ts'
import { operatorName, traitsOf } from './operators.ts'
import { fixedTensors } from './path.ts'
import type { TensorInfo } from './tensor-info.ts'

// heads write at most some dozens of nodes behind their last convolution
const maxSteps = 256

/**
 * The branches that elements come from, where several are joined on the way: looked for backwards through operators that only move, cut,
 * join and scale. Of a box's score that is the output of the convolution of its scale; several where its factors have branches of their
 * own; none where nothing was joined. Of a box that is classified in its region it is the map that the region is cut out of.
 *
 * @param spans which elements, one span an axis
 * @param numbers values for the image at hand of tensors that `lookedUpBy` names
 */
export function branchesOf(
  graph: Graph,
  info: TensorInfo,
  tensor: string,
  spans: readonly Span[],
  numbers: Numbers = () => undefined,
): string[] {
  const fixed = fixedTensors(graph)
  const ends = new Set<string>()
  const open: Elements[] = [{ name: tensor, spans, branch: false }]
  for (let steps = 0, next = open.pop(); next !== undefined; steps++, next = open.pop()) {
    const maker = graph.producers.get(next.name)
    if (maker?.operator === 'RoiAlign') {
      ends.add(maker.inputs[0] ?? '')
      continue
    }
    const from = maker && steps < maxSteps ? stepBack({ graph, info, fixed, numbers }, maker, next) : undefined
    if (from) open.push(...from)
    else if (next.branch) ends.add(next.name)
    else return []
  }
  return [...ends]
}

interface Known {
  graph: Graph
  info: TensorInfo
  fixed: ReadonlySet<string>
  numbers: Numbers
}

interface Elements {
  name: string
  spans: readonly Span[]
  /** Whether others were joined to them on the way. */
  branch: boolean
}

/** The elements that elements of a node's output are made of; undefined where it mixes them. */
function stepBack({ graph, info, fixed, numbers }: Known, node: GraphNode, elements: Elements): Elements[] | undefined {
  const { name: output, spans, branch } = elements
  const [x = ''] = node.inputs
  const shape = info.find(output)?.shape
  const from = info.find(x)?.shape
  if (!shape || !from || [...shape, ...from].some((dim) => Number.isNaN(lengthOf(dim)))) return undefined
  const { kind, moves } = traitsOf(node)
  const alone = (back: readonly Span[] | undefined): Elements[] | undefined => back && [{ name: x, spans: back, branch }]
  const looked = lookUp(graph, info, numbers, node, spans)
  if (looked) return looked === 'unknown' ? undefined : [{ name: looked.input, spans: looked.spans, branch: branch || looked.joined }]
  const axisOf = (missing: number): number => positive(attributesOf(node).int('axis', missing), from.length)
  switch (operatorName(node)) {
    case 'Concat':
      return joined(info, node, elements, axisOf(0))
    case 'Split': {
      const at = axisOf(0)
      const before = node.outputs.slice(0, node.outputs.indexOf(output))
      const start = before.reduce((n, name) => n + lengthOf(info.find(name)?.shape[at] ?? Number.NaN), 0)
      return Number.isNaN(start) ? undefined : alone(spans.map((span, i) => (i === at ? moved(span, start) : span)))
    }
    case 'Slice':
      return alone(sliced(info, node, spans, from))
    case 'Transpose': {
      const order = attributesOf(node).ints('perm') ?? spans.map((_, i) => spans.length - 1 - i)
      return alone(from.map((dim, i) => spans[order.indexOf(i)] ?? allOf(dim)))
    }
    case 'Softmax': {
      const at = axisOf(-1)
      return alone(spans.map((span, i) => (i === at ? allOf(from[i] as Shape[number]) : span)))
    }
  }
  if (kind === 'dense' && isRegion(graph, output, spans)) return alone([spans[0] as Span, ...from.slice(1).map(allOf)])
  if (moves === 'copies') return alone(spans)
  if (moves === 'reshapes') return alone(regrouped(spans, lengthsOf(shape), lengthsOf(from)))
  if (kind !== 'activation' && kind !== 'function' && kind !== 'sum' && kind !== 'product' && kind !== 'quotient') return undefined
  // factors and offsets of grids; one number for all classes of a box is broadcast
  const computed = node.inputs.filter((name) => name !== '' && !fixed.has(name))
  // a residual sum behind a branching belongs to the branch
  if (branch && kind === 'sum' && computed.length > 1) return undefined
  return computed.map((name): Elements => {
    const own = info.find(name)?.shape ?? []
    const shift = shape.length - own.length
    return { name, branch, spans: own.map((dim, i) => (lengthOf(dim) === 1 ? { from: 0, to: 1 } : (spans[i + shift] ?? allOf(dim)))) }
  })
}

/** Whether one row among those of all regions is meant: layers behind RoiAlign treat each by itself. */
const isRegion = ({ nodes }: Graph, name: string, [row, ...others]: readonly Span[]): boolean =>
  name !== '' &&
  others.length === 1 &&
  row !== undefined &&
  row.to === row.from + 1 &&
  nodes.some(({ operator }) => operator === 'RoiAlign')

const moved = ({ from, to }: Span, by: number): Span => ({ from: from + by, to: to + by })

function numbersOf(info: TensorInfo, name: string | undefined): number[] | undefined {
  const tensor = name ? info.constant(name) : undefined
  return tensor && Array.from(tensor.data as ArrayLike<number | bigint>, Number)
}

/** The inputs of a Concat that hold the elements. */
function joined(info: TensorInfo, node: GraphNode, { spans, branch }: Elements, at: number): Elements[] | undefined {
  const wanted = spans[at]
  if (!wanted) return undefined
  const found: Elements[] = []
  let start = 0
  for (const name of node.inputs) {
    const length = lengthOf(info.find(name)?.shape[at] ?? Number.NaN)
    if (Number.isNaN(length)) return undefined
    const own = { from: Math.max(0, wanted.from - start), to: Math.min(length, wanted.to - start) }
    if (own.to > own.from) found.push({ name, branch, spans: spans.map((span, i) => (i === at ? own : span)) })
    start += length
  }
  return found.map((each) => ({ ...each, branch: branch || found.length < node.inputs.length }))
}

function sliced(info: TensorInfo, node: GraphNode, spans: readonly Span[], from: Shape): Span[] | undefined {
  const attributes = attributesOf(node)
  const starts = attributes.ints('starts') ?? numbersOf(info, node.inputs[1])
  const axes = attributes.ints('axes') ?? numbersOf(info, node.inputs[3]) ?? starts?.map((_, i) => i)
  const steps = numbersOf(info, node.inputs[4]) ?? starts?.map(() => 1)
  if (!starts || !axes || !steps || steps.some((step) => step < 1)) return undefined
  return spans.map((span, i) => {
    const k = axes.findIndex((axis) => positive(axis, from.length) === i)
    if (k < 0) return span
    const [start, step] = [Math.max(0, positive(starts[k] as number, lengthOf(from[i] as Shape[number]))), steps[k] as number]
    return { from: start + span.from * step, to: start + (span.to - 1) * step + 1 }
  })
}

/** The smallest box of elements in the old shape that holds those of a box in the new one. */
function regrouped(spans: readonly Span[], shape: readonly number[], from: readonly number[]): Span[] | undefined {
  if (spans.length !== shape.length) return undefined
  let [first, last, stride] = [0, 0, 1]
  for (let i = shape.length - 1; i >= 0; i--) {
    const span = spans[i] as Span
    first += span.from * stride
    last += (span.to - 1) * stride
    stride *= shape[i] as number
  }
  let whole = false
  let inner = from.reduce((n, length) => n * length, 1)
  return from.map((length): Span => {
    inner /= length
    if (whole) return { from: 0, to: length }
    const [a, b] = [Math.floor(first / inner), Math.floor(last / inner)]
    first -= a * inner
    last -= b * inner
    whole = a !== b
    return { from: a, to: b + 1 }
  })
}
