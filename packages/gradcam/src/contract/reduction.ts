/** @file The reduction layer: the tensor that scores are read from, named or found. */
import { GradcamError } from '../core/errors.ts'
import { behindCustom, customRefusal } from '../graph/custom-operators.ts'
import { type Graph, isFloat, type Shape, type Value } from '../graph/graph.ts'
import { candidate, type LayerOptions, named, type ReductionChoice } from '../graph/layers.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { type NetworkAnswer, answerOf } from './answer.ts'
import type { OutputHints } from './output-kind.ts'

const maxRunnersUp = 4

/**
 * The layer whose score is differentiated: the named one, or that of the network's answer.
 *
 * @throws GradcamError `unknown-layer`, `unsupported-model` where no output comes of numbers
 */
export function chooseReduction(
  graph: Graph,
  info: TensorInfo,
  { reductionLayer }: LayerOptions,
  { scores, others, by, outputs }: NetworkAnswer,
  labels: number,
): ReductionChoice {
  if (reductionLayer !== undefined) {
    const value = named(graph, info, reductionLayer, 'reduction')
    const own = outputs.find(({ name }) => name === value.name)?.classes?.axis ?? (scores?.tensor === value.name ? scores.axis : undefined)
    return { ...candidate(graph, value, 'named by you'), runnersUp: [], axis: own ?? classAxis(value.shape, labels), classes: true }
  }
  const value = scores && info.find(scores.tensor)
  const custom = value ? undefined : behindCustom(graph)
  if (custom && graph.outputs.some(({ name }) => custom.has(name))) throw customRefusal(graph)
  if (!scores || !value || !isFloat(value.type))
    throw new GradcamError('unsupported-model', 'the model has no float output', {
      hint: `\`explain\` takes a float tensor inside it: ${lastFloats(graph, info)}`,
    })
  const runnersUp = others.flatMap(({ tensor, why }): [Value, string][] => {
    const other = info.find(tensor)
    return other && isFloat(other.type) ? [[other, why]] : []
  })
  return {
    ...candidate(graph, value, scores.why),
    runnersUp: runnersUp.slice(0, maxRunnersUp).map(([other, why]) => candidate(graph, other, why)),
    axis: scores.axis,
    classes: by === 'class' || by === 'places',
  }
}

/** The last tensors that could be named. */
function lastFloats(graph: Graph, info: TensorInfo): string {
  const floats = graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => isFloat(info.find(name)?.type) && !info.constant(name)))
  const names = floats.slice(-maxRunnersUp).toReversed()
  return names.length === 0 ? '`reductionLayer`' : names.map((name) => `\`reductionLayer: '${name}'\``).join(' or ')
}

/** The axis of the classes of a tensor that was named: the one that fits the labels, the only one with several values, else axis 1. */
function classAxis(shape: Shape, labels: number): number | undefined {
  const several = shape.flatMap((dim, axis) => (axis > 0 && dim !== 1 ? [axis] : []))
  const fits = several.filter((axis) => labels > 0 && shape[axis] === labels)
  if (shape.length < 2) return undefined
  if (shape[1] === 1 || fits.length > 0) return fits[0] ?? (several.length === 1 && shape.length !== 4 ? several[0] : 1)
  return 1
}

/** The reduction layer of a graph of which nothing else is known than its shapes. */
export const reductionOf = (
  graph: Graph,
  info: TensorInfo,
  options: LayerOptions = {},
  hints: OutputHints = { labels: 0 },
): ReductionChoice =>
  chooseReduction(
    graph,
    info,
    options,
    answerOf(graph, (name) => info.find(name), hints),
    hints.labels,
  )
