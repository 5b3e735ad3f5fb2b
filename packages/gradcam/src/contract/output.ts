/** @file What an output of a model holds, as far as names, shapes and the nodes before it tell. */
import { type Graph, type Shape, shapeText } from '../graph/graph.ts'
import { type Fact, fact } from './fact.ts'
import { probabilitiesBefore } from './probabilities.ts'

/**
 * What an output holds. `percent`: probabilities times 100; `detections`: boxes and their scores in one tensor; `class-map`: the class of
 * each pixel; `classes`: indices or names of classes.
 */
export type OutputKind =
  | 'logits'
  | 'probabilities'
  | 'percent'
  | 'value'
  | 'embedding'
  | 'boxes'
  | 'scores'
  | 'detections'
  | 'segmentation'
  | 'class-map'
  | 'mask'
  | 'depth'
  | 'keypoints'
  | 'sequence'
  | 'classes'
  | 'unknown'

/** An output of a model. Plain data: JSON holds it. */
export interface OutputContract {
  name: string
  type: string | undefined
  shape: Shape | undefined
  kind: Fact<OutputKind>
  /** Axis of the classes, and how many there are; undefined where the output has none. */
  classes: { axis: number; count: number } | undefined
}

/** Facts of all outputs, in their order. `shapeOf`: what is known of a tensor's shape. `labels`: how many. */
export const outputContracts = (graph: Graph, shapeOf: (name: string) => Shape | undefined, labels: number): OutputContract[] =>
  graph.outputs.map(({ name, type, shape: declared }) => {
    const shape = shapeOf(name) ?? declared
    const output = { graph, name, type, labels }
    const { kind, axis } = shape ? look({ ...output, shape }) : withoutShape(output)
    const count = axis === undefined ? undefined : shape?.[axis]
    return { name, type, shape, kind, classes: axis !== undefined && typeof count === 'number' ? { axis, count } : undefined }
  })

interface Output {
  graph: Graph
  name: string
  type: string | undefined
  shape: Shape
  labels: number
}

interface Looked {
  kind: Fact<OutputKind>
  axis?: number
}

/** Kinds that are told by the output's name. */
const byName: readonly (readonly [RegExp, OutputKind])[] = [
  [/embed|feature|pooler|hidden_state|descriptor/i, 'embedding'],
  [/box|bbox|dets?$|loc$/i, 'boxes'],
  [/depth|disparity/i, 'depth'],
  [/key_?points?|landmark|kpts?|joints?|heat_?maps?/i, 'keypoints'],
  [/mask/i, 'mask'],
]

/** No shape is declared: what is computed, and the name, tell what they can. */
function withoutShape(output: Omit<Output, 'shape'>): Looked {
  const { graph, name, type } = output
  if (isNoScore(type)) return look({ ...output, shape: [] })
  const made = probabilitiesBefore(graph, name)
  if (made) return { kind: fact(made.kind, 'graph', made.from) }
  const named = byName.find(([pattern]) => pattern.test(name))?.[1]
  return { kind: named ? fact(named, 'convention', `its name, ${name}`) : fact('unknown', 'assumed', 'its shape is not declared') }
}

// 8 bits are scores of a quantised network, more of them indices
const isNoScore = (type: string | undefined): boolean => type === undefined || type === 'string' || /^u?int(16|32|64)$/.test(type)

function look(output: Output): Looked {
  const { type, shape, name } = output
  if (type === undefined || type === 'string')
    return { kind: fact('classes', 'graph', 'a sequence, a map or text, which no gradient reaches') }
  if (isNoScore(type)) return ofWhole(output)
  const places = shape.flatMap((dim, axis) => ((axis > 0 || shape.length === 1) && dim !== 1 ? [axis] : []))
  const named = byName.find(([pattern]) => pattern.test(name))?.[1]
  if (places.length === 0) return ofNumber(output)
  if (places.length === 1) return ofVector(output, places[0] as number, named)
  if (named && shape.length >= 3) return { kind: fact(named, 'convention', `its name, ${name}`) }
  return shape.length === 3 ? ofRows(output) : ofMap(output, places)
}

/** Whole numbers: indices. */
function ofWhole({ graph, name, shape }: Output): Looked {
  const maker = graph.producers.get(name)
  const from = maker?.operator === 'ArgMax' ? `${maker.name} (ArgMax)` : 'whole numbers'
  return { kind: fact(shape.length > 2 ? 'class-map' : 'classes', maker?.operator === 'ArgMax' ? 'graph' : 'convention', from) }
}

/** One number: a probability, or a value. */
function ofNumber({ graph, name, shape }: Output): Looked {
  const made = probabilitiesBefore(graph, name)
  if (made) return { kind: fact(made.kind, 'graph', made.from) }
  return { kind: fact('value', 'convention', `one number, ${shapeText(shape)}`) }
}

/** One axis of several values. */
function ofVector({ graph, name, shape, labels }: Output, axis: number, named: OutputKind | undefined): Looked {
  const made = probabilitiesBefore(graph, name)
  if (made) return { kind: fact(made.kind, 'graph', made.from), axis }
  if (labels > 0 && shape[axis] === labels) return { kind: fact('logits', 'convention', 'as many values as labels'), axis }
  if (named) return { kind: fact(named, 'convention', `its name, ${name}`) }
  if (/logit|score|class|prob/i.test(name)) return { kind: fact('logits', 'convention', `its name, ${name}`), axis }
  return { kind: fact('logits', 'assumed', `a vector, ${shapeText(shape)}`, ['embedding', 'value']), axis }
}

/** [N, rows, columns]: candidates of a detector, places of a segmentation, steps of a sequence. */
function ofRows({ graph, name, shape, labels }: Output): Looked {
  const [, a, b] = shape
  if (b === 4) return { kind: fact('boxes', 'convention', 'rows of four numbers') }
  const extra = [4, 5, 6].find((more) => labels > 0 && (a === labels + more || b === labels + more))
  if (extra !== undefined) return { kind: fact('detections', 'convention', `${extra} more values than labels for each candidate`) }
  if (b === labels || b === labels + 1)
    return { kind: fact('scores', 'convention', 'a row of as many scores as labels for each candidate'), axis: 2 }
  if (recurrent(graph, name)) return { kind: fact('sequence', 'graph', 'a recurrent layer lies before it') }
  return {
    kind: fact('unknown', 'assumed', `neither name nor shape, ${shapeText(shape)}, tells`, ['scores', 'detections', 'sequence', 'depth']),
  }
}

function recurrent(graph: Graph, name: string): boolean {
  let node = graph.producers.get(name)
  for (let depth = 0; node && depth < 32; depth++) {
    if (['LSTM', 'GRU', 'RNN'].includes(node.operator)) return true
    node = graph.producers.get(node.inputs[0] ?? '')
  }
  return false
}

/** [N, C, H, W] or [N, H, W, C]. */
function ofMap({ shape, labels }: Output, places: readonly number[]): Looked {
  const axis = shape.findIndex((dim, i) => i > 0 && labels > 0 && dim === labels)
  if (axis > 0) return { kind: fact('segmentation', 'convention', 'as many channels as labels, at each place'), axis }
  if (places.length === 2) return { kind: fact('mask', 'assumed', 'one number at each place', ['depth', 'segmentation']) }
  const channels = shape.length === 4 && typeof shape[3] === 'number' && typeof shape[1] === 'number' && shape[3] < shape[1] ? 3 : 1
  return {
    kind: fact('segmentation', 'assumed', `several numbers at each place, ${shapeText(shape)}`, ['embedding', 'detections']),
    axis: channels,
  }
}
