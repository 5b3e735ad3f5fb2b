/** @file What timm's config.json and OpenCLIP's open_clip_config.json say: their transforms for evaluation. */
import type { Size } from '../../core/pixels.ts'
import { type Filter, imagenetMean, imagenetStd, type Preprocessing, type Step } from '../preprocessing.ts'
import { normals } from './configuration.ts'
import {
  computedSide,
  deviations,
  type Fields,
  has,
  invalid,
  numbers,
  objectOf,
  rectangle,
  type Said,
  share,
  side,
  smoothFilter,
} from './fields.ts'
import type { ReadPreprocessing } from './processor.ts'

const defaulted = (name: string, what: unknown, by: string): Said => ({
  finding: 'class-default',
  name,
  what: `${String(what)} by default of ${by}`,
})

/** An unknown word is refused; `random` and absent are the usual filter. */
function interpolation(value: unknown, file: string): Filter {
  return value === undefined || value === null || value === '' || value === 'random'
    ? 'bicubic'
    : smoothFilter(value, 'interpolation', file)
}

function inputSize(value: unknown, file: string): Size {
  if (value === undefined || value === null) return { height: 224, width: 224 }
  if (!Array.isArray(value) || value.length !== 3) throw invalid(file, 'input_size', value, 'a list of channels, height and width')
  return { height: side(value[1], 'input_size', file), width: side(value[2], 'input_size', file) }
}

/** Resize by crop share and mode, then crop. */
function timmSteps(size: Size, fields: Fields, mean: readonly number[], file: string): Step[] {
  const pct = has(fields, 'crop_pct') && fields['crop_pct'] !== 0 ? share(fields['crop_pct'], 'crop_pct', file) : 0.875
  const filter = interpolation(fields['interpolation'], file)
  const wide = (length: number): number => computedSide(Math.floor(length / pct), 'input_size / crop_pct', file)
  const scaled = { height: wide(size.height), width: wide(size.width) }
  const mode = fields['crop_mode'] || 'center'
  const crop: Step = { kind: 'crop', to: size, odd: 'even' }
  if (mode === 'squash') return [{ kind: 'resize', to: scaled, filter }, crop]
  if (mode === 'border') {
    const fill = mean.map((level) => Math.round(255 * level))
    return [{ kind: 'resize', to: { inside: scaled, rounding: 'nearest' }, filter }, { kind: 'pad', to: size, place: 'middle', fill }, crop]
  }
  if (mode !== 'center') throw invalid(file, 'crop_mode', mode, 'center, squash or border')
  const to = scaled.height === scaled.width ? { shortest: scaled.height } : { cover: scaled }
  return [{ kind: 'resize', to, filter }, crop]
}

/**
 * Reads timm's `config.json`: the picture of `pretrained_cfg` (or, in old files, of the file itself) as its transform for
 * evaluation makes it.
 *
 * @throws {GradcamError} `model-invalid` naming the field that makes no sense
 */
export function readTimm(json: unknown, file = 'config.json'): ReadPreprocessing {
  const { fields: whole } = objectOf(json, file)
  const { fields } = objectOf(whole['pretrained_cfg'] ?? whole, file)
  const mean = has(fields, 'mean') ? numbers(fields['mean'], 'mean', file) : imagenetMean
  const std = has(fields, 'std') ? deviations(fields['std'], 'std', file) : imagenetStd
  const usual: Readonly<Record<string, unknown>> = {
    input_size: '3×224×224',
    interpolation: 'bicubic',
    crop_pct: 0.875,
    mean: imagenetMean,
    std: imagenetStd,
  }
  return {
    preprocessing: {
      steps: timmSteps(inputSize(fields['input_size'], file), fields, mean, file),
      scale: 1 / 255,
      mean,
      std,
      channelOrder: 'rgb',
      layout: 'nchw',
    },
    kind: 'timm',
    said: Object.entries(usual).flatMap(([name, value]) => (has(fields, name) ? [] : [defaulted(name, value, 'timm')])),
  }
}

/** Reads `open_clip_config.json`: its `preprocess_cfg`, and the size of its model. */
export function readOpenClip(json: unknown, file = 'open_clip_config.json'): ReadPreprocessing {
  const { fields: whole } = objectOf(json, file)
  const { fields } = objectOf(whole['preprocess_cfg'] ?? {}, file)
  const model = objectOf(whole['model_cfg'] ?? {}, file).fields
  const vision = objectOf(model['vision_cfg'] ?? {}, file).fields
  const size = rectangle(fields['size'] ?? vision['image_size'] ?? 224, 'size', file)
  const mean = has(fields, 'mean') ? numbers(fields['mean'], 'mean', file) : normals.clip.image_mean
  const std = has(fields, 'std') ? deviations(fields['std'], 'std', file) : normals.clip.image_std
  const preprocessing: Preprocessing = {
    steps: openClipSteps(size, fields, file),
    scale: 1 / 255,
    mean,
    std,
    channelOrder: 'rgb',
    layout: 'nchw',
  }
  return {
    preprocessing,
    kind: 'open_clip',
    said: ['mean', 'std', 'size'].flatMap((name) =>
      has(fields, name)
        ? []
        : [defaulted(name, name === 'size' ? `${size.height}×${size.width}` : name === 'mean' ? mean : std, 'OpenCLIP')],
    ),
  }
}

function openClipSteps(size: Size, fields: Fields, file: string): Step[] {
  const filter = interpolation(fields['interpolation'], file)
  const mode = fields['resize_mode'] ?? 'shortest'
  const crop: Step = { kind: 'crop', to: size, odd: 'even' }
  if (mode === 'squash') return [{ kind: 'resize', to: size, filter }]
  if (mode === 'longest') {
    const fill = numbers(fields['fill_color'] ?? 0, 'fill_color', file)
    return [{ kind: 'resize', to: { inside: size, rounding: 'nearest' }, filter }, { kind: 'pad', to: size, place: 'middle', fill }, crop]
  }
  if (mode !== 'shortest') throw invalid(file, 'resize_mode', mode, 'shortest, longest or squash')
  // whatever the file says: a size that is no square is always resized bicubically
  const resize: Step =
    size.height === size.width
      ? { kind: 'resize', to: { shortest: size.height }, filter }
      : { kind: 'resize', to: { cover: size }, filter: 'bicubic' }
  return [resize, crop]
}
