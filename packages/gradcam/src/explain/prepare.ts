/** @file A batch made ready: feeds, types and shapes, objectives and their layers; and plain forward passes of it. */
import { stopWhenCancelled } from '../core/cancellation.ts'
import { item, items } from '../core/batch.ts'
import { GradcamError, type Warning } from '../core/errors.ts'
import { createCache } from '../core/cache.ts'
import type { Size } from '../core/pixels.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import { deriveModel } from '../graph/derive.ts'
import type { Dim } from '../graph/graph.ts'
import { factsOfModel } from '../graph/model.ts'
import { type LayerOptions, probabilities } from '../graph/layers.ts'
import { learnTensorInfo } from '../graph/learn-tensor-info.ts'
import type { InputShapes, TensorInfo } from '../graph/tensor-info.ts'
import type { ObjectiveContext } from '../objective/context.ts'
import { classCount, labelOf } from '../objective/class-scores.ts'
import { classObjective } from '../objective/kinds/class.ts'
import { defaultTarget, makeObjectives, plainClass } from '../objective/make.ts'
import { needsClasses } from '../objective/needs-classes.ts'
import type { Objective } from '../objective/objective.ts'
import { type Answer, noAnswers, readAnswers } from './answers.ts'
import { refuseFixed } from './depends.ts'
import { diagnoseFinite, diagnoseInput } from './diagnose.ts'
import { answerModel } from './explained-graph.ts'
import { dimsOf, feedsOf } from './feeds.ts'
import { groupsOf, type ObjectiveGroup, standInOf } from './groups.ts'
import { filled, shapesOf, sizeOfImage, typed } from './inputs.ts'
import type { PreparedImage, Request } from './request.ts'
import { chosenReduction, type ExplainerState, wantedBy, withSession } from './state.ts'

type Feeds = Readonly<Record<string, Tensor>>

/** A batch that is ready to be explained, by any method. */
export interface PreparedBatch {
  given: PreparedImage
  request: Request
  feeds: Feeds
  shapes: InputShapes
  info: TensorInfo
  size: Size
  /** Images that were given; a fixed batch is filled up with copies of a single one. */
  images: number
  /** Images of a run. */
  batch: number
  groups: readonly ObjectiveGroup[]
  warnings: readonly Warning[]
  started: number
  /** How many such batches there are to run. Default: 1. */
  runs?: number
}

/** Each image has a target of another kind, or of another branch: they cannot share a run. */
export type Apart = 'apart'

export async function prepare(state: ExplainerState, given: PreparedImage, asked: Request): Promise<PreparedBatch | Apart> {
  const started = performance.now()
  stopWhenCancelled(asked.signal)
  const { model, image, network, learn } = state
  const tensor = filled(given.tensor, image)
  const feeds = feedsOf(state, tensor, asked.inputs)
  const shapes = shapesOf(model.graph.inputs, dimsOf(feeds))
  const info = await learn(shapes)
  const request = { ...asked, layers: layersAsked(state, info, asked) }
  const context = objectiveContext(state, given, { feeds, shapes, info, layers: request.layers })
  const images = given.tensor.dims[0] ?? 1
  const targets = request.targets ? ownClasses(request, images, context) : await wantedObjectives(request, context)
  if (targets === undefined || (images > 1 && targets.some(ofSeveralBranches))) return 'apart'
  for (const [first] of targets) if (first) refuseFixed(model.graph, info, image.name, first)
  return {
    ...{ given, request, feeds, shapes, info, images, started, size: context.input, batch: context.images },
    groups: groupsOf(state, targets, request.layers, context, standInOf(state, request, context)),
    warnings: [
      ...(network.warnings ?? []),
      ...state.contract.notes,
      ...(factsOfModel(model)?.warnings() ?? []),
      ...(given.warnings ?? []),
      ...(request.layers.reductionLayer === undefined ? state.answer(info, model.graph).warnings : []),
      ...diagnoseFinite(tensor),
      ...(given.photo ? [] : diagnoseInput(toFloat32(tensor), network.preprocessing)),
    ],
  }
}

/** Whether images have their best boxes on different scales: each has a feature layer of its own. */
const ofSeveralBranches = (target: readonly Objective[]): boolean => new Set(target.map(({ before }) => JSON.stringify(before))).size > 1

/** The layers that are named; a preset that differentiates probabilities names their tensor, where there is one. */
function layersAsked(state: ExplainerState, info: TensorInfo, { layers, probabilities: wanted }: Request): LayerOptions {
  if (!wanted || layers.reductionLayer !== undefined) return layers
  const found = probabilities(state.model.graph, chosenReduction(state, info, layers).name)
  return found && found.kind !== 'log-softmax' ? { ...layers, reductionLayer: found.tensor } : layers
}

/** Targets of all images. An explicit reduction layer implies a class. */
const wantedObjectives = async ({ target, layers }: Request, context: ObjectiveContext): Promise<(readonly Objective[])[]> =>
  makeObjectives(target ?? [layers.reductionLayer === undefined ? defaultTarget(context) : 'top-1'], context)

/**
 * A class for each image, in one run; undefined where the targets are of other kinds.
 *
 * @throws GradcamError `bad-target` where there are more or fewer targets than images
 */
function ownClasses({ target, targets = [] }: Request, images: number, context: ObjectiveContext): (readonly Objective[])[] | undefined {
  if (target !== undefined || targets.length !== images) {
    const what = target === undefined ? `${targets.length} targets are given for ${images} images` : '`target` and `targets` are both given'
    throw new GradcamError('bad-target', what, { hint: 'give `targets` one entry for each image, or `target` for all of them' })
  }
  // a class of a detector is a box, which is another one in each image
  if (context.answer.by === 'box' && !context.reductionNamed) return undefined
  const reduction = { name: context.reduction, axis: context.classAxis }
  const classes = classCount(context.info.value(reduction.name).shape, reduction.axis)
  const indices = targets.map((each) => plainClass(each, context.labels, classes))
  if (!indices.every((index) => index !== undefined)) return undefined
  const own = Array.from({ length: context.images }, (_, n) => indices[images === 1 ? 0 : n] as number)
  needsClasses(context)
  return [own.map((index) => classObjective(reduction, index, labelOf(context.labels, index)))]
}

interface Fed {
  feeds: Feeds
  shapes: InputShapes
  info: TensorInfo
  layers: LayerOptions
}

/** What objectives are made in: the network's tensors, and what they hold for the images at hand. */
function objectiveContext(state: ExplainerState, given: PreparedImage, { feeds, shapes, info, layers }: Fed): ObjectiveContext {
  const { model, image, network, runtime } = state
  const tensor = feeds[image.name] as Tensor
  const images = tensor.dims[0] ?? 1
  // several objectives may look at the same tensors
  const looks = createCache<Feeds>(4)
  const reduction = chosenReduction(state, info, layers)
  return {
    ...{ graph: model.graph, info, labels: network.labels, images, input: sizeOfImage(tensor, image) },
    ...{ reduction: reduction.name, classAxis: reduction.axis, reductionNamed: layers.reductionLayer !== undefined },
    answer: state.answer(info, model.graph),
    batch: info.value(image.name).shape[0] as Dim,
    ...{ region: given.region, photo: given.photo },
    async look(names, other) {
      if (!other) return looks.get(JSON.stringify(names), () => valuesOf(state, shapes, feeds, names))
      // beside another image, further inputs are those of the first
      const firsts = Object.entries(items(feeds, 0, images)).map(([name, each]) => [name, filled(each, image)])
      const fed = { ...Object.fromEntries(firsts), [image.name]: typed(filled(other, image), image.type) }
      return valuesOf(state, shapesOf(model.graph.inputs, dimsOf(fed)), fed, names)
    },
    learn: (score, inputs) => learnTensorInfo(score, runtime, inputs),
  }
}

/** Values of tensors, by a plain forward pass. */
export async function valuesOf(state: ExplainerState, shapes: InputShapes, feeds: Feeds, names: readonly string[]): Promise<Feeds> {
  const computed = names.filter((name) => !feeds[name])
  const given = Object.fromEntries(names.flatMap((name) => (feeds[name] ? [[name, feeds[name]]] : [])))
  if (computed.length === 0) return given
  const make = async () => ({
    model: deriveModel(state.model, { outputs: computed, inputShapes: (await state.learn(shapes)).inputShapes }),
  })
  return withSession(state, ['values', shapes, computed], make, async ({ session }) => ({
    ...given,
    ...(await session.run(wantedBy(session, feeds))),
  }))
}

/** The network's own answer to every image, and tensors of it by name, by a plain forward pass. */
export async function answersWith(
  state: ExplainerState,
  { shapes, feeds }: Pick<PreparedBatch, 'shapes' | 'feeds'>,
  layers: LayerOptions,
  tensors: readonly string[] = [],
): Promise<{ answers: Answer[]; run: Feeds }> {
  const images = feeds[state.image.name]?.dims[0] ?? 1
  if (tensors.length === 0 && !chosenReduction(state, await state.learn(shapes), layers).classes)
    return { answers: noAnswers(images), run: {} }
  const make = async () => {
    const info = await state.learn(shapes)
    return answerModel(state.model, info, chosenReduction(state, info, layers), tensors)
  }
  return withSession(state, ['answer', shapes, layers.reductionLayer, tensors], make, async ({ made, session }) => {
    const run = await session.run(wantedBy(session, feeds))
    return { answers: readAnswers(run, made, state.network, images), run }
  })
}

/** What objectives are made in, for an image that nothing is asked of yet. */
export async function contextOf(
  state: ExplainerState,
  given: PreparedImage,
  inputs: Feeds,
): Promise<{ context: ObjectiveContext; feeds: Feeds; shapes: InputShapes }> {
  const feeds = feedsOf(state, filled(given.tensor, state.image), inputs)
  const shapes = shapesOf(state.model.graph.inputs, dimsOf(feeds))
  const context = objectiveContext(state, given, { feeds, shapes, info: await state.learn(shapes), layers: {} })
  return { context, feeds, shapes }
}

/** Every image by itself, with its own target, or the one for all. */
export function* eachApart(given: PreparedImage, request: Request): Generator<[PreparedImage, Request]> {
  const { targets, inputs } = request
  const count = targets?.length ?? given.tensor.dims[0] ?? 1
  for (let n = 0; n < count; n++) {
    const alone = { ...given, tensor: item(given.tensor, n, count) }
    const target = targets ? [targets[n] as (typeof targets)[number]] : request.target
    yield [alone, { ...request, targets: undefined, target, inputs: items(inputs, n, count) }]
  }
}
