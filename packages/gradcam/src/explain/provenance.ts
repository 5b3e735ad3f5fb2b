/** @file What an explanation keeps so that it can be made again: options, resolved, and digests of everything that went in. */
import type { LayerOptions } from '../graph/layers.ts'
import type { OptionValues } from '../method/options.ts'
import type { PostProcessing } from '../method/post.ts'
import type { AnySpec } from '../objective/kind.ts'
import type { FileDigest } from '../objective/source.ts'

/** The versions of an image whose maps were averaged. */
export interface Smoothing {
  /** `flip`: with the mirror image; `flip+scale`: these 0.9, 1 and 1.1 times. */
  augment: 'none' | 'flip' | 'flip+scale'
  /** Noisy versions of each. */
  noise: number
  /** Standard deviation of the noise, as a part of the range of the image's values. */
  noiseLevel: number
}

/** Options that make the same map of the same inputs: what was asked for, with defaults and presets resolved. JSON-able. */
export interface ReplayOptions extends LayerOptions, PostProcessing, Partial<Smoothing> {
  /** The one target of this explanation, as it was described. */
  target: AnySpec
  method: string
  options: OptionValues
  fusion: string
  seed: number
}

/** SHA-256, hexadecimal. */
export interface Digests {
  /** Of the `.onnx` file; external data on disk is not read. */
  model: string
  /** Of the values of every input for this image, by name. */
  inputs: Readonly<Record<string, string>>
  /** Of the files that the target names. */
  files: readonly FileDigest[]
}
