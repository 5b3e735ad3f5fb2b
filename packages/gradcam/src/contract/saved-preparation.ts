/** @file What gradcam.json says of how photos are prepared: the options of `load`, kept. */
import { GradcamError } from '../core/errors.ts'
import { isFields } from '../model/preprocessing/fields.ts'
import { preprocessingNames } from '../model/preprocessing/named.ts'
import { ownPreprocessing } from '../model/preprocessing/own.ts'
import { type Fact, fact } from './fact.ts'
import type { Preparation } from './preparation.ts'
import { channelOrders, type PreparationInput, type PreparationOptions, resizings, withOptions } from './preparation-options.ts'

/** Options that were kept, with the file that holds them. */
export interface SavedPreparation {
  options: PreparationOptions
  /** Path of the file, for messages. */
  file: string
}

/** Names of the options that are kept. */
export const preparationFields = ['preprocessing', 'window', 'size', 'resize', 'crop', 'scale', 'mean', 'std', 'channels'] as const

const isNumber = (value: unknown): boolean => typeof value === 'number'
const isNumbers = (value: unknown): boolean => isNumber(value) || (Array.isArray(value) && value.length > 0 && value.every(isNumber))
const isSize = (value: unknown): boolean =>
  isNumber(value) || (isFields(value) && Object.keys(value).length === 2 && isNumber(value['width']) && isNumber(value['height']))
const isWord =
  (words: readonly string[]) =>
  (value: unknown): boolean =>
    words.some((word) => word === value)

const forms: Readonly<Record<(typeof preparationFields)[number], readonly [fits: (value: unknown) => boolean, wanted: string]>> = {
  preprocessing: [
    (value) => isWord(preprocessingNames)(value) || isFields(value),
    `one of ${preprocessingNames.join(', ')}, or an object with steps, scale, mean, std`,
  ],
  window: [
    (value) => value === 'auto' || (Array.isArray(value) && value.length === 2 && value.every(isNumber)),
    '"auto", or a list of the levels that become black and white',
  ],
  size: [isSize, 'a number of pixels, or an object with width and height'],
  resize: [(value) => isNumber(value) || isWord(resizings)(value), `one of ${resizings.join(', ')}, or a number of pixels`],
  crop: [isSize, 'a number of pixels, or an object with width and height'],
  scale: [isNumber, 'a number'],
  mean: [isNumbers, 'a number, or a list of numbers'],
  std: [isNumbers, 'a number, or a list of numbers'],
  channels: [isWord(channelOrders), `one of ${channelOrders.join(', ')}`],
}

/** The options of a file's fields. @throws GradcamError `model-invalid` naming the field that makes no sense */
export function readPreparation(fields: Readonly<Record<string, unknown>>, file: string): PreparationOptions {
  const said = preparationFields.filter((field) => fields[field] !== undefined)
  for (const field of said) {
    const [fits, wanted] = forms[field]
    if (!fits(fields[field])) throw invalid(file, `${field} makes no sense`, `${field} must be ${wanted}`)
  }
  const options: PreparationOptions = Object.fromEntries(said.map((field) => [field, fields[field]]))
  const { preprocessing } = fields
  return isFields(preprocessing) ? { ...options, preprocessing: ownPreprocessing(preprocessing, file) } : options
}

/** A preparation with what the file says. @throws GradcamError `model-invalid` for what cannot be */
export function withSaved(found: Preparation, { options, file }: SavedPreparation, input: PreparationInput): Preparation {
  const stated = <T>(before: Fact<T>, after: Fact<T>): Fact<T> => (before === after ? before : fact(after.value, 'stated', 'gradcam.json'))
  try {
    const { window, steps, values, channelOrder } = withOptions(found, options, input)
    return {
      ...(window ? { window: fact(window.value, 'stated', 'gradcam.json') } : {}),
      steps: stated(found.steps, steps),
      values: stated(found.values, values),
      channelOrder: stated(found.channelOrder, channelOrder),
    }
  } catch (error) {
    throw error instanceof GradcamError ? invalid(file, error.message, error.hint) : error
  }
}

const invalid = (file: string, problem: string, hint: string): GradcamError =>
  new GradcamError('model-invalid', `${file}: ${problem}`, { hint })
