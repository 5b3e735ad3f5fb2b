/** @file How a network wants its photos: the info of a Hugging Face `preprocessor_config.json`, checked. */
import { GradcamError } from '../core/errors.ts'
import type { ImageLayout, Size } from '../core/pixels.ts'

/** Resampling filters by Pillow's names. */
export type Filter = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos'

/** Resize to exactly this, or so that the shorter side gets a length (and the longer one not more than a bound). */
export type ResizeTo = Size | { shortestEdge: number; longestEdge?: number }

/** Steps in the order in which they happen: resize, centre crop, scale, normalise, reorder channels. */
export interface Preprocessing {
  /** undefined: no resizing. */
  size: ResizeTo | undefined
  filter: Filter
  /** Centre crop; where the photo is smaller, black is added around it. */
  crop: Size | undefined
  /** Factor on the pixel values 0 … 255; 1 for none. */
  scale: number
  /** Subtracted after scaling, in the network's own channel order; one value serves all channels, empty for none. */
  mean: readonly number[]
  /** Divided by after subtracting; like `mean`. */
  std: readonly number[]
  channelOrder: 'rgb' | 'bgr'
  /** A hint only: the shape of the model's input decides. */
  layout: ImageLayout
}

const imagenetMean = [0.485, 0.456, 0.406]
const imagenetStd = [0.229, 0.224, 0.225]
const resamples: readonly Filter[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] // Pillow's numbers
/** Pixels of a side. */
export const largestSide = 16384

type Fields = Record<string, unknown>

const invalid = (field: string, value: unknown, wanted: string): GradcamError =>
  new GradcamError('model-invalid', `preprocessor_config.json: ${field} is ${show(value)}`, { hint: `${field} must be ${wanted}` })

function show(value: unknown): string {
  if (typeof value === 'number') return String(value) // JSON.stringify turns NaN into null
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** null and absent mean the same in these files. */
const has = (fields: Fields, name: string): boolean => fields[name] !== undefined && fields[name] !== null

function side(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= largestSide) return value
  throw invalid(field, value, `a whole number from 1 to ${largestSide}`)
}

function flag(fields: Fields, name: string, otherwise: boolean): boolean {
  const value = fields[name] ?? otherwise
  if (typeof value === 'boolean') return value
  throw invalid(name, value, 'true or false')
}

function finite(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw invalid(field, value, 'a finite number')
}

function statistics(fields: Fields, name: string, otherwise: readonly number[]): readonly number[] {
  const value = fields[name] ?? otherwise
  const list = Array.isArray(value) ? value : [value]
  if (list.length < 1 || list.length > 4) throw invalid(name, value, 'one number per channel')
  return list.map((one) => finite(one, name))
}

function rectangle(value: unknown, field: string): Size {
  if (!isFields(value)) return { height: side(value, field), width: side(value, field) }
  return { height: side(value['height'], `${field}.height`), width: side(value['width'], `${field}.width`) }
}

/**
 * A bare number means the shorter side to the processors that crop afterwards (CLIP, ConvNeXT, MobileNet …), a square to
 * the vision transformers', whatever they do afterwards.
 */
const squares = /^(ViT|DeiT|Beit|DPT|Segformer|Swin|Data2Vec)/

function parseSize(fields: Fields, kind: string, crops: boolean): ResizeTo {
  const { size } = fields
  if (!isFields(size)) {
    const length = side(size, 'size')
    return crops && !squares.test(kind) ? { shortestEdge: length } : { height: length, width: length }
  }
  if (!has(size, 'shortest_edge')) return rectangle(size, 'size')
  const shortestEdge = side(size['shortest_edge'], 'size.shortest_edge')
  if (!has(size, 'longest_edge')) return { shortestEdge }
  return { shortestEdge, longestEdge: side(size['longest_edge'], 'size.longest_edge') }
}

/**
 * ConvNeXT and PoolFormer: resize the shorter side to size / crop_pct, then crop to size. ConvNeXT squeezes photos into
 * the square instead from 384 pixels on.
 */
function withCropShare(size: ResizeTo, share: number, crop: Preprocessing['crop'], kind: string): Pick<Preprocessing, 'size' | 'crop'> {
  const wanted = 'shortestEdge' in size ? { height: size.shortestEdge, width: size.shortestEdge } : size
  if (kind.startsWith('ConvNe') && wanted.height >= 384) return { size: wanted, crop: undefined }
  const shortestEdge = side(Math.trunc(Math.min(wanted.height, wanted.width) / share), 'size / crop_pct')
  return { size: { shortestEdge }, crop: crop ?? wanted }
}

function parseFilter(value: unknown): Filter {
  const filter = typeof value === 'number' ? resamples[value] : resamples.find((name) => name === value)
  if (filter) return filter
  throw invalid('resample', value, `0 to 5 (${resamples.join(', ')})`)
}

function parseGeometry(fields: Fields, kind: string): Pick<Preprocessing, 'size' | 'crop'> {
  const crop = flag(fields, 'do_center_crop', has(fields, 'crop_size')) ? (fields['crop_size'] ?? fields['size']) : undefined
  const cropped = crop === undefined ? undefined : rectangle(crop, has(fields, 'crop_size') ? 'crop_size' : 'size')
  if (!flag(fields, 'do_resize', has(fields, 'size')) || !has(fields, 'size')) return { size: undefined, crop: cropped }
  const convnext = kind.startsWith('ConvNe')
  const size = parseSize(fields, kind, cropped !== undefined || convnext)
  if (!has(fields, 'crop_pct') && !convnext) return { size, crop: cropped }
  const share = has(fields, 'crop_pct') ? finite(fields['crop_pct'], 'crop_pct') : 224 / 256
  if (share <= 0 || share > 1) throw invalid('crop_pct', share, 'above 0 and at most 1')
  return withCropShare(size, share, cropped, kind)
}

function parseValues(fields: Fields, kind: string): Pick<Preprocessing, 'scale' | 'mean' | 'std'> {
  const rescales = flag(fields, 'do_rescale', true)
  const scale = rescales ? finite(fields['rescale_factor'] ?? 1 / 255, 'rescale_factor') : 1
  const half = /^(ViT|DeiT|Beit|DPT)/.test(kind)
  const normalises = flag(fields, 'do_normalize', has(fields, 'image_mean') || has(fields, 'image_std'))
  let mean = normalises ? statistics(fields, 'image_mean', half ? [0.5, 0.5, 0.5] : imagenetMean) : []
  let std = normalises ? statistics(fields, 'image_std', half ? [0.5, 0.5, 0.5] : imagenetStd) : []
  if (std.includes(0)) throw invalid('image_std', fields['image_std'], 'a number other than 0')
  // EfficientNet: values from −1 to 1 before normalising, and with its head a second division
  if (flag(fields, 'rescale_offset', false) && rescales) mean = mean.length > 0 ? mean.map((m) => m + 1) : [1]
  if (kind.startsWith('EfficientNet') && flag(fields, 'include_top', true)) std = std.map((s) => s * s)
  return { scale, mean, std }
}

/**
 * Reads a parsed `preprocessor_config.json`. Every field means what it means to Hugging Face's image processors; fields
 * that are not about pixels are ignored.
 *
 * @throws {GradcamError} `model-invalid` naming the field that makes no sense (sides beyond 16384, NaN, a deviation of 0 …)
 * @example parsePreprocessing({ size: 224, resample: 3, image_mean: [0.5], image_std: [0.5] })
 */
export function parsePreprocessing(json: unknown): Preprocessing {
  if (!isFields(json)) {
    throw new GradcamError('model-invalid', `preprocessor_config.json holds ${show(json)}, not an object`, {
      hint: 'take the file that was published with the model, or delete it to use the usual ImageNet preprocessing',
    })
  }
  const type = json['image_processor_type'] ?? json['feature_extractor_type']
  const kind = typeof type === 'string' ? type : ''
  const order = json['data_format'] ?? 'channels_first'
  if (order !== 'channels_first' && order !== 'channels_last') throw invalid('data_format', order, 'channels_first or channels_last')
  return {
    ...parseGeometry(json, kind),
    filter: has(json, 'resample') ? parseFilter(json['resample']) : 'bilinear',
    ...parseValues(json, kind),
    channelOrder: flag(json, 'do_flip_channel_order', false) ? 'bgr' : 'rgb',
    layout: order === 'channels_last' ? 'nhwc' : 'nchw',
  }
}

/** What most ImageNet networks want, for a model that says nothing: squeeze to the input's size, 0 … 1, ImageNet's mean and deviation. */
export function defaultPreprocessing(input: { height: number; width: number; channels: number }): Preprocessing {
  const colour = input.channels === 3
  return {
    size: { height: input.height, width: input.width },
    filter: 'bilinear',
    crop: undefined,
    scale: 1 / 255,
    mean: colour ? imagenetMean : [],
    std: colour ? imagenetStd : [],
    channelOrder: 'rgb',
    layout: 'nchw',
  }
}

/** The values of black and white pixels after preprocessing, channel by channel. A negative scale makes black the larger. */
export interface ValueRange {
  black: readonly number[]
  white: readonly number[]
}

/** Undefined where the preprocessing is unknown. */
export function valueRange(spec: Preprocessing | undefined, channels: number): ValueRange | undefined {
  if (!spec) return undefined
  const at = (level: number, c: number): number =>
    (level * spec.scale - (spec.mean[c] ?? spec.mean[0] ?? 0)) / (spec.std[c] ?? spec.std[0] ?? 1)
  const all = (level: number): number[] => Array.from({ length: channels }, (_, c) => at(level, c))
  return { black: all(0), white: all(255) }
}
