/** @file The explained graph: a model that answers with scores and finished maps in a single run; and the plain answer. */
import type { Builder } from '../graph/emit.ts'
import { type Dim, type Graph, type Shape, times, type Value } from '../graph/graph.ts'
import { eachLayer, type Layers, probabilities, type ReductionChoice } from '../graph/layers.ts'
import { type Probability, scoresBefore } from '../graph/scores.ts'
import type { Model } from '../graph/model.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { ImageLayout, Size } from '../core/pixels.ts'
import type { GraphMethod } from '../method/definition.ts'
import { finishedMap, type Fusion } from '../method/fusion.ts'
import type { OptionValues } from '../method/options.ts'
import type { PostProcessing } from '../method/post.ts'
import { classScores, type ClassTensor } from '../objective/class-nodes.ts'
import type { Objective } from '../objective/objective.ts'
import { assemble, type Assembly } from '../run/assemble.ts'
import { createGraphContext, type GraphContext } from '../run/graph-context.ts'
import type { ModelBytes } from '../runtime/runtime.ts'
import type { AnswerOutputs } from './answers.ts'

export interface ExplainedSettings {
  method: GraphMethod
  values: OptionValues
  post: PostProcessing
  /** How the maps of several feature layers become one. */
  fusion: Fusion
  /** Size of the network's input: that of the upsampled map. */
  size: Size
  /** The network's image input and its layout. */
  image: { name: string; layout: ImageLayout }
  layers: Layers
  /** What is explained of every image; each may be fed parameters of its own. */
  objectives: readonly Objective[]
  /** Whether the parameters of objectives are constants of the graph. Default: they are fed, so that one graph serves all classes. */
  fixed?: boolean
}

const ofObjective = ['chosen', 'score', 'moves', 'scale'] as const

/** T objectives, N images; without an axis T for a single objective. */
export interface ExplainedGraph extends Pick<Assembly, 'model' | 'addition' | 'parameters'>, AnswerOutputs {
  outputs: AnswerOutputs['outputs'] & {
    /** Maps before post-processing, float32 [N, T, h, w]. */
    raw: string
    /** float32 [N, T, height, width], or [N, T, h, w] without upsampling. */
    map: string
  }
  /**
   * By objective: the class that the graph chose, int64 [N]; the score where that is no class, float32 [N]; how far it could move with what
   * it was differentiated by, and the size of what it is made of, float32 [N].
   */
  objectives: readonly Readonly<Record<(typeof ofObjective)[number], string | undefined>>[]
  /** All outputs with their types and shapes. */
  values: Readonly<Record<string, Value>>
  featureShape: Shape
}

/** Appends everything from the class scores to the finished map. */
export function explainGraph(model: Model, info: TensorInfo, settings: ExplainedSettings): ExplainedGraph {
  const { graph } = model
  const { layers, method, values, post, fusion, size, image, objectives, fixed = false } = settings
  // the first output need not come in batches
  const batch = info.value(image.name).shape[0] as Dim
  // methods that look at the image alone have no layers to look at in turn
  const looked = method.family === 'cam' ? eachLayer(layers) : [layers]
  const assembly = assemble({ model, info, objectives, parameterBatch: fixed ? undefined : batch }, (g, written) => {
    const contexts = written.map((objective) =>
      looked.map((layer) => createGraphContext({ g, graph, info, layers: layer, image, objective })),
    )
    // the maps of all objectives are finished together, as if each were one of another image
    const raws = looked.map((_, layer) =>
      inRows(
        g,
        stacked(
          g,
          contexts.map((own) => method.map(own[layer] as GraphContext, values)),
        ),
      ),
    )
    const finished = finishedMap(g, raws, size, post, fusion)
    return {
      ...answerOutputs(model, info, g, layers.reduction),
      ...byObjective(
        'chosen',
        written.map(({ chosen }) => chosen?.()),
      ),
      ...byObjective(
        'score',
        contexts.map(([first], t) => (isClass(objectives[t] as Objective) ? undefined : first?.score)),
      ),
      // an exported graph answers with scores and maps alone
      ...(fixed ? {} : doubtful(contexts, objectives)),
      raw: byTarget(g, finished.raw, batch, objectives.length),
      map: byTarget(g, finished.map, batch, objectives.length),
    }
  })
  const answer = answerReading(model, assembly.outputs, layers.reduction)
  const name = (output: string): string => assembly.outputs[output]?.name ?? ''
  return {
    ...{ model: assembly.model, addition: assembly.addition, parameters: assembly.parameters, values: assembly.outputs },
    ...answer,
    outputs: { ...answer.outputs, raw: name('raw'), map: name('map') },
    objectives: objectives.map((_, t) => {
      const named = ofObjective.map((what) => [what, assembly.outputs[`${what} ${t}`]?.name] as const)
      return Object.fromEntries(named) as ExplainedGraph['objectives'][number]
    }),
    featureShape: info.value(layers.feature.name).shape,
  }
}

/** Whether a class has a score at each of several places. */
const hasPlaces = ({ shape, axis }: ReductionChoice): boolean => shape.some((dim, i) => i > 0 && i !== axis && dim !== 1)

/** Whether an objective is a single class, of which the network's own answer has the score. */
export const isClass = ({ index, chosen }: Objective): boolean => index !== undefined || chosen !== undefined

const byObjective = (what: string, values: readonly (Value | undefined)[]): Record<string, Value | undefined> =>
  Object.fromEntries(values.map((value, t) => [`${what} ${t}`, value]))

/** What tells a gradient from rounding, once the maps are written: at the deepest layer, where the gradient has come through least. */
function doubtful(contexts: readonly (readonly GraphContext[])[], objectives: readonly Objective[]): Record<string, Value | undefined> {
  const last = contexts.map((own) => own.at(-1))
  const moves = last.map((context) => context?.moves())
  return {
    ...byObjective('moves', moves),
    ...byObjective(
      'scale',
      // the score of a class is all that it is made of
      last.map((context, t) => (isClass(objectives[t] as Objective) ? undefined : moves[t] && context?.scale())),
    ),
  }
}

/** Class scores, and probabilities where the model makes them, as float32 [N, K]. */
function answerOutputs(
  { graph }: Model,
  info: TensorInfo,
  g: Builder,
  { name, axis, classes }: ReductionChoice,
): Record<string, Value | undefined> {
  // of numbers that are no scores of classes there is no answer to give
  if (!classes) return {}
  const logits = info.value(name)
  const known = probabilitiesAfter(graph, info, { name, axis })
  const output = (value: Value, over: 'sum' | 'mean'): Value => g.cast(classScores(g, value, axis, over), 'float32')
  return { logits: output(logits, 'sum'), probabilities: known && output(info.value(known.tensor), 'mean') }
}

/** Probabilities of the same shape that follow the scores; a softmax over another axis than that of the classes makes none. */
function probabilitiesAfter(graph: Graph, info: TensorInfo, { name, axis }: ClassTensor): ReturnType<typeof probabilities> {
  const after = probabilities(graph, name)
  const [own, its] = [info.value(name).shape, after && info.find(after.tensor)?.shape]
  if (!after || !its || own.length !== its.length || own.some((dim, i) => i > 0 && dim !== its[i]))
    return sameClasses(after, own, its, axis)
  const over = after.kind === 'sigmoid' ? axis : scoresBefore(graph, (tensor) => info.find(tensor)?.shape, after.tensor).probability?.axis
  return over === 0 && own.length > 1 ? undefined : after
}

/** Classes on axis 1 may have been put there in between, as by a Flatten. */
const sameClasses = (
  after: ReturnType<typeof probabilities>,
  own: Shape,
  its: Shape | undefined,
  axis: number | undefined,
): ReturnType<typeof probabilities> => (axis === 1 && its && its[1] === own[1] ? after : undefined)

/** How the outputs of `answerOutputs` are read. */
function answerReading(model: Model, outputs: Assembly['outputs'], reduction: ReductionChoice): AnswerOutputs {
  const known = outputs['probabilities']
  const probabilityKind: Probability | undefined = known && probabilities(model.graph, reduction.name)?.kind
  return {
    outputs: { logits: outputs['logits']?.name, probabilities: known?.name },
    probabilityKind,
    operator: reduction.operator,
    places: hasPlaces(reduction),
  }
}

/** The network's own answer, and tensors of it by name: a plain forward pass. */
export function answerModel(
  model: Model,
  info: TensorInfo,
  reduction: ReductionChoice,
  tensors: readonly string[] = [],
): AnswerOutputs & { model: ModelBytes } {
  const { model: derived, outputs } = assemble({ model, info, objectives: [], parameterBatch: 1 }, (g) => ({
    ...answerOutputs(model, info, g, reduction),
    ...Object.fromEntries(tensors.map((name) => [`tensor ${name}`, info.value(name)])),
  }))
  return { ...answerReading(model, outputs, reduction), model: derived }
}

/** [N, …] of every objective as [N, T, …]; a single one as it is. */
function stacked(g: Builder, maps: readonly Value[]): Value {
  if (maps.length === 1) return maps[0] as Value
  return g.concat(
    maps.map((map) => g.reshape(map, [map.shape[0] as Dim, 1, ...map.shape.slice(1)])),
    1,
  )
}

/** Maps [N, T, h, w] as [N·T, h, w]; those of a single objective as they are. */
function inRows(g: Builder, maps: Value): Value {
  if (maps.shape.length === 3) return maps
  const [batch, targets, height, width] = maps.shape as [Dim, number, number, number]
  return g.reshape(maps, [times(batch, targets), height, width])
}

/** The reverse. */
const byTarget = (g: Builder, rows: Value, batch: Dim, targets: number): Value =>
  targets === 1 ? rows : g.reshape(rows, [batch, targets, ...rows.shape.slice(1)])
