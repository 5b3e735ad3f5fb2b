/** @file What a person asks for, checked: options, targets, post-processing. */
import { GradcamError } from './errors.ts'
import type { ExplanationData } from './explanation.ts'
import type { LayerOptions } from './graph/layers.ts'
import type { Method } from './method/definition.ts'
import type { OptionValue } from './method/options.ts'
import { activations, normalizations, type PostProcessing, upsamplings, usualPost } from './method/post.ts'
import type { Progress } from './method/task.ts'
import type { TargetInput } from './target/spec.ts'
import type { Tensor } from './tensor.ts'
import { nearestNames } from './text.ts'

export interface ExplainOptions extends LayerOptions, Partial<PostProcessing> {
  /** Label, index, `top-1` (the default), `top-K`, or anything else that docs/targets.md describes; an array explains each. */
  target?: TargetInput | readonly TargetInput[]
  /** One target for each picture of a batch, instead of `target`. */
  targets?: readonly TargetInput[]
  /** Name of a method; `grad-cam` unless told. Several explain each target side by side. */
  method?: string | readonly string[]
  /** Settings of the method itself: `{ samples: 100 }`. `gradcam methods NAME` lists them. */
  options?: Readonly<Record<string, OptionValue>>
  /** Seed of everything random; 1 unless told. The same seed gives the same map everywhere. */
  seed?: number
  /** Further inputs of a model that takes more than a picture. */
  inputs?: Readonly<Record<string, Tensor>>
  /** Told how far a method of many runs has come. */
  progress?: Progress
  signal?: AbortSignal
}

/** A picture as the network takes it, [N, C, H, W] or [N, H, W, C], and where it came from. */
export interface PreparedPicture {
  tensor: Tensor
  region: ExplanationData['region']
  photo: ExplanationData['photo']
}

/** The targets as a list. */
export const listed = (target: TargetInput | readonly TargetInput[]): readonly TargetInput[] =>
  Array.isArray(target) ? (target as readonly TargetInput[]) : [target as TargetInput]

export const layerNames = ({ featureLayer, reductionLayer }: LayerOptions): LayerOptions => ({
  ...(featureLayer === undefined ? {} : { featureLayer }),
  ...(reductionLayer === undefined ? {} : { reductionLayer }),
})

/** What the user says, else what suits the method, else what is usual. */
export const postOf = ({ post = {} }: Method, { activation, upsample, normalize }: ExplainOptions): PostProcessing => ({
  activation: oneOf('activation', activation ?? post.activation ?? usualPost.activation, activations),
  upsample: oneOf('upsample', upsample ?? post.upsample ?? usualPost.upsample, upsamplings),
  normalize: oneOf('normalize', normalize ?? post.normalize ?? usualPost.normalize, normalizations),
})

export function seedOf(seed = 1): number {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed
  throw new GradcamError('bad-option', `seed is ${seed}`, { hint: 'seed is a whole number from 0 to 4294967295' })
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value)
  if (found !== undefined) return found
  throw new GradcamError('bad-option', `unknown ${option}: ${value}`, {
    hint: `${option} is one of ${allowed.join(', ')}`,
    suggestions: nearestNames(value, allowed),
  })
}
