/** @file What a configuration of Hugging Face's image processors says: each field means what its class makes of it. */
import type { Preprocessing } from '../preprocessing.ts'
import { configurationOf } from './configuration.ts'
import { invalid, type Said } from './fields.ts'
import { saidOf } from './processor-said.ts'
import { stepsOf } from './processor-steps.ts'
import { valuesOf } from './processor-values.ts'

/** What a file says about preprocessing. */
export interface ReadPreprocessing {
  preprocessing: Preprocessing
  /** The class of image processors, or who else made the file, where it says so. */
  kind: string | undefined
  said: readonly Said[]
}

/**
 * Reads a parsed `preprocessor_config.json`, or the `processor_config.json` of transformers 5 with its `image_processor`
 * inside. Fields that are absent mean what the class has by default; what is not known is said.
 *
 * @param file the file's name for messages
 * @throws {GradcamError} `model-invalid` naming the field that makes no sense (sides beyond 16384, NaN, a deviation of 0 …);
 *   `unsupported-model` for a class that makes patches, not a picture
 */
export function readProcessor(json: unknown, file = 'preprocessor_config.json'): ReadPreprocessing {
  const configuration = configurationOf(json, file)
  const { fields, kind } = configuration
  const order = fields['data_format'] ?? 'channels_first'
  if (order !== 'channels_first' && order !== 'channels_last') throw invalid(file, 'data_format', order, 'channels_first or channels_last')
  return {
    preprocessing: {
      steps: stepsOf(configuration),
      ...valuesOf(configuration),
      layout: order === 'channels_last' ? 'nhwc' : 'nchw',
    },
    kind: kind === '' ? undefined : `${kind}ImageProcessor`,
    said: saidOf(configuration),
  }
}
