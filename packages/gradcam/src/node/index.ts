/** @file `gradcam/node`: load a model from disk, explain photos, write pictures. */
import { GradcamError } from '../core/errors.ts'
import { type ExplanationData, type ExplanationJson, explanationJson, type Prediction } from '../explain/explanation.ts'
import { gradient as gradientOf, type TensorObjective } from '../gradient/gradient.ts'
import { type RuleTableName, ruleTable } from '../gradient/tables.ts'
import type { RuleTable } from '../gradient/walk.ts'
import type { DeclaredTensor } from '../graph/graph.ts'
import type { LayerOptions, Layers } from '../graph/layers.ts'
import { readNpy } from '../io/npy.ts'
import { readTensorProto } from '../io/onnx-tensor.ts'
import { defaultPreprocessing, type Preprocessing } from '../model/preprocessing.ts'
import { createNetwork, type ExplainOptions, type GradientPath, type PreparedImage } from '../network.ts'
import type { Pixels } from '../core/pixels.ts'
import { preprocess } from '../image/preprocess.ts'
import type { Tensor } from '../core/tensor.ts'
import { readModelFiles } from './files.ts'
import { type OverlayOptions, type Figure, figureOf } from './figure.ts'
import { type Engine, engineRuntime, wasmEverywhere } from './runtime.ts'
import { withFiles } from './targets.ts'

export { type ErrorCode, GradcamError, type Warning } from '../core/errors.ts'
export type { ExplanationData, ExplanationJson, Prediction, Provenance, ScoreKind, Smoothing } from '../explain/explanation.ts'
export type { TensorObjective } from '../gradient/gradient.ts'
export type { LayerCandidate, LayerChoice, LayerOptions, Layers } from '../graph/layers.ts'
export type { ExplainOptions, GradientPath } from '../network.ts'
export type { PathStep } from '../explain/path.ts'
export { encodeImage, readImage } from './image.ts'
export type { PaintOptions } from '../figure/painting.ts'
export { maskFigure, type OverlayOptions, type Figure, type FigureFormat, figureOf } from './figure.ts'
export { type Report, type ReportOptions, reportOf } from './report.ts'
export { type Engine, engineRuntime, engines, nodeRuntime, type NodeRuntimeOptions } from './runtime.ts'
export type { Decoding } from '../objective/detection/decoding.ts'
export type { FileRef, Mask, ObjectiveInput, ObjectiveSpec } from '../objective/spec.ts'

export interface LoadOptions {
  /** Threads inside one operator; all cores unless told. */
  threads?: number
  /**
   * `auto` unless told: the native engine, and WebAssembly for methods that differentiate as far as the picture, so that their maps are
   * those of a browser. `native` is several times faster there, and elsewhere `wasm` gives a browser's numbers to the last bit.
   */
  engine?: Engine
  /** Instead of those in config.json. */
  labels?: readonly string[]
  /** Instead of preprocessor_config.json. */
  preprocessing?: Preprocessing
  /** Photos with more pixels are refused before they are decoded; 100 million unless told. */
  maxPixels?: number
}

/** A photo: a path (image, or a preprocessed `.npy` or `.pb` tensor), the bytes of an image, pixels, or a preprocessed tensor. */
export type PhotoSource = string | Uint8Array | Pixels | Tensor

/** One target explained, with its picture. */
export interface Explanation extends ExplanationData {
  /** The map over the photo, with title and legend. */
  overlay(options?: OverlayOptions): Figure
  toJSON(): ExplanationJson
}

export interface ModelInfo {
  name: string
  file: string | undefined
  producer: string
  opset: number
  inputs: readonly DeclaredTensor[]
  outputs: readonly DeclaredTensor[]
  labels: readonly string[]
}

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
  /** The derivative (`plain`) unless told; docs/rule-tables.md tells the others. */
  rules?: RuleTableName | RuleTable
}

export interface Network {
  readonly model: ModelInfo
  /** The layers that would be used, why, and what else could be. */
  layers(options?: LayerOptions): Promise<Layers>
  /**
   * Explains one target of one photo: the predicted class unless told.
   *
   * @throws GradcamError with the codes of `ErrorCode`
   * @example
   * const why = await net.explain('photo.jpg', { target: 'golden retriever' })
   * await why.overlay().toFile('why.png')
   */
  explain(photo: PhotoSource, options?: ExplainOptions): Promise<Explanation>
  /** One explanation per target: `top-3`, or a list of labels. */
  explainAll(photo: PhotoSource, options?: ExplainOptions): Promise<Explanation[]>
  /** The network's best answers, best first. */
  predict(photo: PhotoSource, options?: { top?: number }): Promise<Prediction[]>
  /** The way of the gradient from the score back to the feature layer: where does it die? */
  path(photo: PhotoSource, options?: ExplainOptions): Promise<GradientPath>
  /** d of / d wrt, of the shape of `wrt`; by another rule table, what that table hands on. */
  gradient(options: GradientOptions): Promise<Tensor>
  /** Releases all sessions. */
  close(): Promise<void>
}

/**
 * Loads a network.
 *
 * @param source a folder in the Hugging Face layout (`onnx/model.onnx`, `config.json`, `preprocessor_config.json`), an `.onnx` file, or its bytes
 * @throws GradcamError `model-missing`, `model-unreadable`, `model-invalid`, `unsupported-model`
 * @example
 * const net = await load('models/googlenet')
 */
export async function load(source: string | Uint8Array, options: LoadOptions = {}): Promise<Network> {
  const files = await readModelFiles(source)
  const { model } = files
  const labels = options.labels ?? files.config.labels
  const singleLabel = options.labels ? options.labels.length > 1 : files.config.singleLabel
  const preprocessing = options.preprocessing ?? files.preprocessing
  const { engine = 'auto' } = options
  const threads = options.threads === undefined ? {} : { threads: options.threads }
  const runtime = await engineRuntime(engine === 'auto' ? 'native' : engine, threads)
  const everywhere = engine === 'auto' ? wasmEverywhere(model.external, threads) : undefined
  const core = createNetwork(model, runtime, { name: files.name, labels, preprocessing, singleLabel }, everywhere)

  const prepare = async (photo: PhotoSource): Promise<PreparedImage> => {
    const decoded = await decode(photo, options.maxPixels)
    if ('dims' in decoded) return { tensor: decoded, region: undefined, photo: undefined }
    const input = core.imageInput
    const spec = preprocessing ?? defaultPreprocessing({ height: input.height ?? 224, width: input.width ?? 224, channels: input.channels })
    const { tensor, region } = preprocess(decoded, spec, input)
    return { tensor, region, photo: decoded }
  }
  const asTensor = async (photo: string): Promise<Tensor> => (await prepare(photo)).tensor
  const explainAll: Network['explainAll'] = async (photo, explainOptions) => {
    const read = await withFiles(explainOptions, labels, asTensor)
    const results = await core.explain(await prepare(photo), read)
    if (results.length > 1 && results.some((each) => each.length === 0))
      throw new GradcamError('internal', 'a picture of the batch has no result', { hint: 'please report this' })
    return results.flat().map(finished)
  }
  return {
    model: {
      name: files.name,
      file: files.file,
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
      throw new GradcamError('bad-option', `explain answers one target of one photo, ${others.length + 1} were asked for`, {
        hint: 'use `explainAll()`',
      })
    },
    async predict(photo, { top = 5 } = {}) {
      return core.predict(await prepare(photo), top)
    },
    async path(photo, pathOptions) {
      return core.path(await prepare(photo), await withFiles(pathOptions, labels, asTensor))
    },
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

const finished = (data: ExplanationData): Explanation => ({
  ...data,
  overlay: (options) => figureOf([data], options),
  toJSON: () => explanationJson(data),
})

async function decode(photo: PhotoSource, maxPixels: number | undefined): Promise<Pixels | Tensor> {
  if (typeof photo !== 'string') {
    if (photo instanceof Uint8Array) return readPicture(photo, maxPixels)
    return photo
  }
  const lower = photo.toLowerCase()
  if (lower.endsWith('.npy') || lower.endsWith('.pb')) return readTensorFile(photo, lower.endsWith('.npy') ? readNpy : readTensorProto)
  return readPicture(photo, maxPixels)
}

async function readPicture(photo: string | Uint8Array, maxPixels: number | undefined): Promise<Pixels> {
  const { readImage } = await import('./image.ts')
  return readImage(photo, { maxPixels })
}

async function readTensorFile(path: string, read: (bytes: Uint8Array) => Tensor): Promise<Tensor> {
  const { readFile } = await import('node:fs/promises')
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new GradcamError('image-missing', `cannot read ${path}`, { hint: 'check the path', cause })
  })
  return read(bytes)
}
