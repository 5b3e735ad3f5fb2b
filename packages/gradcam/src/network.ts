/** @file The facade: a loaded network that layers, explanations, predictions, paths and gradients are asked of. */
import { badOption, GradcamError, internalError, type Warning } from './core/errors.ts'
import type { InputCheck } from './contract/check-input.ts'
import type { Contract } from './contract/contract.ts'
import { type Origin, originOf } from './contract/fact.ts'
import { knownOf, type ModelOptions } from './contract/known.ts'
import { savedText } from './contract/saved.ts'
import { windowAsked } from './contract/preparation-options.ts'
import { preparationFields } from './contract/saved-preparation.ts'
import type { Pixels } from './core/pixels.ts'
import type { Tensor } from './core/tensor.ts'
import { createExplainer, type Explainer } from './explain/explainer.ts'
import { preparedPhoto } from './explain/prepare-photo.ts'
import { type ExplanationData, type ExplanationJson, explanationJson } from './explain/explanation.ts'
import type { ExplainedModel } from './explain/export.ts'
import type { GradientPath } from './explain/path.ts'
import { compareWith, type Replay, type ReplayInputs, replayRequest } from './explain/replay.ts'
import type { ExplainOptions, PreparedImage } from './explain/request.ts'
import type { Verification } from './explain/verify.ts'
import { type Figure, figureOf, type OverlayOptions } from './figure/figure.ts'
import { gradient as gradientOf, type TensorObjective } from './gradient/gradient.ts'
import { type RuleTableName, ruleTable } from './gradient/tables.ts'
import type { RuleTable } from './gradient/walk.ts'
import { refuseFaultyNodes } from './graph/faulty-nodes.ts'
import type { DeclaredTensor } from './graph/graph.ts'
import { candidatesOf, type LayerCandidates } from './graph/candidates.ts'
import type { LayerOptions, Layers } from './graph/layers.ts'
import { openModel } from './graph/open.ts'
import { modelGiven, type ModelSource } from './graph/source.ts'
import { type Host, type RuntimeOptions, writeWith } from './host.ts'
import { decodeImage, type PhotoSource, type ReadPhoto, readPhoto } from './image/photo.ts'
import { checkInputOf, contractOf, settingsPlace, settingsToSave, tensorInfoOf } from './inspect.ts'
import type { Preprocessing } from './model/preprocessing.ts'
import { ownPreprocessing } from './model/preprocessing/own.ts'
import { type Files, withFiles } from './objective/files.ts'
import type { Prediction } from './objective/objective.ts'

/** Engine, and what a user says of the model: each option replaces what the model and the files beside it say. */
export interface LoadOptions extends RuntimeOptions, ModelOptions {
  /** Photos with more pixels are refused, where possible before they are decoded. Default: 100 million. */
  maxPixels?: number
  /**
   * Whether what is found out of a large model is kept on disk for the next process. Default: true, in Node; the place is
   * `$XDG_CACHE_HOME/gradcam`.
   */
  cache?: boolean
  /** Sessions that stay open for the next call. Default: 8. */
  maxSessions?: number
}

/** One target explained, with its figure. */
export interface Explanation extends ExplanationData {
  /** The map over the photo, with title and legend. */
  overlay(options?: OverlayOptions): Figure
  /** The form that docs/json.md describes. */
  toJSON(): ExplanationJson
}

/** What a model says of itself. */
export interface ModelInfo {
  name: string
  /** Path or URL of the `.onnx` file; undefined for bytes. */
  file: string | undefined
  producer: string
  opset: number
  inputs: readonly DeclaredTensor[]
  outputs: readonly DeclaredTensor[]
  /** What the classes are called; empty where nothing names them. */
  labels: readonly string[]
  /** Where these come from. */
  labelsFrom: Origin
  /** What of the model's files contradicts each other. Explanations carry it, too. */
  warnings: readonly Warning[]
}

/** What `gradient` differentiates, with respect to what, at which inputs. */
export interface GradientOptions {
  /** Tensor that is differentiated. */
  of: string
  /** Tensor with respect to which. */
  wrt: string
  inputs: Readonly<Record<string, Tensor>>
  /** One channel (axis 1), or a full position. Either this or `seed`. */
  index?: number | readonly number[]
  /** Upstream gradient of the shape of `of`. */
  seed?: Tensor
  /** Default: `plain`, the derivative. docs/rule-tables.md describes the others. */
  rules?: RuleTableName | RuleTable
}

/** A network that was loaded: explains and predicts photos until it is closed. */
export interface Network {
  readonly model: ModelInfo
  /**
   * What the network takes and gives, and where each of these facts comes from. Nothing is run, but where a size is free and nothing tells
   * it; with `probe` the network runs once on zeros, for shapes that it does not declare.
   *
   * @example (await net.inspect()).preparation?.values // { value: { scale, mean, std }, source: 'stated', from: 'preprocessor_config.json' }
   */
  inspect(options?: { probe?: boolean | undefined }): Promise<Contract>
  /**
   * With which of the usual preprocessings the network is surest of what it sees in photos: a hint of how it was trained, no proof.
   *
   * @example (await net.checkInput('dog.jpg')).ways[0]?.name // the surest, as in "RGB, 0 … 1"
   */
  checkInput(photos: PhotoSource | readonly PhotoSource[]): Promise<InputCheck>
  /**
   * Keeps what `load` was told of the model in gradcam.json beside it, which is read from then on.
   *
   * @returns path of the file
   * @throws GradcamError `bad-option` where nothing was told, or the model was given as bytes; `cannot-write`
   */
  saveSettings(): Promise<string>
  /** The layers that would be used, why, and what else could be. */
  layers(options?: LayerOptions & Pick<ExplainOptions, 'inputs'>): Promise<Layers>
  /** Layers that could be named, also where `layers` refuses: what it says why is its own error. */
  layerCandidates(): Promise<LayerCandidates>
  /**
   * Explains one target of one photo. Default: the class that the network predicts. `map` is [height, width] of the network's input,
   * 0 … 1 row by row; `score` is what `scoreKind` says.
   *
   * @throws GradcamError with the codes of `ErrorCode`
   * @example
   * const why = await net.explain('photo.jpg', { target: 'golden retriever' })
   * await why.overlay().toFile('why.png')
   */
  explain(photo: PhotoSource, options?: ExplainOptions): Promise<Explanation>
  /** One explanation per target: `top-3`, or a list of labels. */
  explainAll(photo: PhotoSource, options?: ExplainOptions): Promise<Explanation[]>
  /** The network's best answers, best first. `top` is how many. Default: 5. */
  predict(photo: PhotoSource, options?: { top?: number } & Pick<ExplainOptions, 'inputs'>): Promise<readonly Prediction[]>
  /**
   * Runs the network on a photo with graph optimisation and without, and tells where the runtime's answers differ: a self-check.
   *
   * @example (await net.verify('photo.jpg')).agrees // true
   */
  verify(photo: PhotoSource, options?: Pick<ExplainOptions, 'inputs'>): Promise<Verification>
  /** The gradient's path from the score back to the feature layer, with its norm at each step: where does it die? */
  path(photo: PhotoSource, options?: ExplainOptions): Promise<GradientPath>
  /**
   * Makes an explanation again from its JSON, of the photo or tensor that was explained.
   *
   * @throws GradcamError `replay-mismatch` for another model, photo or file, `bad-option` for JSON of another kind
   * @example
   * const why = await net.explain('photo.jpg', { method: 'rise', options: { samples: 16 }, seed: 7 })
   * const { identical } = await net.replay(why.toJSON(), 'photo.jpg') // true
   */
  replay(json: ExplanationJson, photo: PhotoSource, inputs?: ReplayInputs): Promise<Replay<Explanation>>
  /** The explained graph as an ordinary `.onnx` file that any runtime runs: scores and maps in one run. */
  exportGraph(options?: ExplainOptions): Promise<ExplainedModel>
  /** d of / d wrt, of the shape of `wrt`; by another rule table, what that table hands on. */
  gradient(options: GradientOptions): Promise<Tensor>
  /** Releases all sessions. */
  close(): Promise<void>
}

function pixelsOnly(photo: ReadPhoto): Pixels {
  if ('pixels' in photo) return photo.pixels
  throw badOption('a tensor is no photo: it is prepared already', 'give photos')
}

/** A file that cannot be read is the fault of the target that names it. */
function badTarget(cause: unknown): never {
  if (!(cause instanceof GradcamError)) throw cause
  throw new GradcamError('bad-target', `a file that the target names: ${cause.message}`, { hint: cause.hint, cause })
}

/** Loads a network on a host; `load` of `gradcam/node` tells more. */
export async function loadWith(host: Host, source: ModelSource, options: LoadOptions = {}): Promise<Network> {
  const opened = await openModel(host, await modelGiven(source), options.cache)
  const { model, name } = opened
  const known = await knownOf(opened, options)
  const labels = known.labels.value
  const { maxSessions, engine, device, threads, workers, worker } = options
  const runtime = await host.runtime({ engine, device, threads, workers, worker }, model.external, model.bytes.length)
  refuseFaultyNodes(model.graph, runtime.provider)
  let made: Explainer | undefined
  // gradients of tensors need no image: a model without one can be opened
  const explainer = (): Explainer =>
    (made ??= createExplainer(
      model,
      runtime,
      {
        ...{ name, labels, knownFrom: { labels: originOf(known.labels), task: originOf(known.task) }, warnings: known.warnings },
        ...{ preprocessing: undefined, preparation: known.preparation, singleLabel: known.singleLabel, hints: known.hints },
      },
      { maxSessions, ...known.input, sha256: host.sha256 },
    ))
  if (options.imageInput !== undefined || options.layout !== undefined) explainer()

  const prepare = async (photo: PhotoSource, own?: Preprocessing, input?: string): Promise<PreparedImage> => {
    const core = explainer()
    const { maxPixels } = options
    const given = await readPhoto(host, photo, { maxPixels, window: own ? own.window : windowAsked(options, known.saved) })
    if ('tensor' in given) return { tensor: given.tensor, region: undefined, photo: undefined }
    const { pixels } = given
    if (own) return preparedPhoto(core, pixels, own, input)
    if (known.photosRefused) throw known.photosRefused
    const { preprocessing, preparation, warnings } = await core.preparation()
    return { ...preparedPhoto(core, pixels, preprocessing, input), preparation, warnings: [...warnings, ...given.warnings] }
  }
  /** Photos among the further inputs become tensors. */
  const tensors = async <T extends Pick<ExplainOptions, 'inputs'>>(asked: T): Promise<T> => {
    if (!asked.inputs) return asked
    const read = Object.entries(asked.inputs).map(
      async ([name, source]) => [name, (await prepare(source, undefined, name)).tensor] as const,
    )
    return { ...asked, inputs: Object.fromEntries(await Promise.all(read)) }
  }
  const files: Files = {
    read: (name, maxBytes) => host.read(name, maxBytes).catch(badTarget),
    decode: (bytes, name) => decodeImage(host, bytes, name, options.maxPixels),
    prepare: async (photo) => (await prepare(photo)).tensor,
  }
  const finished = (data: ExplanationData): Explanation => ({
    ...data,
    overlay: (overlayOptions) => figureOf(host, [data], overlayOptions),
    toJSON: () => explanationJson(data),
  })
  const explainAll: Network['explainAll'] = async (photo, explainOptions = {}) => {
    const read = await withFiles(await tensors(explainOptions), labels, files)
    const results = await explainer().explain(await prepare(photo), read)
    if (results.length > 1 && results.some((each) => each.length === 0)) throw internalError('an image of the batch has no result')
    return results.flat().map(finished)
  }
  return {
    model: {
      name: opened.name,
      file: opened.file,
      producer: [model.proto.producerName, model.proto.producerVersion].filter(Boolean).join(' '),
      opset: model.graph.opset,
      inputs: model.graph.inputs,
      outputs: model.graph.outputs,
      labels,
      labelsFrom: originOf(known.labels),
      warnings: known.warnings,
    },
    inspect: ({ probe = false } = {}) => contractOf(opened, known, explainer, probe),
    async checkInput(photos) {
      const reading = { maxPixels: options.maxPixels, window: windowAsked(options, known.saved) }
      const read = await Promise.all([photos].flat().map((photo) => readPhoto(host, photo, reading)))
      return checkInputOf(explainer(), known, read.map(pixelsOnly))
    },
    async saveSettings() {
      const file = settingsPlace(opened)
      if (file === undefined) throw badOption('a model that was given as bytes has no place beside it', 'load it from its folder or file')
      const settings = settingsToSave(options, known.saved)
      // what cannot be is not kept
      if (preparationFields.some((name) => options[name] !== undefined)) await explainer().preparation()
      await writeWith(host, file, savedText(settings))
      return file
    },
    layers: async (layerOptions = {}) => explainer().layers(await tensors(layerOptions)),
    layerCandidates: async () => candidatesOf(model.graph, await tensorInfoOf(model, runtime, explainer)),
    explainAll,
    async explain(photo, explainOptions) {
      const [first, ...others] = await explainAll(photo, explainOptions)
      if (first && others.length === 0) return first
      throw badOption(`explain answers one target of one photo, ${others.length + 1} were asked for`, 'use `explainAll()`')
    },
    async replay(json, photo, inputs = {}) {
      const asked = await withFiles(await tensors(replayRequest(json, inputs)), labels, files)
      const recorded = json.preprocessing && ownPreprocessing(json.preprocessing)
      const [[data] = []] = await explainer().explain(await prepare(photo, recorded), asked)
      if (!data) throw internalError('a replay has no result')
      return compareWith(json, finished(data))
    },
    exportGraph: async (exportOptions = {}) => explainer().exportGraph(await withFiles(await tensors(exportOptions), labels, files)),
    predict: async (photo, { top = 5, ...rest } = {}) => explainer().predict(await prepare(photo), top, (await tensors(rest)).inputs),
    verify: async (photo, verifyOptions = {}) => explainer().verify(await prepare(photo), (await tensors(verifyOptions)).inputs),
    path: async (photo, pathOptions = {}) =>
      explainer().path(await prepare(photo), await withFiles(await tensors(pathOptions), labels, files)),
    async gradient({ of, wrt, inputs, index, seed, rules = 'plain' }) {
      const objective: TensorObjective = seed ? { tensor: of, seed } : { tensor: of, index: index ?? [] }
      const result = await gradientOf(model, runtime, {
        of: [objective],
        wrt: [wrt],
        inputs,
        rules: typeof rules === 'string' ? ruleTable(rules) : rules,
      })
      return result[wrt] as Tensor
    },
    async close() {
      try {
        await made?.close()
      } finally {
        await runtime.close?.()
      }
    },
  }
}
