/** @file What is asked for: options as the user gives them, checked and resolved once; the resolved request travels. */
import type { Preparation } from '../contract/preparation.ts'
import { oneOf } from '../core/choice.ts'
import { badOption, GradcamError, type Warning } from '../core/errors.ts'
import type { Pixels, Region } from '../core/pixels.ts'
import { monotonic, type Progress } from '../core/progress.ts'
import type { Tensor } from '../core/tensor.ts'
import type { PhotoSource } from '../image/photo.ts'
import type { LayerOptions } from '../graph/layers.ts'
import type { Method } from '../method/definition.ts'
import { type Fusion, fusions } from '../method/fusion.ts'
import { methodOf } from '../method/method.ts'
import { distributeOptions, type OptionValues } from '../method/options.ts'
import { activations, firstNormalizations, normalizations, type PostProcessing, upsamplings, usualPost } from '../method/post.ts'
import { type Preset, type PresetName, presetNames, presets } from '../method/presets.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import type { ObjectiveInput } from '../objective/kinds.ts'
import type { Smoothing } from './provenance.ts'

/** What `explain` may be asked; every option has a default. */
export interface ExplainOptions extends LayerOptions, Partial<PostProcessing> {
  /** Label, index, `top-K`, `all`, or anything else that docs/targets.md describes; a list explains each. Default: `top-1`, of a detector `box:top-1`. */
  target?: ObjectiveInput | readonly ObjectiveInput[]
  /** One target for each image of a batch, instead of `target`. */
  targets?: readonly ObjectiveInput[]
  /** Name of a method, or one of your own (`defineMethod`); several explain each target side by side. Default: `grad-cam`. */
  method?: string | Method | readonly (string | Method)[]
  /** Options of the method itself: `{ samples: 100 }`. Of several methods each gets those that it has. */
  options?: OptionValues
  /** Post-processing and options of another library. Explicit options win. */
  preset?: PresetName
  /** How the maps of several feature layers become one. Default: `mean`. */
  fusion?: Fusion
  /** Seed of everything random, 0 to 2³² − 1: the same seed gives the same map everywhere. Default: 1. */
  seed?: number
  /** Averages the maps of the image and its mirror image; `flip+scale` also those of 0.9 and 1.1 times its values. Default: `none`. */
  augment?: Smoothing['augment']
  /** Averages over that many noisy versions of the image, or of each version that `augment` makes. Default: 0. */
  noise?: number
  /** Standard deviation of that noise, as a part of the range of the image's values. Default: 0.15. */
  noiseLevel?: number
  /** Further inputs of a model that takes more than an image, by name: tensors, and photos where they take images. */
  inputs?: Readonly<Record<string, PhotoSource>>
  /** Called with how far the work has come: `done / total` only rises, over all methods, images and targets. */
  progress?: Progress
  /** Once it is aborted, the work ends with a GradcamError `cancelled` after the run that is under way. */
  signal?: AbortSignal
}

/** An image as the network takes it, [N, C, H, W] or [N, H, W, C], and where it came from. */
export interface PreparedImage {
  tensor: Tensor
  /** The part of the photo that the network sees, in photo pixels; undefined for tensors. */
  region: Region | undefined
  photo: Pixels | undefined
  /** How the photo was prepared, where that is known, and where each of it is known from. */
  preprocessing?: Preprocessing | undefined
  preparation?: Preparation | undefined
  /** What of that is only assumed, or contradicts each other. */
  warnings?: readonly Warning[] | undefined
}

/** A method with its options and what becomes of its raw map, resolved. */
export interface MethodRequest {
  method: Method
  values: OptionValues
  post: PostProcessing
  /** Whether upsampling was asked for, so that it holds for all classes, too. */
  upsampled: boolean
}

/** Everything that is asked for, checked and with defaults filled in. */
export interface Request {
  methods: readonly MethodRequest[]
  /** Undefined: the usual one. */
  target: readonly ObjectiveInput[] | undefined
  targets: readonly ObjectiveInput[] | undefined
  layers: LayerOptions
  fusion: Fusion
  seed: number
  smoothing: Smoothing | undefined
  /** Whether probabilities are differentiated, where the model has some, instead of logits. */
  probabilities: boolean
  inputs: Readonly<Record<string, Tensor>>
  progress: Progress
  signal: AbortSignal | undefined
}

/**
 * Checks and resolves what is asked for. Everything that can be wrong without a network is found out here: names, options, seed, post-processing.
 *
 * @throws GradcamError `bad-option`
 */
export function resolveRequest(options: ExplainOptions): Request {
  const preset = options.preset === undefined ? undefined : presets[oneOf('preset', options.preset, presetNames)]
  const methods = [options.method ?? 'grad-cam'].flat().map(methodOf)
  if (methods.length === 0) throw badOption('no method is given', 'leave `method` out for grad-cam')
  const values = distributeOptions(methods, options.options, preset?.options)
  const { target, targets, featureLayer, reductionLayer, inputs = {} } = options
  return {
    methods: methods.map((method, i) => ({
      method,
      values: values[i] ?? {},
      post: resolvePost(method, preset, options),
      upsampled: options.upsample !== undefined,
    })),
    target: target === undefined ? undefined : Array.isArray(target) ? (target as readonly ObjectiveInput[]) : [target as ObjectiveInput],
    targets,
    layers: { ...(featureLayer === undefined ? {} : { featureLayer }), ...(reductionLayer === undefined ? {} : { reductionLayer }) },
    fusion: oneOf('fusion', options.fusion ?? 'mean', fusions),
    seed: resolveSeed(options.seed),
    smoothing: resolveSmoothing(options),
    probabilities: preset?.probabilities ?? false,
    inputs: tensorsAlone(inputs),
    progress: monotonic(options.progress),
    signal: options.signal,
  }
}

/**
 * The inputs where all of them are tensors: an explainer reads no photos, a network does that before.
 *
 * @throws GradcamError `bad-option`
 */
export function tensorsAlone(inputs: Readonly<Record<string, PhotoSource>> = {}): Record<string, Tensor> {
  const entries = Object.entries(inputs).map(([name, value]): [string, Tensor] => {
    if (typeof value === 'object' && 'dims' in value) return [name, value]
    throw badOption(`the input ${name} is no tensor`, 'give a tensor: type, dims and data')
  })
  return Object.fromEntries(entries)
}

/** Explicit options win over the preset, the preset over what suits the method, that over the defaults. */
function resolvePost(method: Method, preset: Preset | undefined, options: ExplainOptions): PostProcessing {
  const steps: PostProcessing = { ...usualPost, ...(preset?.post ?? method.post) }
  const { normalize = steps.normalize, upsample = steps.upsample } = options
  // a symmetric scale is for maps with both signs
  const { activation = options.normalize === 'symmetric' ? 'none' : steps.activation } = options
  const { normalizeFirst = steps.normalizeFirst } = options
  return {
    activation: oneOf('activation', activation, activations),
    upsample: oneOf('upsample', upsample, upsamplings),
    normalize: oneOf('normalize', normalize, normalizations),
    ...(normalizeFirst === undefined ? {} : { normalizeFirst: oneOf('normalizeFirst', normalizeFirst, firstNormalizations) }),
  }
}

function resolveSeed(seed = 1): number {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed
  throw badOption(`\`seed\` is ${seed}`, '`seed` is a whole number from 0 to 4294967295')
}

export const augmentations = ['none', 'flip', 'flip+scale'] as const
const maxSamples = 10_000

/** Undefined where nothing is averaged. */
function resolveSmoothing({ augment = 'none', noise = 0, noiseLevel = 0.15 }: ExplainOptions): Smoothing | undefined {
  oneOf('augment', augment, augmentations)
  const bad = (name: string, value: number, hint: string): GradcamError => badOption(`\`${name}\` is ${value}`, `\`${name}\` is ${hint}`)
  if (!Number.isInteger(noise) || noise < 0 || noise > maxSamples) throw bad('noise', noise, `a whole number from 0 to ${maxSamples}`)
  if (!(noiseLevel >= 0 && noiseLevel <= 10)) throw bad('noiseLevel', noiseLevel, 'a number from 0 to 10')
  return augment === 'none' && noise === 0 ? undefined : { augment, noise, noiseLevel }
}
