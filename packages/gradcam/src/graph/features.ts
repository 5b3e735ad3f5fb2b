/** @file Candidates for the feature layer, best first: MATLAB's rule, made precise for any graph. */
import { activationReason, type Activations } from './activation.ts'
import type { TensorInfo } from './tensor-info.ts'
import { type DeclaredTensor, type Graph, type GraphNode, isFloat } from './graph.ts'
import { channelAxes, layoutOf } from './layout.ts'
import { attends } from './attention.ts'
import { hasPlaces } from './axes.ts'
import { placesOf } from './places.ts'
import { traitsOf } from './operators.ts'
import { ancestors, descendants, fixedTensors } from './path.ts'
import { cutsOf } from './cuts.ts'
import { reachedBy } from './reach.ts'
import { type FeatureCandidate, type Found, lastBlockOf, maxCutTests, sureIfShown } from './tokens.ts'

const tooEarly = 'blocks of attention lie behind it, whose places the graph does not show'
const residualSum = 'last residual sum with more than one place'

/**
 * Candidates in the order of preference:
 *
 * 1. in a transformer the tokens that enter the last block (behind it only the class token may matter)
 * 2. the last rectifier, or sum or concatenation of rectified maps, that all of the image goes through
 * 3. the last residual sum or convolution that all of the image goes through
 * 4. the last rectifier at all, the last convolution at all; these are marked uncertain
 */
export function featureCandidates(graph: Graph, info: TensorInfo, reductions: string | readonly string[]): FeatureCandidate[] {
  const ends = [reductions].flat()
  const before = new Set(ends.flatMap((end) => [...ancestors(graph, end)]))
  const after = descendants(
    graph,
    imagesOf(graph, () => true),
  )
  const reached = reachedBy(graph, info, ends)
  const onPath = graph.nodes.filter(({ outputs }) => outputs.some((name) => before.has(name) && after.has(name) && reached.of(name)))
  const axes = channelAxes(graph, info)
  const found = { activation: [] as Found[], linear: [] as Found[] }
  const activated = new Set<string>()
  const rectified = new Set<string>()
  const isNumber = (name: string): boolean => info.find(name)?.shape.every((dim) => dim === 1) ?? false
  const seen: Activations = { graph, fixed: fixedTensors(graph), activated, rectified, isNumber }
  const scoreShape = info.find(ends[0] ?? '')?.shape ?? []
  const classes = scoreShape[1]
  const scoresHavePlaces = scoreShape.slice(2).some((dim) => dim !== 1)
  for (const node of onPath) {
    const value = info.find(node.outputs[0] ?? '')
    if (!value || !isFloat(value.type) || ends.includes(value.name) || reached.of(value.name) !== 'all') continue
    const why = activationReason(node, seen)
    if (why !== undefined) activated.add(value.name)
    if (why !== undefined) rectified.add(value.name)
    else if (keepsPlaces(node) && rectified.has(node.inputs[0] ?? '')) rectified.add(value.name)
    const linear = linearReason(graph, roundedBy(graph, node) ?? node, after)
    const kind = why !== undefined ? 'activation' : linear && 'linear'
    if (!kind) continue
    const layout = layoutOf(graph, info, value.name, axes)
    // maps of one channel are masks; a convolution into as many channels as there are classes makes scores, and so does a sum where scores have places
    const scores = layout?.channels === classes && kind !== 'activation' && (node.operator === 'Conv' || scoresHavePlaces)
    if (layout && layout.channels !== 1 && !scores) found[kind].push({ value, layout, why: why ?? linear ?? '' })
  }
  const cuts = cutsOf(
    imagesOf(graph, ({ shape }) => shape === undefined || shape.length === 4),
    reached.ways,
  )
  const isCutAt = (name: string, of: readonly string[] = ends): boolean => cuts(name, of)
  const order = new Map(onPath.flatMap(({ outputs }, i) => outputs.map((name) => [name, i] as const)))
  const at = ({ value }: Found): number => order.get(value.name) ?? -1
  const all = [...found.activation, ...found.linear].sort((a, b) => at(a) - at(b))
  const cut = (list: readonly Found[]): Found | undefined =>
    deepEnough(
      list.slice(-maxCutTests).findLast(({ value }) => isCutAt(value.name)),
      all,
    )
  const last = lastBlockOf(graph, info, onPath, axes, isCutAt)
  const nearest = [cut(found.activation), cut(found.linear)] as const
  const inside = [...activated].filter((name) => tellsPlaces(graph, info, name)).map((name) => order.get(name) ?? -1)
  const convolved = last?.stream ?? laterOf(...nearest, at, inside)
  const block = last?.stream || (convolved && at(convolved) > (last?.at ?? -1)) ? convolved : undefined
  const sure = block ?? last?.entering ?? (last?.nearest ? undefined : convolved)
  const early = sure !== undefined && sure === convolved && !last?.stream && attends(graph, onPath.slice(at(sure) + 1))
  const chosen = sure && sureIfShown(graph, info, sure)
  const known = chosen
    ? early
      ? { ...chosen, certain: false, doubt: tooEarly }
      : chosen
    : last?.nearest && { ...last.nearest, certain: false }
  const first: FeatureCandidate[] = known ? [known] : []
  const sums = nearest.filter((each) => each !== undefined)
  const rest = [...new Set([...sums, ...found.activation.toReversed(), ...found.linear.toReversed()])]
  return [...first, ...rest.filter(({ value }) => value.name !== known?.value.name).map((each) => ({ ...each, certain: false }))]
}

/**
 * What closes a block behind the last activation that is a cut wins over it, unless it belongs to a finer map: a residual sum, or a
 * convolution behind activations inside the block. That activation was one of a merging step, or begins the block.
 */
function laterOf(
  activation: Found | undefined,
  linear: Found | undefined,
  at: (found: Found) => number,
  inside: readonly number[],
): Found | undefined {
  if (!activation || !linear || at(linear) < at(activation)) return activation ?? linear
  const closes = linear.why === residualSum || inside.some((place) => place > at(activation) && place < at(linear))
  return closes && placesOfMap(linear) <= placesOfMap(activation) ? linear : activation
}

/** Whether a tensor has places, in windows or not, as far as is known. */
const tellsPlaces = (graph: Graph, info: TensorInfo, name: string): boolean => placesOf(graph, info).get(name)?.some(hasPlaces) ?? true

const placesOfMap = ({ layout }: Found): number => layout.height * layout.width

/** The input that takes the image; where it is not known, those that may. */
const imagesOf = ({ image, inputs }: Graph, may: (input: DeclaredTensor) => boolean): string[] =>
  image === undefined ? inputs.filter(may).map(({ name }) => name) : [image]

/** Whether an operator pools, pads, turns or copies a map. */
function keepsPlaces(node: GraphNode): boolean {
  const { moves, pools } = traitsOf(node)
  return pools === true || moves === 'copies' || moves === 'permutes' || moves === 'pads'
}

/** Why a node counts as a linear layer, or undefined where it does not. */
function linearReason(graph: Graph, node: GraphNode, after: ReadonlySet<string>): string | undefined {
  if (isSum(node, after)) return residualSum
  if (node.operator === 'Conv') return 'last convolution with more than one place'
  return isDequantized(graph, node) ? 'last quantised map, through its DequantizeLinear' : undefined
}

/**
 * The node whose output a DequantizeLinear gives back, rounded: where a quantiser cut off what lies under its zero point, it took over the
 * part of a rectifier.
 */
function roundedBy(graph: Graph, { operator, inputs: [integers = ''] }: GraphNode): GraphNode | undefined {
  const quantiser = operator === 'DequantizeLinear' ? graph.producers.get(integers) : undefined
  return quantiser?.operator === 'QuantizeLinear' ? graph.producers.get(quantiser.inputs[0] ?? '') : undefined
}

/** Floats of a map that operators on integers made. */
function isDequantized(graph: Graph, node: GraphNode): boolean {
  const maker = graph.producers.get(node.inputs[0] ?? '')
  return node.operator === 'DequantizeLinear' && maker !== undefined && traitsOf(maker).kind === 'quantised'
}

/** A sum of two computed maps, not of a map and a bias. */
const isSum = ({ operator, inputs }: GraphNode, after: ReadonlySet<string>): boolean =>
  operator === 'Add' && inputs.every((name) => after.has(name))

/** Rejects a cut before a later stage of half the resolution: its features are too early to tell classes apart. */
function deepEnough(cut: Found | undefined, all: readonly Found[]): Found | undefined {
  if (!cut) return undefined
  return all.slice(all.indexOf(cut)).every((later) => placesOfMap(cut) <= 2 * placesOfMap(later)) ? cut : undefined
}
