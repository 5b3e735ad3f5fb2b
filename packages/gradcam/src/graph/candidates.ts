/** @file Every layer that could be named, also where none can be chosen: a model without scores, or without maps of places. */
import { featureCandidates } from './features.ts'
import { type Graph, type GraphNode, isFloat, type Shape } from './graph.ts'
import type { LayerCandidate } from './layers.ts'
import { traitsOf } from './operators.ts'
import type { TensorInfo } from './tensor-info.ts'

/** Layers that could be named, the likeliest first. */
export interface LayerCandidates {
  features: readonly LayerCandidate[]
  reductions: readonly LayerCandidate[]
}

const most = 8

/** The candidates of a graph. */
export function candidatesOf(graph: Graph, info: TensorInfo): LayerCandidates {
  const ends = [...new Set(graph.outputs.flatMap(({ name }) => floatsBefore(graph, info, name)))]
  const reductions = ends.flatMap((name) => row(graph, info, name, 'the last float tensor before an output'))
  const chosen = ends.flatMap((end) => featureCandidates(graph, info, end).map(({ value, why }) => [value.name, why] as const))
  const features = chosen.length > 0 ? [...new Map(chosen.toReversed())].toReversed() : lastOfAll(graph)
  return { features: features.slice(0, most).flatMap(([name, why]) => row(graph, info, name, why)), reductions }
}

/** The tensors that hold numbers with a gradient and from which an output is made. */
function floatsBefore(graph: Graph, info: TensorInfo, output: string): string[] {
  const seen = new Set<string>()
  const found: string[] = []
  const open = [output]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name) || graph.initializers.has(name)) continue
    seen.add(name)
    const type = info.find(name)?.type
    if (type !== undefined && isFloat(type)) found.push(name)
    else open.push(...(graph.producers.get(name)?.inputs ?? []))
  }
  return found.filter((name) => graph.producers.has(name) && info.constant(name) === undefined)
}

/** Activations and convolutions of any rank, the last first. */
const lastOfAll = (graph: Graph): (readonly [string, string])[] =>
  graph.nodes
    .filter(isLayer)
    .toReversed()
    .map(({ outputs, operator }) => [outputs[0] as string, `${operator}, whose shape is no map of places`])

function isLayer(node: GraphNode): boolean {
  const { kind } = traitsOf(node)
  return kind === 'activation' || kind === 'biased-activation' || kind === 'convolution'
}

function row(graph: Graph, info: TensorInfo, name: string, why: string): LayerCandidate[] {
  const shape: Shape | undefined = info.find(name)?.shape
  return shape ? [{ name, operator: graph.producers.get(name)?.operator ?? 'Input', shape, why }] : []
}
