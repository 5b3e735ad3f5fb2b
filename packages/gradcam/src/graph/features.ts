/** @file Candidates for the feature layer, best first: MATLAB's rule, made precise for any graph. */
import { activationReason, type Activations } from './activation.ts'
import { intsAttribute } from './attributes.ts'
import type { Facts } from './facts.ts'
import { type Graph, type GraphNode, isFloat, type Value } from './graph.ts'
import { channelAxes, type Layout, layoutOf } from './layout.ts'
import { ancestors, descendants, fixedTensors } from './path.ts'

export interface FeatureCandidate {
  value: Value
  layout: Layout
  why: string
  /** Whether everything the score knows of the picture goes through this tensor. */
  certain: boolean
}

const carrying = new Set([
  'MaxPool',
  'AveragePool',
  'Identity',
  'Dropout',
  'Pad',
  'Cast',
  'Transpose',
  'QuantizeLinear',
  'DequantizeLinear',
])
const attention = new Set(['Attention', 'MultiHeadAttention'])
// one cut is looked for at a time; a graph without any is given up on
const mostCutTests = 64

/**
 * Candidates in the order of preference:
 *
 * 1. in a transformer the tokens that enter the last block (behind it only the class token may matter)
 * 2. the last rectifier, or sum or concatenation of rectified maps, that all of the picture goes through
 * 3. the last residual sum or convolution that all of the picture goes through
 * 4. the last rectifier at all, the last convolution at all; these are marked uncertain
 */
export function featureCandidates(graph: Graph, facts: Facts, reduction: string): FeatureCandidate[] {
  const before = ancestors(graph, reduction)
  const after = descendants(
    graph,
    graph.inputs.map(({ name }) => name),
  )
  const onPath = graph.nodes.filter(({ outputs }) => outputs.some((name) => before.has(name) && after.has(name)))
  const axes = channelAxes(graph, facts)
  const found = { activation: [] as Found[], linear: [] as Found[] }
  const activated = new Set<string>()
  const rectified = new Set<string>()
  const isNumber = (name: string): boolean => facts.find(name)?.shape.every((dim) => dim === 1) ?? false
  const seen: Activations = { graph, fixed: fixedTensors(graph), activated, rectified, isNumber }
  const scoreShape = facts.find(reduction)?.shape ?? []
  const classes = scoreShape[1]
  const scoresHavePlaces = scoreShape.slice(2).some((dim) => dim !== 1)
  for (const node of onPath) {
    const value = facts.find(node.outputs[0] ?? '')
    if (!value || !isFloat(value.type) || value.name === reduction) continue
    const why = activationReason(node, seen)
    if (why !== undefined) activated.add(value.name)
    if (why !== undefined) rectified.add(value.name)
    else if (carrying.has(node.operator) && rectified.has(node.inputs[0] ?? '')) rectified.add(value.name)
    const linear = isSum(node, after)
      ? 'last residual sum with more than one place'
      : node.operator === 'Conv'
        ? 'last convolution with more than one place'
        : undefined
    const kind = why !== undefined ? 'activation' : linear && 'linear'
    if (!kind) continue
    const layout = layoutOf(graph, facts, value.name, axes)
    // maps of one channel are masks; a convolution into as many channels as there are classes makes scores, and so does a sum where scores have places
    const scores = layout?.channels === classes && kind !== 'activation' && (node.operator === 'Conv' || scoresHavePlaces)
    if (layout && layout.channels !== 1 && !scores) found[kind].push({ value, layout, why: why ?? linear ?? '' })
  }
  const isCutAt = (name: string): boolean => isCut(graph, reduction, before, name)
  const tokens = tokensOfLastBlock(graph, facts, onPath, axes, isCutAt)
  const cut = (list: readonly Found[]): Found | undefined => list.slice(-mostCutTests).findLast(({ value }) => isCutAt(value.name))
  const known = tokens ?? deepEnough(cut(found.activation), found.activation) ?? deepEnough(cut(found.linear), found.linear)
  const first: FeatureCandidate[] = known ? [{ certain: true, ...known }] : []
  const rest = [...found.activation].reverse().concat([...found.linear].reverse())
  return [...first, ...rest.filter(({ value }) => value.name !== known?.value.name).map((each) => ({ ...each, certain: false }))]
}

/** A sum of two computed maps; adding a bias is none. */
const isSum = ({ operator, inputs }: GraphNode, after: ReadonlySet<string>): boolean =>
  operator === 'Add' && inputs.every((name) => after.has(name))

/** Not a cut in front of a later stage of half the resolution: what comes together there is too early to tell classes apart. */
function deepEnough(cut: Found | undefined, all: readonly Found[]): Found | undefined {
  if (!cut) return undefined
  const places = ({ layout }: Found): number => layout.height * layout.width
  return all.slice(all.indexOf(cut)).every((later) => places(cut) <= 2 * places(later)) ? cut : undefined
}

type Found = Omit<FeatureCandidate, 'certain'>

/** Whether no way leads from a picture to the score round this tensor. */
function isCut(graph: Graph, reduction: string, before: ReadonlySet<string>, name: string): boolean {
  const reached = new Set(graph.inputs.filter(({ shape }) => shape === undefined || shape.length === 4).map((input) => input.name))
  for (const node of graph.nodes) {
    // sizes say nothing of what is in the picture
    if (node.operator === 'Shape' || !node.inputs.some((input) => reached.has(input))) continue
    for (const output of node.outputs) if (output !== name && before.has(output)) reached.add(output)
  }
  return !reached.has(reduction)
}

/**
 * The tokens that enter the last block: the last ones in front of its attention that all of the picture goes through.
 * That is the residual stream before a first normalisation, and not queries and keys that are normalised, too. Undefined
 * where attention is not what comes last, or pools a convolutional network, which normalises no tokens.
 */
function tokensOfLastBlock(
  graph: Graph,
  facts: Facts,
  onPath: readonly GraphNode[],
  axes: ReadonlyMap<string, number>,
  isCutAt: (name: string) => boolean,
): FeatureCandidate | undefined {
  const last = onPath.findLastIndex((node) => isAttention(graph, node))
  if (last < 0 || onPath.slice(last).some(({ operator }) => operator === 'Conv')) return undefined
  const behind = ancestors(graph, onPath[last]?.outputs[0] ?? '')
  const front = onPath.slice(0, last).reverse()
  const tokens = (name: string): Found | undefined => {
    const value = behind.has(name) ? facts.find(name) : undefined
    const layout = value && isFloat(value.type) ? layoutOf(graph, facts, name, axes) : undefined
    return value && layout && layout.kind !== 'nchw' ? { value, layout, why: 'tokens that enter the last block' } : undefined
  }
  const nearest = firstOf(front, (node) => tokens(normalized(facts, node) ?? ''))
  if (!nearest) return undefined
  let tests = 0
  const stream = firstOf(front, ({ outputs }) =>
    firstOf(outputs, (name) => {
      const found = tests < mostCutTests ? tokens(name) : undefined
      if (found) tests++
      return found && isCutAt(name) ? found : undefined
    }),
  )
  return { ...(stream ?? nearest), certain: stream !== undefined }
}

function firstOf<T, R>(list: readonly T[], found: (each: T) => R | undefined): R | undefined {
  for (const each of list) {
    const result = found(each)
    if (result !== undefined) return result
  }
  return undefined
}

/** A softmax over a product of two computed tensors, or a fused attention. */
function isAttention(graph: Graph, node: GraphNode): boolean {
  if (attention.has(node.operator)) return true
  if (node.operator !== 'Softmax') return false
  let name = node.inputs[0] ?? ''
  for (let steps = 0; steps < 12; steps++) {
    const maker = graph.producers.get(name)
    if (!maker) return false
    if (maker.operator === 'MatMul' || maker.operator === 'Einsum')
      return maker.inputs.every((input) => graph.producers.get(input)?.inputs.length)
    // masks and biases come second, and are not what is looked for
    name = (maker.operator === 'Where' ? maker.inputs[2] : maker.inputs[0]) ?? ''
  }
  return false
}

/** The input of a layer normalisation, also of one in single steps: a mean over the last axis. */
function normalized(facts: Facts, node: GraphNode): string | undefined {
  const [x = '', second = ''] = node.inputs
  if (/^(Skip)?(Simplified)?(Layer|RMS)Normalization$/.test(node.operator)) return x
  if (node.operator !== 'ReduceMean') return undefined
  const axes = intsAttribute(node, 'axes') ?? Array.from((facts.constant(second)?.data ?? []) as ArrayLike<bigint>, Number)
  const lastAxis = (facts.find(x)?.shape.length ?? 0) - 1
  return axes.length === 1 && (axes[0] === -1 || axes[0] === lastAxis) ? x : undefined
}
