/** @file What a method of several runs works with: one image, one objective, the network, and forward passes to compile. */
import type { ImageValues, Size } from '../core/pixels.ts'
import { noProgress, type Progress } from '../core/progress.ts'
import { castFloat32, type Tensor } from '../core/tensor.ts'
import type { Graph } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { ValueRange } from '../model/preprocessing.ts'
import type { Objective } from '../objective/objective.ts'
import type { Session } from '../runtime/runtime.ts'
import { batchSize, sharedBatchSize } from './batch-size.ts'
import { createForward, type Forward } from './forward.ts'
import { type ForwardContext, type ForwardModel, forwardModel, type ForwardSpec } from './forward-model.ts'

/** What one forward pass of the unchanged image gives. */
export interface ForwardResult extends Size {
  score: number
  /** Feature map, rows of [C, h, w]; class and register tokens dropped. */
  activations: Float32Array
  channels: number
}

/** The score of the unchanged image, and the size of what it is made of: beside that rounding is told from change. */
export interface ScoreResult {
  score: number
  scale: number | undefined
}

/** What a method of many runs works with. */
export interface RunContext {
  readonly graph: Graph
  readonly info: TensorInfo
  readonly layers: Layers
  /** What is explained. */
  readonly objective: Objective
  /** The image as the network takes it: float32, rows of [C, H, W]. */
  readonly image: ImageValues
  /** The network's input that takes the image. */
  readonly imageInput: string
  /** The values of black and white pixels after preprocessing; undefined where that is unknown. */
  readonly range: ValueRange | undefined
  /** Whether the class scores are meant to go through a softmax that the model leaves out. */
  readonly impliedSoftmax: boolean
  /** Seed of everything random. */
  readonly seed: number
  readonly signal: AbortSignal | undefined
  readonly progress: Progress
  /** The objective's score, and the size of what it is made of where that can be told: one forward pass, run once. */
  scoreResult(): Promise<ScoreResult>
  /** Score and features of the unchanged image: one forward pass, run once. */
  forwardResult(): Promise<ForwardResult>
  /** Compiles a forward pass with something put in place of the image or its features. */
  forward(spec: ForwardSpec): Promise<Forward>
}

export interface RunContextSource extends Pick<RunContext, 'image' | 'range' | 'impliedSoftmax' | 'seed' | 'signal' | 'progress'> {
  context: ForwardContext
  /** Everything that the network is fed for this image, one image each ([1, …]). */
  feeds: Readonly<Record<string, Tensor>>
  /** The feature layer, [1, …], where a forward pass was done already. */
  features?: Tensor
  /** Makes a model once per key; its session is opened for so many runs as it is to do. */
  open(key: string, make: () => ForwardModel): Promise<{ made: ForwardModel; session(runs: number): Promise<Session> }>
}

export function createRunContext(source: RunContextSource): RunContext {
  const { context, image, range, impliedSoftmax, seed, signal, progress } = source
  const { model, info, layers, objective } = context
  let scored: Promise<ScoreResult> | undefined
  let read: ReturnType<typeof readResult> | undefined
  const result = (): ReturnType<typeof readResult> => (read ??= readResult(source, forward))
  const forward: RunContext['forward'] = async (spec) => {
    const { made, session } = await source.open(`${objective.key} ${spec.key}`, () => forwardModel(context, spec))
    const { of } = made.base
    const base = async (): Promise<Tensor | undefined> =>
      of === 'image' ? source.feeds[context.image.name] : (source.features ?? (await result()).features)
    const parameters = Object.entries(made.parameters).map(([parameter, input]) => [input, objective.feeds[parameter] as Tensor])
    const batch = info.value(context.image.name).shape[0]
    const fixed = typeof batch === 'number' && !spec.shared ? batch : undefined
    return createForward({
      ...{ made, session, base, signal, progress, feeds: source.feeds, parameters: Object.fromEntries(parameters) },
      batchSize: fixed ?? (spec.shared ? sharedBatchSize(context) : batchSize(context, of)),
      fixed: fixed !== undefined,
    })
  }
  return {
    ...{ graph: model.graph, info, layers, objective, image, imageInput: context.image.name },
    ...{ range, impliedSoftmax, seed, signal, progress },
    scoreResult: () => (scored ??= readScore(forward)),
    forwardResult: async () => (await result()).result,
    forward,
  }
}

async function readScore(open: RunContext['forward']): Promise<ScoreResult> {
  const outputs: ForwardSpec['outputs'] = (context) => {
    const scale = context.scale()
    return { score: context.score, ...(scale ? { scale } : {}) }
  }
  const { score, scale } = await (await open({ key: 'score', outputs })).run(1, () => ({}), noProgress)
  return { score: score?.[0] ?? Number.NaN, scale: scale?.[0] }
}

/** The image's score and features; the feature layer in its own layout and type, too. */
async function readResult(source: RunContextSource, open: RunContext['forward']): Promise<{ result: ForwardResult; features: Tensor }> {
  const { info, layers } = source.context
  const { name, type, shape } = info.value(layers.feature.name)
  const { height, width } = layers.feature.layout
  const outputs: ForwardSpec['outputs'] = ({ g, score, activations }) => ({
    ...{ score, activations, features: g.cast(info.value(name), 'float32') },
  })
  // where the features are known, only what follows them is run
  const pass = await open(
    source.features
      ? { key: 'unchanged, from features', features: (g) => g.floats([1], [1, 1, 1, 1], 'float32'), outputs }
      : { key: 'unchanged', outputs },
  )
  const none = new Float32Array()
  const { score = none, activations = none, features = none } = await pass.run(1, () => ({}), noProgress)
  return {
    result: { score: score[0] ?? Number.NaN, activations, channels: activations.length / (height * width), height, width },
    features: castFloat32(features, type, [1, ...shape.slice(1).map(Number)]),
  }
}
