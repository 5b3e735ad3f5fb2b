/** @file The facade: a loaded network that layers, explanations, predictions, paths and gradients are asked of. */
import { badOption, GradcamError, internalError } from './core/errors.ts'
import type { Tensor } from './core/tensor.ts'
import { createExplainer } from './explain/explainer.ts'
import { imageInputOf } from './explain/inputs.ts'
import { type ExplanationData, type ExplanationJson, explanationJson } from './explain/explanation.ts'
import type { ExplainedModel } from './explain/export.ts'
import type { GradientPath } from './explain/path.ts'
import { compareWith, type Replay, type ReplayInputs, replayRequest } from './explain/replay.ts'
import type { ExplainOptions, PreparedImage } from './explain/request.ts'
import { type Figure, figureOf, type OverlayOptions } from './figure/figure.ts'
import { gradient as gradientOf, type TensorObjective } from './gradient/gradient.ts'
import { type RuleTableName, ruleTable } from './gradient/tables.ts'
import type { RuleTable } from './gradient/walk.ts'
import type { DeclaredTensor } from './graph/graph.ts'
import type { LayerOptions, Layers } from './graph/layers.ts'
import { openModel } from './graph/open.ts'
import type { Host, RuntimeOptions } from './host.ts'
import { decodeImage, type BytesSource, type PhotoSource, readPhoto } from './image/photo.ts'
import { preprocess } from './image/preprocess.ts'
import { type InputSize, withSize } from './model/input-size.ts'
import { defaultPreprocessing, type Preprocessing } from './model/preprocessing.ts'
import { type Files, withFiles } from './objective/files.ts'
import type { Prediction } from './objective/objective.ts'

/** Threads, engine, and what replaces the files beside the model. */
export interface LoadOptions extends RuntimeOptions {
  /** Instead of those in config.json: as many as the network has classes. */
  labels?: readonly string[]
  /** Instead of preprocessor_config.json. */
  preprocessing?: Preprocessing
  /**
   * Height and width that photos are squeezed to, in place of the size and crop of the preprocessing, where the model leaves them
   * free: a larger size gives a finer map.
   */
  size?: InputSize
  /** Photos with more pixels are refused, where possible before they are decoded. Default: 100 million. */
  maxPixels?: number
  /** Sessions that stay open for the next call. Default: 8. */
  maxSessions?: number
}

/**
 * A model: a folder in the Hugging Face layout (`onnx/model.onnx`, `config.json`, `preprocessor_config.json`), an `.onnx` file, its
 * bytes, or a `Blob` of them. Folders and files are paths; in a browser they are URLs.
 */
export type ModelSource = string | Uint8Array | BytesSource

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
  labels: readonly string[]
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
  /** The layers that would be used, why, and what else could be. */
  layers(options?: LayerOptions): Promise<Layers>
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
  predict(photo: PhotoSource, options?: { top?: number }): Promise<readonly Prediction[]>
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

/** A file that cannot be read is the fault of the target that names it. */
function badTarget(cause: unknown): never {
  if (!(cause instanceof GradcamError)) throw cause
  throw new GradcamError('bad-target', `a file that the target names: ${cause.message}`, { hint: cause.hint, cause })
}

/** Loads a network on a host; `load` of `gradcam/node` tells more. */
export async function loadWith(host: Host, source: ModelSource, options: LoadOptions = {}): Promise<Network> {
  const opened = await openModel(
    host,
    typeof source === 'string' || source instanceof Uint8Array ? source : new Uint8Array(await source.arrayBuffer()),
  )
  const { model, config } = opened
  const labels = options.labels ?? config.labels
  const singleLabel = options.labels ? options.labels.length > 1 : config.singleLabel
  const published = options.preprocessing ?? opened.preprocessing
  const preprocessing = options.size === undefined ? published : withSize(published, options.size, imageInputOf(model.graph.inputs))
  const runtime = await host.runtime({ engine: options.engine, threads: options.threads }, model.external)
  const core = createExplainer(
    model,
    runtime,
    { name: opened.name, labels, preprocessing, singleLabel },
    { maxSessions: options.maxSessions, sha256: host.sha256 },
  )

  const prepare = async (photo: PhotoSource, own: Preprocessing | undefined = preprocessing): Promise<PreparedImage> => {
    const given = await readPhoto(host, photo, options.maxPixels)
    if ('dims' in given) return { tensor: given, region: undefined, photo: undefined }
    const input = core.imageInput
    const spec = own ?? defaultPreprocessing({ height: input.height ?? 224, width: input.width ?? 224, channels: input.channels })
    return { ...preprocess(given, spec, input), photo: given, preprocessing: spec }
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
    const read = await withFiles(explainOptions, labels, files)
    const results = await core.explain(await prepare(photo), read)
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
    },
    layers: (layerOptions) => core.layers(layerOptions),
    explainAll,
    async explain(photo, explainOptions) {
      const [first, ...others] = await explainAll(photo, explainOptions)
      if (first && others.length === 0) return first
      throw badOption(`explain answers one target of one photo, ${others.length + 1} were asked for`, 'use `explainAll()`')
    },
    async replay(json, photo, inputs = {}) {
      const asked = await withFiles(replayRequest(json, inputs), labels, files)
      const [[data] = []] = await core.explain(await prepare(photo, json.preprocessing), asked)
      if (!data) throw internalError('a replay has no result')
      return compareWith(json, finished(data))
    },
    exportGraph: async (exportOptions = {}) => core.exportGraph(await withFiles(exportOptions, labels, files)),
    predict: async (photo, { top = 5 } = {}) => core.predict(await prepare(photo), top),
    path: async (photo, pathOptions = {}) => core.path(await prepare(photo), await withFiles(pathOptions, labels, files)),
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
    close: () => core.close(),
  }
}
