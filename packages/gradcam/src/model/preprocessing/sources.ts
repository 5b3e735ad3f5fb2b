/** @file Which of the known files a configuration is, and what it says. */
import { GradcamError } from '../../core/errors.ts'
import type { Preprocessing } from '../preprocessing.ts'
import { type Fields, isFields } from './fields.ts'
import { ownPreprocessing } from './own.ts'
import { readProcessor, type ReadPreprocessing } from './processor.ts'
import { readOpenClip, readTimm } from './timm.ts'

/**
 * Reads any of the known forms of a configuration: our own (`steps`), Hugging Face's `preprocessor_config.json` and
 * `processor_config.json`, timm's `config.json` (`pretrained_cfg`), `open_clip_config.json` (`preprocess_cfg`).
 *
 * @param file the file's name for messages
 * @throws {GradcamError} `model-invalid` naming the field that makes no sense; `unsupported-model` for a class that makes
 *   patches, not a picture
 * @example readPreprocessing({ image_processor_type: 'ViTImageProcessor' }).said // its defaults
 */
export function readPreprocessing(json: unknown, file = 'preprocessor_config.json'): ReadPreprocessing {
  if (isFields(json)) {
    if (Array.isArray(json['steps'])) return { preprocessing: ownPreprocessing(json, file), kind: undefined, said: [] }
    if (ofTimm(json)) return readTimm(json, file)
    if (isFields(json['preprocess_cfg'])) return readOpenClip(json, file)
  }
  return readProcessor(json, file)
}

/** Whether a `config.json` says anything about preprocessing. */
export const saysPreprocessing = (json: unknown): boolean => isFields(json) && (ofTimm(json) || isFields(json['preprocess_cfg']))

/** timm's files name an architecture; those of its first years hold the fields themselves. */
const ofTimm = (json: Fields): boolean =>
  isFields(json['pretrained_cfg']) || (typeof json['architecture'] === 'string' && Array.isArray(json['input_size']))

/**
 * The preprocessing of a parsed configuration, in any of the forms that `readPreprocessing` knows.
 *
 * @throws {GradcamError} as `readPreprocessing`
 * @example parsePreprocessing({ size: 224, resample: 3, image_mean: [0.5], image_std: [0.5] })
 */
export const parsePreprocessing = (json: unknown, file?: string): Preprocessing => readPreprocessing(json, file).preprocessing

/** JSON of a file, with or without a byte-order mark. @throws {GradcamError} `model-invalid` */
export function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text)
  } catch (cause) {
    throw new GradcamError('model-invalid', `${file} is not JSON`, { hint: 'correct it, or remove it', cause })
  }
}
