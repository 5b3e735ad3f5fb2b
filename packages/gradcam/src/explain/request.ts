/** @file What a person asks for, checked: options, targets, post-processing. */
import { GradcamError } from '../core/errors.ts'
import type { ExplanationData, Smoothing } from './explanation.ts'
import type { LayerOptions } from '../graph/layers.ts'
import type { Method } from '../method/definition.ts'
import { type Fusion, fusions } from '../method/fusion.ts'
import { methodOf } from '../method/method.ts'
import { distributeOptions, type OptionValues, resolveOptions } from '../method/options.ts'
import { activations, firstNormalizations, normalizations, type PostProcessing, upsamplings, usualPost } from '../method/post.ts'
import { type Preset, type PresetName, presetNames, presets } from '../method/presets.ts'
import type { Progress } from '../core/progress.ts'
import type { ObjectiveInput } from '../objective/spec.ts'
import type { Tensor } from '../core/tensor.ts'
import { nearestNames } from '../core/text.ts'

export interface ExplainOptions extends LayerOptions, Partial<PostProcessing> {
  /** Label, index, `top-1` (the default; of a detector `box:top-1`), `top-K`, `all`, or anything else that docs/targets.md describes; an array explains each. */
  target?: ObjectiveInput | readonly ObjectiveInput[]
  /** One target for each image of a batch, instead of `target`. */
  targets?: readonly ObjectiveInput[]
  /** A method by its name, or one of your own (`defineMethod`). Default: `grad-cam`. Several explain each target side by side. */
  method?: string | Method | readonly (string | Method)[]
  /** Settings of the method itself: `{ samples: 100 }`. `gradcam methods NAME` lists them. Of several methods each gets those that it has. */
  options?: OptionValues
  /** Post-processing and settings of another library; whatever else is said goes first. */
  preset?: PresetName
  /** How the maps of several feature layers become one; `mean` unless told. */
  fusion?: Fusion
  /** Seed of everything random; 1 unless told. The same seed gives the same map everywhere. */
  seed?: number
  /** Averages the maps of the image and its mirror image, with `flip+scale` also 0.9 and 1.1 times as bright; none unless told. */
  augment?: Smoothing['augment']
  /** Averages over that many noisy versions of the image (of each version that `augment` makes); 0 unless told. */
  noise?: number
  /** Standard deviation of that noise, as a part of the range of the image's values; 0.15 unless told. */
  noiseLevel?: number
  /** Further inputs of a model that takes more than an image. */
  inputs?: Readonly<Record<string, Tensor>>
  /** Told how far the work has come: `done / total` only rises, over all methods, images and targets. */
  progress?: Progress
  /** Once it is aborted, the work ends with a GradcamError `cancelled` after the run that is under way. */
  signal?: AbortSignal
}

/** An image as the network takes it, [N, C, H, W] or [N, H, W, C], and where it came from. */
export interface PreparedImage {
  tensor: Tensor
  region: ExplanationData['region']
  photo: ExplanationData['photo']
}

export const augmentations = ['none', 'flip', 'flip+scale'] as const

/** The targets as a list. */
export const listed = (target: ObjectiveInput | readonly ObjectiveInput[]): readonly ObjectiveInput[] =>
  Array.isArray(target) ? (target as readonly ObjectiveInput[]) : [target as ObjectiveInput]

/** A method that is asked for, with all its options. */
export interface WantedMethod {
  method: Method
  options: OptionValues
}

/**
 * The methods that are asked for. Everything that can be wrong without a network is found out: names, options, seed, post-processing.
 *
 * @throws GradcamError `bad-option`
 */
export function wantedMethods(options: ExplainOptions): WantedMethod[] {
  const { method = 'grad-cam' } = options
  const wanted = Array.isArray(method) ? (method as readonly (string | Method)[]) : [method as string | Method]
  if (wanted.length === 0) throw new GradcamError('bad-option', 'no method is given', { hint: 'leave it out for grad-cam' })
  const methods = wanted.map(methodOf)
  seedOf(options.seed)
  for (const each of methods) postOf(each, options)
  const own = distributeOptions(methods, options.options, presetOf(options)?.options)
  return methods.map((each, i) => ({ method: each, options: own[i] ?? {} }))
}

export const layerNames = ({ featureLayer, reductionLayer }: LayerOptions): LayerOptions => ({
  ...(featureLayer === undefined ? {} : { featureLayer }),
  ...(reductionLayer === undefined ? {} : { reductionLayer }),
})

/** The preset that is asked for. */
export const presetOf = ({ preset }: ExplainOptions): Preset | undefined =>
  preset === undefined ? undefined : presets[oneOf('preset', preset, presetNames)]

/** What the user says, else the preset, else what suits the method, else what is usual. */
export function postOf(method: Method, options: ExplainOptions): PostProcessing {
  const steps: PostProcessing = { ...usualPost, ...(presetOf(options)?.post ?? method.post) }
  const { activation = steps.activation, upsample = steps.upsample, normalize = steps.normalize } = options
  const first = options.normalizeFirst ?? steps.normalizeFirst
  return {
    activation: oneOf('activation', activation, activations),
    upsample: oneOf('upsample', upsample, upsamplings),
    normalize: oneOf('normalize', normalize, normalizations),
    ...(first === undefined ? {} : { normalizeFirst: oneOf('normalizeFirst', first, firstNormalizations) }),
  }
}

/** Settings of the method itself: the user's, else the preset's, else the method's own. */
export const optionsOf = (method: Method, options: ExplainOptions): OptionValues =>
  resolveOptions(method, { ...presetOf(options)?.options[method.name], ...options.options })

export const fusionOf = ({ fusion = 'mean' }: ExplainOptions): Fusion => oneOf('fusion', fusion, fusions)

export function seedOf(seed = 1): number {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed
  throw new GradcamError('bad-option', `seed is ${seed}`, { hint: 'seed is a whole number from 0 to 4294967295' })
}

export function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value)
  if (found !== undefined) return found
  throw new GradcamError('bad-option', `unknown ${option}: ${value}`, {
    hint: `${option} is one of ${allowed.join(', ')}`,
    suggestions: nearestNames(value, allowed),
  })
}
