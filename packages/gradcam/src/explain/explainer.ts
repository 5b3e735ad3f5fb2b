/** @file A network that explains tensors: request → prepare → run → finish → result. The facade adds photos, files and figures. */
import type { Digest } from '../core/digest.ts'
import { GradcamError } from '../core/errors.ts'
import { partOf } from '../core/progress.ts'
import type { KnownPreparation } from '../contract/preparation.ts'
import type { NetworkAnswer } from '../contract/answer.ts'
import type { Fact } from '../contract/fact.ts'
import { fullMasks } from '../contract/pixel-mask.ts'
import { ownSizes } from '../contract/size-inputs.ts'
import { findMultiple } from '../contract/sizes.ts'
import { explainable, type InputOptions } from '../contract/explainable.ts'
import { countingNode, sizesFromData } from '../graph/data-sized.ts'
import type { GraphNode } from '../graph/graph.ts'
import { chooseLayers, type LayerOptions, type Layers } from '../graph/layers.ts'
import type { Model } from '../graph/model.ts'
import type { InputShapes, TensorInfo } from '../graph/tensor-info.ts'
import { advice } from '../method/checks.ts'
import { isGraphMethod } from '../method/definition.ts'
import type { Prediction } from '../objective/objective.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ExplanationData } from './explanation.ts'
import { type ExplainedModel, exportExplained } from './export.ts'
import { runGraphMethod } from './graph-run.ts'
import { batched, type NamedImageInput, shapesOf, usualShapes } from './inputs.ts'
import { explanationsOf, type MapResult } from './map-result.ts'
import { whereNotFinite } from './not-finite.ts'
import { followPath, type GradientPath } from './path.ts'
import { digestsOf } from './record.ts'
import { predict } from './predict.ts'
import { eachApart, prepare, type PreparedBatch } from './prepare.ts'
import { runProcedure } from './procedure-run.ts'
import { type ExplainOptions, type MethodRequest, type PreparedImage, type Request, resolveRequest, tensorsAlone } from './request.ts'
import { settledFor, settledForSize } from './settled.ts'
import { smoothed } from './smoothing.ts'
import { type Sureness, surenessOf } from './sureness.ts'
import { type Verification, verifyOptimised } from './verify.ts'
import { watched } from './used-device.ts'
import { chosenReduction, createState, type ExplainerState, type NetworkInfo } from './state.ts'

/** Explains tensors with one model, without files and photos. */
export interface Explainer {
  /** The input that takes the image. */
  readonly imageInput: NamedImageInput
  /** What the model's inputs are, which of them takes the image, and what the graph does to it by itself. */
  readonly contract: ExplainerState['contract']
  /** What the sides of photos must be multiples of; undefined where the size is fixed. Tried out on the network. */
  sizeStep(): Promise<Fact<number> | undefined>
  /** How photos are prepared where nothing else is said. */
  preparation(): Promise<KnownPreparation>
  /** Types and shapes of all tensors for one photo, found by a run on zeros where the model does not declare them. */
  tensorInfo(inputs?: ExplainOptions['inputs']): Promise<TensorInfo>
  /** What the network's answer is, and where it is read. */
  answer(info: TensorInfo): NetworkAnswer
  /** How sure the network is of what it sees; undefined where its answers do not tell. */
  sureness(image: PreparedImage, inputs?: ExplainOptions['inputs']): Promise<Sureness | undefined>
  /** The layers that an explanation would look at, and what else could be chosen. */
  layers(options?: LayerOptions & Pick<ExplainOptions, 'inputs'>): Promise<Layers>
  /** Per image of the batch, per target, one explanation; several methods of a target side by side. */
  explain(image: PreparedImage, options?: ExplainOptions): Promise<ExplanationData[][]>
  /** The best answers for the first image of the batch, by a plain forward pass: classes, or the boxes of a detector. */
  predict(image: PreparedImage, top: number, inputs?: ExplainOptions['inputs']): Promise<readonly Prediction[]>
  /** Whether the runtime computes the same with graph optimisation and without. */
  verify(image: PreparedImage, inputs?: ExplainOptions['inputs']): Promise<Verification>
  /** The way of the gradient from the score back to the feature layer, step by step. */
  path(image: PreparedImage, options?: ExplainOptions): Promise<GradientPath>
  /** The explained graph as an ordinary `.onnx` file that any runtime runs. */
  exportGraph(options?: ExplainOptions): Promise<ExplainedModel>
  /** Refuses further calls, waits for those under way, and releases everything that was opened. */
  close(): Promise<void>
}

/** How an explainer runs a model; every option has a default. */
export interface ExplainerOptions extends InputOptions {
  /** Sessions that stay open while they are not in use. Default: 8. */
  maxSessions?: number | undefined
  /** SHA-256 in lower-case hexadecimal digits. Default: WebCrypto's, which copies what it is given. */
  sha256?: Digest | undefined
}

/**
 * An explainer of a model and a runtime. Nothing is opened before it is needed; `close` releases what was. Images are tensors as the
 * network takes them, [N, C, H, W] or [N, H, W, C]: `preprocess` makes them of photos.
 *
 * @param network `labels`: as many as classes, or none; `preprocessing`: what `parsePreprocessing` makes of preprocessor_config.json;
 *   `singleLabel`: whether exactly one class is right, so that a softmax is implied where the model has none
 * @throws GradcamError `unsupported-model` where no input of the model takes an image
 * @example
 * const network = { name: 'googlenet', labels: [], preprocessing: undefined, singleLabel: true }
 * const explainer = createExplainer(model, runtime, network)
 * const [[why]] = await explainer.explain({ tensor, region: undefined, photo: undefined }, { target: 3, method: 'hires-cam' })
 * why.map // { width: 64, height: 64, data }: 0 … 1, row by row
 * await explainer.close()
 */
export function createExplainer(given: Model, runtime: Runtime, network: NetworkInfo, options: ExplainerOptions = {}): Explainer {
  const ready = explainable(given, options)
  const { model } = ready
  const state = createState(ready, runtime, network, options)
  const { image, learn } = state
  const usual = async (inputs: ExplainOptions['inputs']): Promise<InputShapes> => {
    const size = await state.usualSize()
    const of = [state.contract.inputs, image.batch ?? 1, size] as const
    const shapes = usualShapes(model.graph.inputs, image, size, { ...fullMasks(...of), ...ownSizes(...of), ...tensorsAlone(inputs) })
    return shapesOf(model.graph.inputs, shapes)
  }

  const settled = async <T>(image: PreparedImage, inputs: Request['inputs'], work: (...fed: Fed) => Promise<T>): Promise<T> => {
    const given = inBatch(image)
    return work(await settledFor(state, given, inputs), given, inputs)
  }
  return {
    imageInput: image,
    contract: state.contract,
    preparation: state.preparation,
    sizeStep: async () => findMultiple(model, runtime, image, await state.usualSize()),
    tensorInfo: async (inputs) => learn(await usual(inputs)),
    answer: (info) => state.answer(info),
    sureness: (image, inputs = {}) => settled(image, tensorsAlone(inputs), surenessOf),
    async layers({ inputs, ...options } = {}) {
      const shapes = await usual(inputs)
      const own = await settledForSize(state, shapes)
      const info = await own.learn(shapes)
      return chooseLayers(own.model.graph, info, options, chosenReduction(own, info, options))
    },
    explain: (image, options = {}) => explain(state, inBatch(image), resolveRequest(options)),
    predict: (image, top, inputs = {}) => settled(image, tensorsAlone(inputs), (own, given, fed) => predict(own, given, top, fed)),
    verify: (image, inputs = {}) => settled(image, tensorsAlone(inputs), verifyOptimised),
    async path(image, options = {}) {
      const request = resolveRequest(options)
      return settled(image, request.inputs, (own, given) => followPath(own, given, request))
    },
    exportGraph: (options = {}) => exportExplained(state, resolveRequest(options)),
    close: () => state.close(),
  }
}

const inBatch = (image: PreparedImage): PreparedImage => ({ ...image, tensor: batched(image.tensor) })

type Fed = [state: ExplainerState, given: PreparedImage, inputs: Request['inputs']]

async function explain(general: ExplainerState, given: PreparedImage, request: Request): Promise<ExplanationData[][]> {
  const [images = 1] = given.tensor.dims
  // each image has sizes of its own
  const own = images > 1 && general.image.batch === undefined && (request.targets ?? { length: images }).length === images
  if (own && sizesFromData(general.model.graph)) return explainApart(general, given, request)
  const state = await settledFor(general, given, request.inputs)
  const preparing = watched(state)
  const batch = await prepare(preparing, given, request)
  if (batch === 'apart') return explainApart(state, given, request)
  const { methods, progress } = batch.request
  const byMethod: ExplanationData[][][] = []
  for (const [i, wanted] of methods.entries()) {
    const own = partOf(progress, i, methods.length)
    const started = i === 0 ? batch.started : performance.now()
    byMethod.push(
      await runMethod(
        watched(state, preparing.usedDevice()),
        general,
        { ...batch, started, request: { ...batch.request, progress: own } },
        wanted,
      ),
    )
    // a method that is one run reports no progress of its own, and one that converges ends early
    own(1, 1)
  }
  return byImageAndTarget(byMethod, batch.images)
}

/** Each image by itself, with its own target. */
async function explainApart(...[state, given, request]: Parameters<typeof explain>): Promise<ExplanationData[][]> {
  const results: ExplanationData[][] = []
  const all = [...eachApart(given, request)]
  for (const [n, [image, own]] of all.entries())
    results.push(...(await explain(state, image, { ...own, progress: partOf(request.progress, n, all.length) })))
  return results
}

/** One method on one batch, smoothed where that is asked for, its results as explanations. */
async function runMethod(
  state: ExplainerState,
  general: ExplainerState,
  prepared: PreparedBatch,
  wanted: MethodRequest,
): Promise<ExplanationData[][]> {
  const { groups, info } = prepared
  const [first] = groups
  const subject = first && { graph: state.model.graph, info, layers: first.layers, image: state.image.name }
  const said = subject ? advice(wanted.method, subject) : []
  // digests are made beside the run
  const digests = digestsOf(state, prepared)
  const batch = { ...prepared, warnings: [...prepared.warnings, ...said] }
  const counting = countingNode(state.model.graph)
  const sized = counting !== undefined
  if (counting && wanted.method.gradient && !isGraphMethod(wanted.method)) throw ofOtherSizes(wanted.method, counting)
  const run = async (given: PreparedBatch, { method, ...rest }: MethodRequest): Promise<MapResult[][]> => {
    // another version of the photo may have other sizes
    const own = sized && given !== batch ? await settledFor(general, given.given, given.request.inputs) : state
    const each = own === state ? given : { ...given, info: await own.learn(given.shapes) }
    return isGraphMethod(method) ? runGraphMethod(own, each, { ...rest, method }) : runProcedure(own, each, { ...rest, method })
  }
  const { smoothing } = batch.request
  const results = await (smoothing ? smoothed(state, smoothing, run) : run)(batch, wanted)
  const warnings = [...batch.warnings, ...(await whereNotFinite(state, batch, results))]
  return (await digests).map((own, n) => explanationsOf(state, { ...batch, warnings }, wanted, results[n] ?? [], own))
}

/** Gradients are written for the sizes of one photo: those of its changed versions may be others. */
const ofOtherSizes = ({ name }: MethodRequest['method'], { name: node, operator }: GraphNode): GradcamError =>
  new GradcamError(
    'unsupported-model',
    `${name} differentiates changed versions of the photo, and sizes in this network hang on what a photo shows (${node}, ${operator})`,
    {
      hint: 'use a method that differentiates the photo itself: saliency, input-x-gradient, grad-cam; or one without gradients: occlusion, rise',
      node: { name: node, operator },
    },
  )

/** Results by method, image and target as by image; there target by target, and for each the methods in their order. */
const byImageAndTarget = (byMethod: readonly ExplanationData[][][], images: number): ExplanationData[][] =>
  Array.from({ length: images }, (_, n) => {
    const targets = byMethod[0]?.[n]?.length ?? 0
    return Array.from({ length: targets }, (__, t) => byMethod.flatMap((results) => results[n]?.[t] ?? [])).flat()
  })
