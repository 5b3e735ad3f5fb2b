/** @file What explaining works with: a model, a runtime, and what was made for them and may be wanted again. */
import { items } from '../batch.ts'
import { groupsOf, ownClasses } from './asked.ts'
import { stopWhenCancelled } from '../cancellation.ts'
import { answerModel, type ExplainedGraph } from '../explain.ts'
import { diagnoseInput } from './diagnose.ts'
import { type Facts, type InputShapes, learnFacts } from '../graph/facts.ts'
import { deriveModel } from '../graph/derive.ts'
import type { Dim } from '../graph/graph.ts'
import { chooseLayers, chooseReduction, type LayerOptions, type Layers, probabilities } from '../graph/layers.ts'
import { filled, type NamedPictureInput, pictureInputOf, shapesOf, typed } from './inputs.ts'
import { type Memory, memory } from '../memory.ts'
import type { Finisher } from '../method/fusion.ts'
import type { Method } from '../method/definition.ts'
import type { ProgramModel } from '../method/program.ts'
import type { Model } from '../model/read.ts'
import { advice } from '../method/checks.ts'
import { type ExplainOptions, type PreparedPicture, presetOf } from './request.ts'
import type { Prediction } from '../explanation.ts'
import { type Answer, bestAnswers, type NetworkFacts, readAnswers } from './results.ts'
import type { Runtime, Session } from '../runtime/runtime.ts'
import type { TargetContext } from '../target/context.ts'
import { foundBoxes } from '../target/detection.ts'
import { findDecoding } from '../target/detection/recognise.ts'
import type { TargetGroup } from '../target/group.ts'
import { type Tensor, toFloat32 } from '../tensor.ts'

export interface Workshop {
  model: Model
  runtime: Runtime
  about: NetworkFacts
  /** The input that takes the picture. */
  picture: NamedPictureInput
  /** Facts for one shape of the inputs. */
  learn(shapes: InputShapes): Promise<Facts>
  /** Explained graphs, and the sessions that run them. */
  explained: Memory<{ explained: ExplainedGraph; session: Session }>
  /** What procedures run. */
  programs: Memory<{ made: ProgramModel; session: Session }>
  /** What finishes their maps. */
  finishers: Memory<{ finisher: Finisher; session: Session }>
  /** Plain forward passes. */
  answers: Memory<{ answer: ReturnType<typeof answerModel>; session: Session }>
  /** Plain forward passes that show any tensors. */
  looks: Memory<{ session: Session }>
  close(): Promise<void>
}

// sessions hold packed weights: enough for a page of controls, not for every slider position
const mostSessions = 8
const mostShapes = 32

/** Nothing is opened before it is needed. Facts may come from another workshop for the same model. */
export function createWorkshop(model: Model, runtime: Runtime, about: NetworkFacts, facts?: Pick<Workshop, 'learn'>): Workshop {
  const release = ({ session }: { session: Session }): Promise<void> => session.release()
  const known = memory<Facts>(mostShapes)
  const work = {
    explained: memory<{ explained: ExplainedGraph; session: Session }>(mostSessions, release),
    programs: memory<{ made: ProgramModel; session: Session }>(mostSessions, release),
    finishers: memory<{ finisher: Finisher; session: Session }>(mostShapes, release),
    answers: memory<{ answer: ReturnType<typeof answerModel>; session: Session }>(2, release),
    looks: memory<{ session: Session }>(2, release),
  }
  return {
    ...{ model, runtime, about },
    picture: pictureInputOf(model.graph.inputs),
    learn: facts?.learn ?? ((shapes) => known.get(JSON.stringify(shapes), () => learnFacts(model, runtime, shapes))),
    ...work,
    async close() {
      await Promise.all([known, ...Object.values(work)].map((each) => each.clear()))
    },
  }
}

/** A batch that is ready to be explained, by any method. */
export interface Ready {
  given: PreparedPicture
  options: ExplainOptions
  tensor: Tensor
  feeds: Readonly<Record<string, Tensor>>
  shapes: InputShapes
  facts: Facts
  layers: Layers
  size: { height: number; width: number }
  groups: readonly TargetGroup[]
  /** Each picture has a target of another kind: they cannot share a run. */
  apart: boolean
  warnings: ReturnType<typeof diagnoseInput>
  started: number
  batch: number
}

const dimsOf = (feeds: Readonly<Record<string, Tensor>>): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]))

export async function prepare(work: Workshop, given: PreparedPicture, asked: ExplainOptions): Promise<Ready> {
  const { model, picture, about, learn } = work
  stopWhenCancelled(asked.signal)
  const started = performance.now()
  const tensor = filled(given.tensor, picture)
  const feeds: Record<string, Tensor> = { ...asked.inputs, [picture.name]: typed(tensor, picture.type) }
  const shapes = shapesOf(model.graph.inputs, dimsOf(feeds))
  const facts = await learn(shapes)
  const options = withReduction(model, facts, asked)
  const batch = tensor.dims[0] ?? 1
  const size = sizeOf(tensor, picture)
  const context = contextOf(work, given, { feeds, shapes, facts, options })
  const own = options.targets && ownClasses(options, given.tensor.dims[0] ?? 1, context)
  const apart = options.targets !== undefined && own === undefined
  const groups = own ?? (apart ? [] : await groupsOf(options, context))
  const [first] = groups
  // layers of classes; a model may have no features before its reduction layer and yet some before what other targets read
  const layers =
    first?.kind === 'aims' && groups.every(({ kind }) => kind === 'aims') ? first.layers : chooseLayers(model.graph, facts, options)
  const warnings = given.photo ? [] : diagnoseInput(toFloat32(tensor), about.preprocessing)
  return { given, options, tensor, feeds, shapes, facts, layers, size, groups, apart, warnings, started, batch }
}

function sizeOf({ dims }: Tensor, { layout }: NamedPictureInput): { height: number; width: number } {
  const [height, width] = layout === 'nchw' ? [dims[2], dims[3]] : [dims[1], dims[2]]
  return { height: height as number, width: width as number }
}

/** What targets are resolved against. */
function contextOf(
  work: Workshop,
  given: PreparedPicture,
  { feeds, shapes, facts, options }: Pick<Ready, 'feeds' | 'shapes' | 'facts' | 'options'>,
): TargetContext {
  const { model, picture, about } = work
  const tensor = feeds[picture.name] as Tensor
  // several targets may look at the same tensors
  const looks = memory<Readonly<Record<string, Tensor>>>(4)
  return {
    ...{ graph: model.graph, facts, labels: about.labels, pictures: tensor.dims[0] ?? 1, input: sizeOf(tensor, picture) },
    reduction: chooseReduction(model.graph, facts, options).name,
    batch: facts.value(picture.name).shape[0] as Dim,
    ...{ region: given.region, photo: given.photo },
    async look(names, other) {
      if (!other) return looks.get(JSON.stringify(names), () => lookAt(work, shapes, feeds, names))
      // beside another picture, further inputs are those of the first
      const firsts = Object.fromEntries(
        Object.entries(items(feeds, 0, tensor.dims[0] ?? 1)).map(([name, each]) => [name, filled(each, picture)]),
      )
      const fed = { ...firsts, [picture.name]: typed(filled(other, picture), picture.type) }
      return lookAt(work, shapesOf(model.graph.inputs, dimsOf(fed)), fed, names)
    },
    learn: (score, inputs) => learnFacts(score, work.runtime, inputs),
  }
}

/** The best answers to the first picture, by a plain forward run: classes, or the boxes of a detector. */
export async function predicted(work: Workshop, given: PreparedPicture, count: number): Promise<Prediction[]> {
  const { model, picture, about } = work
  const tensor = filled(given.tensor, picture)
  const feeds = { [picture.name]: typed(tensor, picture.type) }
  const shapes = shapesOf(model.graph.inputs, { [picture.name]: tensor.dims })
  const context = contextOf(work, given, { feeds, shapes, facts: await work.learn(shapes), options: {} })
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
function withReduction({ graph }: Model, facts: Facts, options: ExplainOptions): ExplainOptions {
  if (options.reductionLayer !== undefined || !presetOf(options)?.probabilities) return options
  const found = probabilities(graph, chooseReduction(graph, facts, options).name)
  return found && found.kind !== 'log-softmax' ? { ...options, reductionLayer: found.tensor } : options
}

/** A batch for one method: with what the method itself has to say of this network. */
export const advised = ({ model, picture }: Workshop, ready: Ready, method: Method): Ready => {
  const { facts, layers, warnings } = ready
  return { ...ready, warnings: [...warnings, ...advice(method, { graph: model.graph, facts, layers, picture: picture.name })] }
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
