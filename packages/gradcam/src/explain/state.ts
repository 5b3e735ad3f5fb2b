/** @file What an explainer keeps between calls: the model, the runtime, shapes that were learnt, and open sessions. */
import { type NetworkAnswer, answerOf } from '../contract/answer.ts'
import { namesBackground } from '../contract/detectors/class-numbers.ts'
import type { Explainable } from '../contract/explainable.ts'
import { type Fact, fact, type Origin } from '../contract/fact.ts'
import { type KnownPreparation, preparationOf, type PreparationPlaces } from '../contract/preparation.ts'
import type { OutputHints } from '../contract/output-kind.ts'
import { chooseReduction } from '../contract/reduction.ts'
import { findSize, usualSide } from '../contract/sizes.ts'
import { letEventsIn } from '../core/cancellation.ts'
import { type Digest, sha256 as webSha256 } from '../core/digest.ts'
import type { Warning } from '../core/errors.ts'
import type { Size } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import type { LayerOptions, ReductionChoice } from '../graph/layers.ts'
import type { Graph } from '../graph/graph.ts'
import type { Model } from '../graph/model.ts'
import { learnTensorInfo } from '../graph/learn-tensor-info.ts'
import { keptForModel } from './kept-facts.ts'
import type { InputShapes, TensorInfo } from '../graph/tensor-info.ts'
import { finalSize, type Preprocessing } from '../model/preprocessing.ts'
import { createPool, type Lease, type Pool } from '../runtime/pool.ts'
import type { ModelBytes, Runtime, Session } from '../runtime/runtime.ts'
import { imageInputOf, type NamedImageInput } from './inputs.ts'
import { deviceOf, type UsedDevice } from './used-device.ts'

/** What is known about a network beside its graph. */
export interface NetworkInfo {
  /** As explanations call it. */
  name: string
  /** One for each class, in their order; they are left aside where they are not as many. */
  labels: readonly string[]
  /** Where what is known of it comes from: `labels`, `task`. */
  knownFrom?: Readonly<Record<string, Origin>> | undefined
  /** What explanations of any photo should warn of. */
  warnings?: readonly Warning[] | undefined
  /** How photos are prepared for it; methods that need black or white ask for it. Undefined where that is only assumed. */
  preprocessing: Preprocessing | undefined
  /** What user and files say of how photos are prepared. Default: `preprocessing`. */
  preparation?: Pick<PreparationPlaces, 'given' | 'saved' | 'sources'> | undefined
  /** Whether the outputs are classes of which one is right: a softmax is implied where the model has none. */
  singleLabel: boolean
  /** What tells what outputs hold, beside the graph and the labels. */
  hints?: Omit<OutputHints, 'labels'> | undefined
}

/** A derived model, what was noted when it was made, and the session that runs it. */
export interface Opened<T> {
  made: T
  session: Session
}

/** A derived model whose session is opened when it is known how often it runs. */
export interface Program<T> {
  made: T
  /** The session for so many runs: one for few of them, another for many where those go side by side. */
  session(runs: number): Promise<Session>
  release(): Promise<void>
}

export interface ExplainerState {
  model: Model
  runtime: Runtime
  network: NetworkInfo
  /** The input that takes the image. */
  image: NamedImageInput
  /** What the model's inputs are, and what is to be said of them. */
  contract: Pick<Explainable, 'inputs' | 'choice' | 'inGraph' | 'notes'>
  /** What the network's answer is, and where it is read; of another form of the model by its graph. */
  answer(info: TensorInfo, graph?: Graph): NetworkAnswer
  /** Types and shapes of all tensors for one shape of the inputs. */
  learn(shapes: InputShapes): Promise<TensorInfo>
  /**
   * The same of another form of the model, learned once for each `mark`.
   *
   * @param inputs what a run that must tell is fed. Default: zeros
   */
  learnOf(model: Model, shapes: InputShapes, mark: string, inputs?: Readonly<Record<string, Tensor>>): Promise<TensorInfo>
  /** How photos are prepared, and who says so; a size that nothing tells is found out once. */
  preparation(): Promise<KnownPreparation>
  /** The size that photos get; of those that keep their shape, a usual one. */
  usualSize(): Promise<Size>
  /** SHA-256 of the model file: made once, when it is first asked for. */
  modelDigest(): Promise<string>
  sha256: Digest
  sessions: Pool<Program<{ model: ModelBytes }>>
  /** Sessions without weights. */
  finishers: Pool<Program<{ model: ModelBytes }>>
  /** Where the sessions ran that a `watched` state took so far. */
  usedDevice(): UsedDevice
  close(): Promise<void>
}

// sessions hold packed weights: enough for a page of controls, not for every slider position
const defaultSessions = 8
const maxShapes = 32

/** Nothing is opened before it is needed. */
export function createState(
  ready: Explainable,
  runtime: Runtime,
  network: NetworkInfo,
  { maxSessions = defaultSessions, sha256 = webSha256 }: { maxSessions?: number | undefined; sha256?: Digest | undefined } = {},
): ExplainerState {
  const { model } = ready
  // a pool, since sessions are open while shapes are learnt: closing waits for them
  const known = createPool<TensorInfo>({ limit: maxShapes })
  const dispose = (program: Program<unknown>): Promise<void> => program.release()
  const sessions = createPool<Program<{ model: ModelBytes }>>({ limit: maxSessions, dispose })
  const finishers = createPool<Program<{ model: ModelBytes }>>({ limit: maxShapes, dispose })
  let digest: Promise<string> | undefined
  let prepared: Promise<KnownPreparation> | undefined
  const image = imageOf(ready)
  const places = { ...(network.preparation ?? said(network)), inGraph: ready.inGraph, input: image }
  const early = preparationOf({ ...places, size: declaredSize(image) })
  // nothing is run where the size is known, or not asked for
  const preparation = (): Promise<KnownPreparation> =>
    (prepared ??= early.asksSize
      ? findSize(model, runtime, image).then((size) => preparationOf({ ...places, size }))
      : Promise.resolve(early))
  const learnOf: ExplainerState['learnOf'] = (own, shapes, mark, inputs) =>
    known.use(
      `${mark}${JSON.stringify(shapes)}`,
      () => learnTensorInfo(own, runtime, shapes, inputs, mark === '' ? kept?.at(shapes) : undefined),
      async (info) => info,
    )
  const kept = keptForModel(model, runtime.name, sha256)
  const answers = new WeakMap<TensorInfo, NetworkAnswer>()
  const preprocessing = early.preparation.values.source === 'assumed' ? undefined : early.preprocessing
  return {
    ...{ model, runtime, network: { ...network, preprocessing }, sessions, finishers, sha256 },
    modelDigest: () => (digest ??= digestOf(model.file ?? model.bytes, sha256)),
    image,
    preparation,
    usualSize: async () => sizeFor(image, (await preparation()).preprocessing),
    contract: ready,
    learn: (shapes) => learnOf(model, shapes, ''),
    learnOf,
    answer(info, graph = model.graph) {
      const hints = { ...network.hints, labels: network.labels.length, background: namesBackground(network.labels) }
      const answer = answers.get(info) ?? answerOf(graph, (name) => info.find(name), hints)
      answers.set(info, answer)
      return answer
    },
    usedDevice: () => deviceOf(runtime, false),
    async close() {
      await Promise.all([known.close(), sessions.close(), finishers.close(), kept?.written()])
    },
  }
}

/** The image's input in the type that the model which is run takes: a float64 network is run in float32. */
function imageOf({ model, input }: Explainable): NamedImageInput {
  const { type } = model.graph.inputs.find(({ name }) => name === input.name) ?? input
  return imageInputOf({ ...input, type })
}

const digestOf = (file: NonNullable<Model['file']>, sha256: Digest): Promise<string> =>
  file instanceof Uint8Array ? sha256(file) : (file.facts ?? file).digest()

/** A preprocessing alone is the user's word. */
const said = ({ preprocessing }: NetworkInfo): Pick<PreparationPlaces, 'given' | 'sources'> => ({
  given: preprocessing ? { preprocessing } : {},
  sources: [],
})

const declaredSize = ({ height = usualSide, width = usualSide }: NamedImageInput): Fact<Size> =>
  fact({ height, width }, 'graph', 'the size that the model takes')

function sizeFor({ height, width }: NamedImageInput, preprocessing: Preprocessing): Size {
  const size = finalSize(preprocessing)
  return { height: height ?? size?.height ?? usualSide, width: width ?? size?.width ?? usualSide }
}

/** The tensor that scores are read from: the one that is named, or that of the network's answer. */
export const chosenReduction = (
  { model, network, answer }: Pick<ExplainerState, 'model' | 'network' | 'answer'>,
  info: TensorInfo,
  options: LayerOptions = {},
): ReductionChoice => chooseReduction(model.graph, info, options, answer(info, model.graph), network.labels.length)

/** What `make` makes, from the pool: once for each key. Equal keys must stand for equal models. */
export const leaseProgram = async <T extends { model: ModelBytes }>(
  { sessions, runtime }: Pick<ExplainerState, 'sessions' | 'runtime'>,
  key: readonly unknown[],
  make: () => T | Promise<T>,
): Promise<Lease<Program<T>>> =>
  (await sessions.lease(JSON.stringify(key), async () => {
    // a graph takes long enough to write that what came before it and what follows should not hold the thread in one go with it
    await letEventsIn()
    const made = await make()
    await letEventsIn()
    return programOf(made, runtime)
  })) as Lease<Program<T>>

function programOf<T extends { model: ModelBytes }>(made: T, runtime: Runtime): Program<T> {
  const sessions = new Map<boolean, Promise<Session>>()
  const { from = Number.POSITIVE_INFINITY } = runtime.sideBySide ?? {}
  return {
    made,
    session(runs) {
      const many = runs >= from
      const session = sessions.get(many) ?? runtime.open(made.model, many ? { runs } : {})
      sessions.set(many, session)
      // a failure is forgotten, so that the next run tries again
      session.catch(() => sessions.delete(many))
      return session
    },
    async release() {
      const opened = await Promise.allSettled(sessions.values())
      await Promise.all(opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value.release()] : [])))
    },
  }
}

/** The session of such a model for the duration of `work`. */
export async function withSession<T extends { model: ModelBytes }, R>(
  state: Pick<ExplainerState, 'sessions' | 'runtime'>,
  key: readonly unknown[],
  make: () => T | Promise<T>,
  work: (opened: Opened<T>) => Promise<R>,
  /** How often it is to run, by this call and others. */
  runs = 1,
): Promise<R> {
  const { value, release } = await leaseProgram(state, key, make)
  try {
    return await work({ made: value.made, session: await value.session(runs) })
  } finally {
    release()
  }
}

/** Of everything that could be fed, what a session takes. */
export const wantedBy = (session: Session, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(session.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : [])))
