/** @file A loaded network: info and sessions are made once per input shape and options, then every photo is one run. */
import { item, items } from '../core/batch.ts'
import { GradcamError, type Warning } from '../core/errors.ts'
import type { ExplanationData, Prediction } from './explanation.ts'
import { chooseLayers, type LayerOptions, type Layers } from '../graph/layers.ts'
import { type NamedImageInput, shapesOf, usualSize } from './inputs.ts'
import { explainInManyRuns } from './many-runs.ts'
import { isGraphMethod, type Method } from '../method/definition.ts'
import { partOf, monotonic, noProgress } from '../core/progress.ts'
import type { Model } from '../graph/model.ts'
import { explainInOneRun, feedsOf } from './one-run.ts'
import { pathModel, type PathStep } from './path.ts'
import { type ExplainOptions, type PreparedImage, wantedMethods } from './request.ts'
import type { NetworkInfo } from './results.ts'
import { type Explainer, explainSmoothed, smoothingOf } from './smoothing.ts'
import type { Runtime, SameEverywhere } from '../runtime/runtime.ts'
import { indicesOf } from '../objective/group.ts'
import { toFloat32 } from '../core/tensor.ts'
import { advised, createWorkshop, predicted, prepare, type Workshop } from './workshop.ts'

export type { ExplainOptions, PreparedImage } from './request.ts'

export interface NetworkCore {
  /** The input that takes the image. */
  readonly imageInput: NamedImageInput
  /** The layers that an explanation would look at, and what else could be chosen. */
  layers(options?: LayerOptions): Promise<Layers>
  /** Per image of the batch, per target, one explanation. */
  explain(image: PreparedImage, options?: ExplainOptions): Promise<ExplanationData[][]>
  /** The best answers for the first image of the batch, by a plain forward run: classes, or the boxes of a detector. */
  predict(image: PreparedImage, top: number): Promise<Prediction[]>
  /** The way of the gradient from the score back to the feature layer, step by step. */
  path(image: PreparedImage, options?: ExplainOptions): Promise<GradientPath>
  /** Releases everything that was opened. */
  close(): Promise<void>
}

export interface GradientPath {
  layers: Layers
  /** The class whose score was followed back, where it was given. */
  index: number | undefined
  /** What was followed back, where that is more than the score of a class: `yaw`, `clothes in its region`. */
  label: string | undefined
  steps: readonly PathStep[]
}

/**
 * A network that explains, of a model and a runtime: what `load` of `gradcam/node` wraps, and what a browser uses itself. Nothing is
 * opened before it is needed; `close` releases what was. Images are tensors as the network takes them, [N, C, H, W] or
 * [N, H, W, C]: `preprocess` makes them of pixels.
 *
 * @param about `labels`: as many as classes, or none; `preprocessing`: what `parsePreprocessing` makes of preprocessor_config.json;
 *   `singleLabel`: whether exactly one class is right, so that a softmax is implied where the model has none
 * @param sameEverywhere for methods that differentiate as far as the image, whose maps hang on the last bits of the arithmetic;
 *   `runtime` unless told
 * @throws GradcamError `unsupported-model` where no input of the model takes an image
 * @example
 * const about = { name: 'googlenet', labels: [], preprocessing: undefined, singleLabel: true }
 * const network = createNetwork(model, runtime, about)
 * const [[why]] = await network.explain({ tensor, region: undefined, photo: undefined }, { target: 3, method: 'hires-cam' })
 * why.map // { width: 64, height: 64, data }: 0 … 1, row by row
 * await network.close()
 */
export function createNetwork(model: Model, runtime: Runtime, about: NetworkInfo, sameEverywhere?: SameEverywhere): NetworkCore {
  const work = createWorkshop(model, runtime, about)
  const { image, learn } = work
  let other: Promise<{ work: Workshop; warnings: readonly Warning[] }> | undefined
  const openOther = async (open: SameEverywhere) => {
    const found = await open()
    return 'open' in found ? { work: createWorkshop(model, found, about, work), warnings: [] } : { work, warnings: [found] }
  }
  /** Where a method works, and what is to be said about that. */
  const placeOf = async (method: Method) =>
    method.gradient === 'image' && sameEverywhere ? (other ??= openOther(sameEverywhere)) : { work, warnings: [] }
  /** Every image by itself, with its own target. */
  const eachAlone = async (
    given: PreparedImage,
    { targets = [], progress = noProgress, ...options }: ExplainOptions,
  ): Promise<ExplanationData[][]> => {
    const results: ExplanationData[][] = []
    for (const [n, target] of targets.entries()) {
      const inputs = items(options.inputs ?? {}, n, targets.length)
      const alone = { ...given, tensor: item(given.tensor, n, targets.length) }
      results.push(
        ...(await network.explain(alone, {
          ...{ ...options, target, inputs },
          progress: partOf(progress, n, targets.length),
        })),
      )
    }
    return results
  }
  const network: NetworkCore = {
    imageInput: image,
    async layers(options = {}) {
      const size = usualSize(image, about.preprocessing)
      const dims = image.layout === 'nchw' ? [image.channels, size.height, size.width] : [size.height, size.width, image.channels]
      // further inputs at the shape that they declare, with one image
      const declared = model.graph.inputs.map(
        ({ name, shape }) => [name, (shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1))] as const,
      )
      const info = await learn(shapesOf(model.graph.inputs, { ...Object.fromEntries(declared), [image.name]: [image.batch ?? 1, ...dims] }))
      return chooseLayers(model.graph, info, options)
    },
    async explain(given, asked = {}) {
      const options = { ...asked, progress: monotonic(asked.progress) }
      const wanted = wantedMethods(options)
      const smoothing = smoothingOf(options)
      const plain: Explainer = async (ready, method) => {
        const place = await placeOf(method)
        const own = advised(place.work, { ...ready, warnings: [...ready.warnings, ...place.warnings] }, method)
        return isGraphMethod(method) ? explainInOneRun(place.work, own, method) : explainInManyRuns(place.work, own, method)
      }
      const shared = smoothing && !options.targets ? undefined : await prepare(work, given, options)
      if (shared?.apart || (shared && smoothing)) return eachAlone(given, options)
      const byMethod: ExplanationData[][][] = []
      for (const [i, { method, options: settings }] of wanted.entries()) {
        const progress = partOf(options.progress, i, wanted.length)
        const own = { ...options, options: settings, progress }
        if (smoothing) byMethod.push(await explainSmoothed(work, given, own, method, smoothing, plain))
        else if (shared)
          byMethod.push(
            await plain(
              {
                ...shared,
                options: { ...shared.options, options: settings, progress },
                started: i === 0 ? shared.started : performance.now(),
              },
              method,
            ),
          )
        // a method that is one run tells nothing by itself, and one that converges ends early
        progress(1, 1)
      }
      // target by target, and for each the methods in their order
      return Array.from({ length: given.tensor.dims[0] ?? 1 }, (_, n) =>
        Array.from({ length: byMethod[0]?.[n]?.length ?? 0 }, (__, t) => byMethod.flatMap((results) => results[n]?.[t] ?? [])).flat(),
      )
    },
    predict: (given, top) => predicted(work, given, top),
    async path(given, options = {}) {
      const { feeds, info, layers, groups, batch } = await prepare(work, given, options)
      const [group, ...others] = groups
      if (group?.count !== 1 || others.length > 0) {
        throw new GradcamError('bad-option', 'a path is followed from one target', { hint: 'give one target, or top-1' })
      }
      const objective = group.kind === 'objectives' ? group.objectives[0]?.[0] : undefined
      const wanted = group.kind === 'objectives' ? { kind: group.kind, count: 1, objectives: group.objectives[0] ?? [] } : group
      const made = pathModel(model, info, layers, wanted)
      const session = await runtime.open(made.model)
      try {
        const copies = batch / (given.tensor.dims[0] ?? 1)
        const run = await session.run(feedsOf(session, made, feeds, group, batch))
        const norm = (output: string | undefined): number =>
          output !== undefined && run[output] ? Math.sqrt((toFloat32(run[output])[0] ?? 0) / copies) : 0
        return {
          layers: group.kind === 'objectives' ? { ...layers, reduction: group.explained } : layers,
          index: objective ? objective.index : group.kind === 'given' ? indicesOf(group, 0)[0] : undefined,
          label: objective?.label,
          steps: made.steps.map(({ output, real, ...step }) => ({ ...step, norm: real ? norm(output) : undefined })),
        }
      } finally {
        await session.release()
      }
    },
    async close() {
      await work.close()
      await (await other)?.work.close()
    },
  }
  return network
}
