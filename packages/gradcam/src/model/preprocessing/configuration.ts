/** @file A configuration of an image processor: a file's fields, on top of what its class has by default. */
import { GradcamError } from '../../core/errors.ts'
import { flag, type Fields, invalid, objectOf, type Source } from './fields.ts'
import { commonFields, patchMakers, type Processor, processors, type Rule } from './processors.ts'

export interface Configuration extends Source {
  /** The class's defaults, under the fields that the file has and the class reads. */
  fields: Fields
  /** The file's own fields, by their names of today. */
  given: Fields
  /** The class without `ImageProcessor`; empty where none is named. */
  kind: string
  /** Undefined where the class is unknown or not named. */
  processor: Processor | undefined
  /** `plain` where the class is unknown. */
  rule: Rule
}

/** Mean and deviation by name. */
export const normals = {
  imagenet: { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] },
  half: { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] },
  clip: { image_mean: [0.48145466, 0.4578275, 0.40821073], image_std: [0.26862954, 0.26130258, 0.27577711] },
} as const

/** Fields that say who made the file, or that classes of earlier versions had. */
const papers = ['image_processor_type', 'feature_extractor_type', 'processor_class', 'auto_map', '_valid_processor_keys', 'max_size']

/** Fields of earlier versions by the names of today. */
const renamed: Readonly<Record<string, string>> = {
  size_divisibility: 'size_divisor',
  rescale: 'do_rescale',
  pad_and_return_pixel_mask: 'do_pad',
  reduce_labels: 'do_reduce_labels',
}

/** What turns a picture into several, or into something else. */
const noPictures: Readonly<Record<string, string>> = {
  crop_to_patches: 'patches, not a picture',
  do_image_splitting: 'patches, not a picture',
  do_split_image: 'patches, not a picture',
  split_image: 'patches, not a picture',
  do_pan_and_scan: 'patches, not a picture',
  do_color_quantize: 'numbers of colours, not a picture',
  do_align_long_axis: 'a turned picture',
}

/** null and absent mean the same in these files. */
function modern(fields: Fields): Fields {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)
  const old = entries.filter(([name]) => renamed[name] !== undefined).map(([name, value]) => [renamed[name] as string, value] as const)
  return Object.fromEntries([...old, ...entries.filter(([name]) => renamed[name] === undefined)])
}

/** The class that a file names, without `ImageProcessor`, `FeatureExtractor` and what tells its versions apart. */
function kindOf({ fields, file }: Source): string {
  const type = fields['image_processor_type'] ?? fields['feature_extractor_type']
  if (type === undefined || type === null) return ''
  if (typeof type !== 'string') throw invalid(file, 'image_processor_type', type, 'the name of a class')
  return type.replace(/(Pil|Fast)$/, '').replace(/(ImageProcessor|FeatureExtractor)$/, '')
}

/** The fields of the image processor: at the top, or in an object of their own. */
function unfolded(source: Source): Source {
  const inner = ['image_processor', 'image_processor_config', 'feature_extractor'].map((name) => source.fields[name])
  const found = inner.find((value) => typeof value === 'object' && value !== null)
  return found === undefined ? source : objectOf(found, source.file)
}

/** The fields that a class reads, or knows to be of no matter. */
export const fieldsOf = ({ fields, silent = [], open = [] }: Processor): ReadonlySet<string> =>
  new Set([...Object.keys(fields), ...silent, ...open, ...commonFields, ...papers, 'use_square_size'])

/** Every field that some class has. */
export function everyField(): ReadonlySet<string> {
  return new Set(Object.values(processors).flatMap((processor) => Array.from(fieldsOf(processor))))
}

/** @throws {GradcamError} `unsupported-model` for a class that makes patches, `model-invalid` for what is no configuration */
export function configurationOf(json: unknown, file: string): Configuration {
  const source = unfolded(objectOf(json, file))
  const kind = kindOf(source)
  const given = modern(source.fields)
  if (patchMakers.has(kind)) throw noPicture(`${kind}ImageProcessor makes patches, not a picture`)
  // also where a flag decides nothing
  for (const name of commonFields) if (name.startsWith('do_')) flag({ file, fields: given }, name, false)
  const processor = Object.hasOwn(processors, kind) ? processors[kind] : undefined
  if (!processor) return { file, given, fields: given, kind, processor, rule: 'plain' }
  const read = fieldsOf(processor)
  const fields = {
    rescale_factor: 1 / 255,
    ...(processor.normal && normals[processor.normal]),
    ...processor.fields,
    ...Object.fromEntries(Object.entries(given).filter(([name]) => read.has(name))),
  }
  const configuration: Configuration = { file, given, fields, kind, processor, rule: processor.rule }
  for (const [name, what] of Object.entries(noPictures)) {
    if (flag(configuration, name, false)) throw noPicture(`${kind}ImageProcessor with ${name} makes ${what}`)
  }
  return configuration
}

function noPicture(message: string): GradcamError {
  return new GradcamError('unsupported-model', message, { hint: 'give the input as a .npy or .pb tensor, as that class makes it' })
}

/** A flag that the class looks at. */
export function does(configuration: Configuration, name: string, otherwise: boolean): boolean {
  const { processor } = configuration
  const value = flag(configuration, name, processor ? false : otherwise)
  return value && !processor?.never?.includes(name)
}
