/** @file What a procedure gets to work with: one image, one target, forwards to run, and how to be polite about it. */
import { repeated } from '../core/batch.ts'
import { listenForCancelling } from '../core/cancellation.ts'
import { GradcamError } from '../core/errors.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Shape } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import type { Session } from '../runtime/runtime.ts'
import { castFloat32, sizeOf, type Tensor, toFloat32 } from '../core/tensor.ts'
import { type Progress, noProgress } from '../core/progress.ts'
import { type FeedSpec, type ForwardContext, type ForwardModel, forwardModel, type ForwardSpec } from './forward-model.ts'

/** The rows of one feed for one batch. */
export type Rows = Readonly<Record<string, Float32Array>>

export interface Forward {
  /** Items that run together. */
  readonly batchSize: number
  /** Shapes of the outputs, [N, …]. */
  readonly shapes: Readonly<Record<string, Shape>>
  /**
   * Runs `count` items in batches. `feeds` gives the values for items `from` … `from + size − 1` (feeds for all: the one
   * value); `take` is handed the outputs of these items, and may end the loop by returning 'stop'.
   */
  each(
    count: number,
    feeds: (from: number, size: number) => Rows,
    take: (outputs: Rows, from: number, size: number) => 'stop' | undefined | void,
    /** Instead of the task's own progress. */
    progress?: Progress,
  ): Promise<void>
  /** All items at once: outputs one after the other. */
  run(count: number, feeds: (from: number, size: number) => Rows, progress?: Progress): Promise<Rows>
}

/** What one forward pass tells. */
export interface ForwardResult {
  /** Score of the whole image. */
  score: number
  /** Feature map, rows of [C, h, w]; class and register tokens dropped. */
  activations: Float32Array
  channels: number
  height: number
  width: number
}

export interface RunContext {
  /** The image as the network takes it: float32, rows of [C, H, W]. */
  readonly image: { data: Float32Array; channels: number; height: number; width: number }
  /** The values that black and white pixels have after preprocessing, per channel; undefined where they are not known. */
  readonly range: { black: readonly number[]; white: readonly number[] } | undefined
  /** Whether the class scores are meant to go through a softmax that the model leaves out. */
  readonly impliedSoftmax: boolean
  readonly layers: Layers
  readonly info: TensorInfo
  readonly context: ForwardContext
  /** Seed of everything random. */
  readonly seed: number
  readonly signal: AbortSignal | undefined
  readonly progress: Progress
  /** Score and features of the image as it is: one forward pass, however often it is asked for. */
  whole(): Promise<ForwardResult>
  forward(spec: ForwardSpec): Promise<Forward>
}

export interface RunContextSource {
  context: ForwardContext
  /** Everything that the network is fed for this image, one image each ([1, …]). */
  feeds: Readonly<Record<string, Tensor>>
  /** The feature layer, [1, …], where a forward pass was done already. */
  features?: Tensor
  image: RunContext['image']
  range: RunContext['range']
  impliedSoftmax: boolean
  seed: number
  signal: AbortSignal | undefined
  progress: Progress
  /** Opens a model once per key. */
  open(key: string, make: () => ForwardModel): Promise<{ made: ForwardModel; session: Session }>
}

// intermediate tensors of a batch may take this much together
const batchBytes = 2 ** 29
// beyond it a forward pass gains nothing per image (bench/methods.mjs); what follows the features is mostly a product with weights
const largestBatch = { image: 16, features: 64 } as const

/** The world of one procedure. */
export function createRunContext(source: RunContextSource): RunContext {
  const { context, image, range, impliedSoftmax, seed, signal, progress } = source
  const { info, layers, objective } = context
  let seen: ReturnType<typeof readWhole> | undefined
  const see = (): ReturnType<typeof readWhole> => (seen ??= readWhole(source, forward))
  const baseOf = async (of: 'image' | 'features'): Promise<Tensor> =>
    of === 'image' ? (source.feeds[context.image.name] as Tensor) : (source.features ?? (await see()).features)
  const forward: RunContext['forward'] = async (spec) => {
    const { made, session } = await source.open(`${objective.key} ${spec.key}`, () => forwardModel(context, spec))
    const base = session.inputs.some(({ name }) => name === made.base.name) ? await baseOf(made.base.of) : undefined
    const batch = info.value(context.image.name).shape[0]
    const fixed = typeof batch === 'number' && !spec.shared ? batch : undefined
    return createForward({
      source,
      made,
      session,
      base,
      batchSize: fixed ?? (spec.shared ? sharedBatch(context) : batchSize(context, made.base.of)),
      fixed: fixed !== undefined,
    })
  }
  return {
    ...{ image, range, impliedSoftmax, layers, info, context, seed, signal, progress },
    whole: async () => (await see()).whole,
    forward,
  }
}

/** As many images as fit, by the sizes of all tensors that are computed. */
function batchSize({ model, info, layers, image }: ForwardContext, from: 'image' | 'features'): number {
  const bytesOf = (name: string): number => 4 * sizeOf((info.find(name)?.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1)))
  // what is put in place of the image or the features
  let bytes = bytesOf(from === 'image' ? image.name : layers.feature.name)
  let behind = from === 'image'
  for (const { outputs } of model.graph.nodes) {
    if (behind) for (const name of outputs) bytes += bytesOf(name)
    if (outputs.includes(layers.feature.name)) behind = true
  }
  return Math.max(1, Math.min(largestBatch[from], Math.floor(batchBytes / Math.max(bytes, 1))))
}

/** The features are there once; their gradient is there for each item, perhaps at every place. */
const sharedBatch = ({ info, layers }: ForwardContext): number => {
  const bytes = 4 * sizeOf(info.value(layers.feature.name).shape.slice(1).map(Number))
  return Math.max(1, Math.min(1024, Math.floor(batchBytes / (4 * bytes))))
}

/** The image's score and features; the feature layer in its own layout and type, too. */
async function readWhole(source: RunContextSource, open: RunContext['forward']): Promise<{ whole: ForwardResult; features: Tensor }> {
  const { info, layers } = source.context
  const { name, type, shape } = info.value(layers.feature.name)
  const { height, width } = layers.feature.layout
  const outputs: ForwardSpec['outputs'] = ({ g, score, activations }) => ({
    ...{ score, activations, features: g.cast(info.value(name), 'float32') },
  })
  // where the features are known only what follows them is run
  const pass = await open(
    source.features
      ? { key: 'whole, from features', features: (g) => g.floats([1], [1, 1, 1, 1], 'float32'), outputs }
      : { key: 'whole', outputs },
  )
  const none = new Float32Array()
  const { score = none, activations = none, features = none } = await pass.run(1, () => ({}), noProgress)
  return {
    whole: { score: score[0] ?? Number.NaN, activations, channels: activations.length / (height * width), height, width },
    features: castFloat32(features, type, [1, ...shape.slice(1).map(Number)]),
  }
}

interface ForwardSource {
  source: RunContextSource
  made: ForwardModel
  session: Session
  base: Tensor | undefined
  batchSize: number
  /** Whether every run must be as long as that: it is filled up. */
  fixed: boolean
}

function createForward({ source, made, session, base, batchSize, fixed }: ForwardSource): Forward {
  const wanted = new Set(session.inputs.map(({ name }) => name))
  /** Everything that is the same for every item, for a batch of that many. */
  const standing = (size: number): Record<string, Tensor> => {
    const feeds: Record<string, Tensor> = {}
    for (const [name, tensor] of Object.entries(source.feeds)) if (wanted.has(name)) feeds[name] = repeated(tensor, size)
    for (const [name, input] of Object.entries(made.parameters))
      if (wanted.has(input)) feeds[input] = source.context.objective.feeds[name] as Tensor
    if (base) feeds[made.base.name] = made.base.each ? repeated(base, size) : base
    return feeds
  }
  const batch = async (size: number, rows: Rows, shared: Record<string, Tensor>): Promise<Rows> => {
    const feeds = { ...shared }
    for (const [name, { name: input, spec }] of Object.entries(made.feeds)) {
      if (wanted.has(input)) feeds[input] = rowsOf(name, spec, rows[name], size, fixed ? batchSize : size)
    }
    const run = await session.run(feeds)
    const outputs: Record<string, Float32Array> = {}
    for (const [name, output] of Object.entries(made.outputs)) {
      const tensor = run[output]
      if (!tensor) throw new GradcamError('internal', `the run did not return ${name}`, { hint: 'please report this with the model' })
      const values = toFloat32(tensor)
      const length = values.length / (tensor.dims[0] ?? 1)
      outputs[name] = values.subarray(0, size * length)
    }
    return outputs
  }
  const each: Forward['each'] = async (count, feeds, take, progress = source.progress) => {
    let shared: { size: number; feeds: Record<string, Tensor> } | undefined
    for (let from = 0; from < count; from += batchSize) {
      await listenForCancelling(source.signal)
      const size = Math.min(batchSize, count - from)
      if (shared?.size !== size) shared = { size, feeds: standing(fixed ? batchSize : size) }
      const verdict = take(await batch(size, feeds(from, size), shared.feeds), from, size)
      progress(from + size, count)
      if (verdict === 'stop') return
    }
  }
  return {
    batchSize,
    shapes: made.shapes,
    each,
    async run(count, feeds, progress) {
      const outputs: Record<string, Float32Array> = {}
      const take = (rows: Rows, from: number, size: number): void => {
        for (const [name, values] of Object.entries(rows)) {
          const length = values.length / size
          const whole = (outputs[name] ??= new Float32Array(count * length))
          whole.set(values, from * length)
        }
      }
      await each(count, feeds, take, progress)
      return outputs
    },
  }
}

/** The values of a feed as a tensor; a fixed batch is filled up with the first item. */
function rowsOf(name: string, { shape, each }: FeedSpec, values: Float32Array | undefined, size: number, batch: number): Tensor {
  const length = sizeOf(shape)
  if (values?.length !== (each ? size : 1) * length) throw new Error(`${values?.length ?? 'no'} values for ${size} items of ${name}`)
  if (!each) return { type: 'float32', dims: [1, ...shape], data: values }
  if (batch === size) return { type: 'float32', dims: [size, ...shape], data: values }
  const data = new Float32Array(batch * length)
  for (let i = 0; i < batch; i++)
    data.set(i < size ? values.subarray(i * length, (i + 1) * length) : values.subarray(0, length), i * length)
  return { type: 'float32', dims: [batch, ...shape], data }
}
