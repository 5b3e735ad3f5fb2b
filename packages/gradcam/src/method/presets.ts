/** @file How other libraries finish their maps, and where their methods have other options than in the papers. */
import type { OptionValues } from './options.ts'
import type { PostProcessing } from './post.ts'

/** Libraries whose way of finishing maps can be had by name. */
export const presetNames = ['matlab', 'pytorch-grad-cam', 'torchcam', 'captum'] as const
/** Name of a preset; docs/presets.md describes them. */
export type PresetName = (typeof presetNames)[number]

export interface Preset {
  post: PostProcessing
  /** Options by method. */
  options: Readonly<Record<string, OptionValues>>
  /** Whether probabilities are differentiated, where the model has some, instead of logits. */
  probabilities: boolean
}

/** Each gives its library's numbers, to the tolerance of float32. Explicit options win. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  // gradCAM: ReLU, bicubic, not normalised; the reduction layer is the softmax
  matlab: {
    post: { activation: 'relu', upsample: 'bicubic', normalize: 'none' },
    options: { saliency: { channels: 'sum' } },
    probabilities: true,
  },
  // its + 1e-7 in the denominator is not copied
  'pytorch-grad-cam': {
    post: { activation: 'relu', normalizeFirst: 'minmax', upsample: 'bilinear', normalize: 'minmax' },
    options: { 'grad-cam++': { denominator: 'pytorch-grad-cam' }, 'finer-cam': { gamma: 1, weights: 'softmax' } },
    probabilities: false,
  },
  torchcam: { post: { activation: 'relu', upsample: 'none', normalize: 'minmax' }, options: {}, probabilities: false },
  captum: { post: { activation: 'none', upsample: 'none', normalize: 'none' }, options: {}, probabilities: false },
}
