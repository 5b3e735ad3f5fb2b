/** @file What explaining works with: a model, a runtime, and what was made for them and may be wanted again. */
import { items } from '../core/batch.ts'
import { groupsOf, ownClasses } from './asked.ts'
import { stopWhenCancelled } from '../core/cancellation.ts'
import { answerModel, type ExplainedGraph } from './assemble.ts'
import { diagnoseInput } from './diagnose.ts'
import { learnTensorInfo } from '../graph/learn-tensor-info.ts'
import type { TensorInfo, InputShapes } from '../graph/tensor-info.ts'
import { deriveModel } from '../graph/derive.ts'
import type { Dim } from '../graph/graph.ts'
import { chooseLayers, chooseReduction, type LayerOptions, type Layers, probabilities } from '../graph/layers.ts'
import { filled, type NamedImageInput, imageInputOf, shapesOf, typed } from './inputs.ts'
import { type Memory, memory } from '../core/memory.ts'
import type { Finisher } from '../method/fusion.ts'
import type { Method } from '../method/definition.ts'
import type { ForwardModel } from '../run/forward-model.ts'
import type { Model } from '../graph/model.ts'
import { advice } from '../method/checks.ts'
import { type ExplainOptions, type PreparedImage, presetOf } from './request.ts'
import type { Prediction } from './explanation.ts'
import { type Answer, bestAnswers, type NetworkInfo, readAnswers } from './results.ts'
import type { Runtime, Session } from '../runtime/runtime.ts'
import type { ObjectiveContext } from '../objective/context.ts'
import { foundBoxes } from '../objective/detection.ts'
import { findDecoding } from '../objective/detection/recognise.ts'
import type { TargetGroup } from '../objective/group.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'

export interface Workshop {
  model: Model
  runtime: Runtime
  about: NetworkInfo
  /** The input that takes the image. */
  image: NamedImageInput
  /** TensorInfo for one shape of the inputs. */
  learn(shapes: InputShapes): Promise<TensorInfo>
  /** Explained graphs, and the sessions that run them. */
  explained: Memory<{ explained: ExplainedGraph; session: Session }>
  /** What procedures run. */
  forwards: Memory<{ made: ForwardModel; session: Session }>
  /** What finishes their maps. */
  finishers: Memory<{ finisher: Finisher; session: Session }>
  /** Plain forward passes. */
  answers: Memory<{ answer: ReturnType<typeof answerModel>; session: Session }>
  /** Plain forward passes that show any tensors. */
  looks: Memory<{ session: Session }>
  close(): Promise<void>
}

// sessions hold packed weights: enough for a page of controls, not for every slider position
const maxSessions = 8
const maxShapes = 32

/** Nothing is opened before it is needed. TensorInfo may come from another workshop for the same model. */
export function createWorkshop(model: Model, runtime: Runtime, about: NetworkInfo, info?: Pick<Workshop, 'learn'>): Workshop {
  const release = ({ session }: { session: Session }): Promise<void> => session.release()
  const known = memory<TensorInfo>(maxShapes)
  const work = {
    explained: memory<{ explained: ExplainedGraph; session: Session }>(maxSessions, release),
    forwards: memory<{ made: ForwardModel; session: Session }>(maxSessions, release),
    finishers: memory<{ finisher: Finisher; session: Session }>(maxShapes, release),
    answers: memory<{ answer: ReturnType<typeof answerModel>; session: Session }>(2, release),
    looks: memory<{ session: Session }>(2, release),
  }
  return {
    ...{ model, runtime, about },
    image: imageInputOf(model.graph.inputs),
    learn: info?.learn ?? ((shapes) => known.get(JSON.stringify(shapes), () => learnTensorInfo(model, runtime, shapes))),
    ...work,
    async close() {
      await Promise.all([known, ...Object.values(work)].map((each) => each.clear()))
    },
  }
}

/** A batch that is ready to be explained, by any method. */
export interface Ready {
  given: PreparedImage
  options: ExplainOptions
  tensor: Tensor
  feeds: Readonly<Record<string, Tensor>>
  shapes: InputShapes
  info: TensorInfo
  layers: Layers
  size: { height: number; width: number }
  groups: readonly TargetGroup[]
  /** Each image has a target of another kind: they cannot share a run. */
  apart: boolean
  warnings: ReturnType<typeof diagnoseInput>
  started: number
  batch: number
}

const dimsOf = (feeds: Readonly<Record<string, Tensor>>): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]))

export async function prepare(work: Workshop, given: PreparedImage, asked: ExplainOptions): Promise<Ready> {
  const { model, image, about, learn } = work
  stopWhenCancelled(asked.signal)
  const started = performance.now()
  const tensor = filled(given.tensor, image)
  const feeds: Record<string, Tensor> = { ...asked.inputs, [image.name]: typed(tensor, image.type) }
  const shapes = shapesOf(model.graph.inputs, dimsOf(feeds))
  const info = await learn(shapes)
  const options = withReduction(model, info, asked)
  const batch = tensor.dims[0] ?? 1
  const size = sizeOf(tensor, image)
  const context = contextOf(work, given, { feeds, shapes, info, options })
  const own = options.targets && ownClasses(options, given.tensor.dims[0] ?? 1, context)
  const apart = options.targets !== undefined && own === undefined
  const groups = own ?? (apart ? [] : await groupsOf(options, context))
  const [first] = groups
  // layers of classes; a model may have no features before its reduction layer and yet some before what other targets read
  const layers =
    first?.kind === 'objectives' && groups.every(({ kind }) => kind === 'objectives')
      ? first.layers
      : chooseLayers(model.graph, info, options)
  const warnings = given.photo ? [] : diagnoseInput(toFloat32(tensor), about.preprocessing)
  return { given, options, tensor, feeds, shapes, info, layers, size, groups, apart, warnings, started, batch }
}

function sizeOf({ dims }: Tensor, { layout }: NamedImageInput): { height: number; width: number } {
  const [height, width] = layout === 'nchw' ? [dims[2], dims[3]] : [dims[1], dims[2]]
  return { height: height as number, width: width as number }
}

/** What targets are resolved against. */
function contextOf(
  work: Workshop,
  given: PreparedImage,
  { feeds, shapes, info, options }: Pick<Ready, 'feeds' | 'shapes' | 'info' | 'options'>,
): ObjectiveContext {
  const { model, image, about } = work
  const tensor = feeds[image.name] as Tensor
  // several targets may look at the same tensors
  const looks = memory<Readonly<Record<string, Tensor>>>(4)
  return {
    ...{ graph: model.graph, info, labels: about.labels, images: tensor.dims[0] ?? 1, input: sizeOf(tensor, image) },
    reduction: chooseReduction(model.graph, info, options).name,
    batch: info.value(image.name).shape[0] as Dim,
    ...{ region: given.region, photo: given.photo },
    async look(names, other) {
      if (!other) return looks.get(JSON.stringify(names), () => lookAt(work, shapes, feeds, names))
      // beside another image, further inputs are those of the first
      const firsts = Object.fromEntries(
        Object.entries(items(feeds, 0, tensor.dims[0] ?? 1)).map(([name, each]) => [name, filled(each, image)]),
      )
      const fed = { ...firsts, [image.name]: typed(filled(other, image), image.type) }
      return lookAt(work, shapesOf(model.graph.inputs, dimsOf(fed)), fed, names)
    },
    learn: (score, inputs) => learnTensorInfo(score, work.runtime, inputs),
  }
}

/** The best answers to the first image, by a plain forward run: classes, or the boxes of a detector. */
export async function predicted(work: Workshop, given: PreparedImage, count: number): Promise<Prediction[]> {
  const { model, image, about } = work
  const tensor = filled(given.tensor, image)
  const feeds = { [image.name]: typed(tensor, image.type) }
  const shapes = shapesOf(model.graph.inputs, { [image.name]: tensor.dims })
  const context = contextOf(work, given, { feeds, shapes, info: await work.learn(shapes), options: {} })
  const decoding = findDecoding(context)
  if (decoding) return (await foundBoxes(decoding, context, count))[0] ?? []
  const [answer] = await answersTo(work, shapes, feeds, {})
  return answer ? bestAnswers(answer, about.labels, count) : []
}

/** Values of tensors, by a plain forward run. */
async function lookAt(
  { model, runtime, looks, learn }: Workshop,
  shapes: InputShapes,
  feeds: Readonly<Record<string, Tensor>>,
  names: readonly string[],
): Promise<Readonly<Record<string, Tensor>>> {
  const computed = names.filter((name) => !feeds[name])
  const given = Object.fromEntries(names.flatMap((name) => (feeds[name] ? [[name, feeds[name]]] : [])))
  if (computed.length === 0) return given
  const { session } = await looks.get(JSON.stringify([shapes, computed]), async () => {
    const { inputShapes } = await learn(shapes)
    return { session: await runtime.open(deriveModel(model, { outputs: computed, inputShapes })) }
  })
  return { ...given, ...(await session.run(wantedBy(session, feeds))) }
}

/** A preset that differentiates probabilities names their tensor, where there is one and no other was named. */
function withReduction({ graph }: Model, info: TensorInfo, options: ExplainOptions): ExplainOptions {
  if (options.reductionLayer !== undefined || !presetOf(options)?.probabilities) return options
  const found = probabilities(graph, chooseReduction(graph, info, options).name)
  return found && found.kind !== 'log-softmax' ? { ...options, reductionLayer: found.tensor } : options
}

/** A batch for one method: with what the method itself has to say of this network. */
export const advised = ({ model, image }: Workshop, ready: Ready, method: Method): Ready => {
  const { info, layers, warnings } = ready
  return { ...ready, warnings: [...warnings, ...advice(method, { graph: model.graph, info, layers, image: image.name })] }
}

/** The network's answer to a batch, by a plain forward run. */
export const answersTo = async (
  work: Workshop,
  shapes: InputShapes,
  feeds: Readonly<Record<string, Tensor>>,
  layerOptions: LayerOptions,
): Promise<Answer[]> => (await answersWith(work, shapes, feeds, layerOptions, [])).answers

/** The same with tensors of the network, by name. */
export async function answersWith(
  { model, runtime, about, answers, learn }: Workshop,
  shapes: InputShapes,
  feeds: Readonly<Record<string, Tensor>>,
  layerOptions: LayerOptions,
  tensors: readonly string[],
): Promise<{ answers: Answer[]; run: Readonly<Record<string, Tensor>> }> {
  const { reductionLayer } = layerOptions
  const key = JSON.stringify({ shapes, reductionLayer, tensors })
  const { answer, session } = await answers.get(key, async () => {
    const made = answerModel(model, await learn(shapes), layerOptions, tensors)
    return { answer: made, session: await runtime.open(made.model) }
  })
  const run = await session.run(wantedBy(session, feeds))
  return { answers: readAnswers(run, answer, about), run }
}

/** Of everything that could be fed, what a session takes. */
export const wantedBy = (session: Session, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(session.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : [])))
