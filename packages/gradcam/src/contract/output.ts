/** @file What an output of a model holds, as far as names, shapes and the nodes before it tell. */
import type { Graph, Shape } from '../graph/graph.ts'
import { traitsOf } from '../graph/operators.ts'
import { type Scores, scoresBefore } from '../graph/scores.ts'
import { fact } from './fact.ts'
import type { Looked, Output, OutputContract, OutputHints, OutputKind } from './output-kind.ts'
import { ofMap, ofRows, type Placed } from './output-places.ts'
import { ofNumber, ofVector } from './output-vector.ts'
import { probabilityMade } from './probabilities.ts'

/** Facts of all outputs, in their order. `shapeOf`: what is known of a tensor's shape, beside what is declared. */
export function outputContracts(graph: Graph, shapeOf: (name: string) => Shape | undefined, hints: OutputHints): OutputContract[] {
  const known = (name: string): Shape | undefined => shapeOf(name) ?? graph.declared.get(name)?.shape
  const images = imageShape(graph, known)
  return graph.outputs.map(({ name, type, shape: declared }) => {
    const own = shapeOf(name) ?? declared
    const whole = own && own.length <= 1 ? withBatch(graph, known, name, images?.[0]) : undefined
    const shape = whole?.shape ?? own
    const scores = scoresBefore(graph, known, whole?.name ?? name)
    const named = byName.find(([pattern]) => pattern.test(name))?.[1]
    const batch = batchAxis(shape, images?.[0])
    const output = { ...hints, graph, name, type, shapeOf: known, scores, named, batch }
    const { kind, axis } = shape ? look({ ...output, shape }, images) : withoutShape(output)
    const count = axis === undefined ? undefined : shape?.[axis]
    const fault = faultOf(scores, shape)
    return {
      ...{ name, type, shape: own, kind, batch },
      classes: axis !== undefined && typeof count === 'number' ? { axis, count } : undefined,
      scores: scoresOf({ ...output, shape: shape ?? [] }, axis),
      ...(fault === undefined ? {} : { fault }),
    }
  })
}

/** The tensor that still has the images on its first axis, where an output has lost it to a Squeeze: a batch of one alone can. */
function withBatch(
  graph: Graph,
  shapeOf: (name: string) => Shape | undefined,
  output: string,
  batch: Shape[number] | undefined,
): { name: string; shape: Shape } | undefined {
  let name = output
  for (let node = graph.producers.get(name); node; node = graph.producers.get(name)) {
    const shape = shapeOf(name)
    if (shape && shape.length > 0 && (shape[0] === batch || shape[0] === 1)) return name === output ? undefined : { name, shape }
    const { moves } = traitsOf(node)
    if (moves !== 'reshapes' && moves !== 'copies') return undefined
    name = node.inputs[0] ?? ''
  }
  return undefined
}

/** Kinds that are told by the output's name. */
const byName: readonly (readonly [RegExp, OutputKind])[] = [
  [/embed|feature|pooler|hidden_state|descriptor/i, 'embedding'],
  [/box|bbox|dets?$|loc$/i, 'boxes'],
  [/depth|disparity/i, 'depth'],
  [/key_?points?|landmark|kpts?|joints?|heat_?maps?/i, 'keypoints'],
  [/mask/i, 'mask'],
]

/** The shape of the input that takes the image. */
function imageShape(graph: Graph, shapeOf: (name: string) => Shape | undefined): Shape | undefined {
  const shapes = graph.inputs.map(({ name, shape }) => ({ name, shape: shapeOf(name) ?? shape }))
  const image = shapes.find(({ name }) => name === graph.image) ?? shapes.find(({ shape }) => shape?.length === 4) ?? shapes[0]
  return image?.shape
}

/** The axis of the images: the first, unless its size says otherwise. */
function batchAxis(shape: Shape | undefined, batch: Shape[number] | undefined): number | undefined {
  const [first, second] = shape ?? []
  if (first === undefined) return shape ? undefined : 0
  const same = (dim: Shape[number] | undefined): boolean => typeof dim === 'string' || batch === undefined || dim === batch
  if (same(first) || (typeof batch === 'string' && first === 1 && (shape?.length ?? 0) > 1)) return 0
  return shape?.length === 3 && second !== undefined && (second === batch || (typeof second === 'string' && typeof batch === 'string'))
    ? 1
    : undefined
}

/** No shape is declared: what is computed, and the name, tell what they can. */
function withoutShape(output: Omit<Output, 'shape'>): Looked {
  const { name, type, named } = output
  if (isNoScore(type)) return look({ ...output, shape: [] }, undefined)
  const made = probabilityMade(output.scores)
  if (made) return { kind: made }
  return { kind: named ? fact(named, 'convention', `its name, ${name}`) : fact('unknown', 'assumed', 'its shape is not declared') }
}

// 8 bits are scores of a quantised network, more of them indices
const isNoScore = (type: string | undefined): boolean => type === undefined || type === 'string' || /^u?int(16|32|64)$/.test(type)

function look(output: Output, images: Shape | undefined): Looked {
  const { type, shape, name, named, scores, graph } = output
  if (type === undefined || type === 'string')
    return { kind: fact('classes', 'graph', 'a sequence, a map or text, which no gradient reaches') }
  // whichever type a choice is cast to
  if (isNoScore(type) || scores.chosen?.node.operator === 'ArgMax') return ofWhole(output)
  if (graph.producers.get(name)?.operator === 'TopK' || scores.chosen?.node.operator === 'TopK')
    return { kind: fact('ranked', 'graph', `${scores.chosen?.node.name ?? name} (TopK)`) }
  const places = shape.flatMap((dim, axis) => (axis !== (output.batch ?? -1) && dim !== 1 ? [axis] : []))
  const placed: Placed = { ...output, images, places }
  if (places.length === 0) return ofNumber(output)
  if (places.length === 1 && output.batch !== 1) return ofVector(output, places[0] as number)
  if (named && shape.length >= 3) return { kind: fact(named, 'convention', `its name, ${name}`) }
  return shape.length <= 3 ? ofRows(placed) : ofMap(placed)
}

/** Whole numbers: indices. */
function ofWhole({ graph, name, shape, scores }: Output): Looked {
  const maker = scores.chosen?.node ?? graph.producers.get(name)
  const known = maker?.operator === 'ArgMax' || maker?.operator === 'TopK'
  const from = known ? `${maker.name} (${maker.operator})` : 'whole numbers'
  return { kind: fact(shape.length > 2 ? 'class-map' : 'classes', known ? 'graph' : 'convention', from) }
}

/** The tensor of scores with the axis of the classes: what chooses or normalises them tells it, else the output's own axis. */
function scoresOf(output: Output, axis: number | undefined): OutputContract['scores'] {
  const { scores, name, shapeOf, labels } = output
  const { tensor, chosen, probability } = scores
  const why = whyOf(scores)
  if (tensor === name) return axis === undefined ? undefined : { tensor, axis, why }
  const shape = shapeOf(tensor)
  const told = chosen?.axis ?? (probability?.axis === 0 ? undefined : probability?.axis)
  if (told !== undefined && told > 0 && (!shape || told < shape.length)) return { tensor, axis: told, why }
  if (!shape) return { tensor, axis, why }
  const fits = shape.flatMap((dim, i) => (i > 0 && dim === labels ? [i] : []))
  const several = shape.flatMap((dim, i) => (i > 0 && dim !== 1 ? [i] : []))
  const only = several.length === 1 ? several[0] : undefined
  const same = shape.length === output.shape.length ? axis : several.length === 0 ? undefined : 1
  return { tensor, axis: fits[0] ?? only ?? same, why }
}

/** Why scores are read at a tensor. */
function whyOf({ probability, chosen, quantised }: Scores): string {
  if (probability) return `logits: the input of the ${probability.kind} at the end`
  const end = chosen?.node ?? quantised
  return end ? `scores: the input of the ${end.operator} at the end` : 'output of the model'
}

/** A softmax that runs over something else than the classes. */
function faultOf({ probability }: Scores, shape: Shape | undefined): string | undefined {
  if (probability?.kind !== 'softmax' || probability.axis !== 0 || (shape && shape.length < 2)) return undefined
  return `${probability.node.name} (${probability.node.operator}) runs over axis 0, the images: its probabilities do not sum to 1 over the classes`
}
