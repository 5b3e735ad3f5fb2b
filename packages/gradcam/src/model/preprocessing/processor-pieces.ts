/** @file The steps that nearly all image processors share: resize, crop, pad. */
import type { CropStep, PadStep, ResizeStep, ResizeTo, Step } from '../preprocessing.ts'
import { type Configuration, does } from './configuration.ts'
import { computedSide, has, isFields, numbers, rectangle, share, side, smoothFilter } from './fields.ts'
import { rectangleOf, shortestOf, sizeOf } from './processor-sizes.ts'

/** The filter by the field `resample`. */
export const filterOf = ({ fields, file }: Configuration): ResizeStep['filter'] =>
  has(fields, 'resample') ? smoothFilter(fields['resample'], 'resample', file) : 'bilinear'

/** A resize, where the flag is on and a size is known. */
export function resizing(configuration: Configuration, to?: ResizeTo, more?: Partial<ResizeStep>): Step[] {
  const target = to ?? sizeOf(configuration)
  if (!target || !does(configuration, 'do_resize', has(configuration.fields, 'size'))) return []
  const step: ResizeStep = { kind: 'resize', to: target, filter: filterOf(configuration), ...more }
  return [configuration.processor?.torchvision && !step.fractional ? { ...step, torchvision: true } : step]
}

export function cropping(configuration: Configuration): Step[] {
  const { fields, file, processor } = configuration
  const field = has(fields, 'crop_size') ? 'crop_size' : 'size'
  if (!does(configuration, 'do_center_crop', field === 'crop_size') || !has(fields, field)) return []
  const value = fields[field]
  const edge = isFields(value) && has(value, 'shortest_edge') ? value['shortest_edge'] : value
  const odd: Pick<CropStep, 'odd'> = processor?.torchvision ? { odd: 'truncate' } : {}
  return [{ kind: 'crop', to: rectangle(edge, field, file), ...odd }]
}

export const padsOf = (configuration: Configuration): boolean => does(configuration, 'do_pad', has(configuration.fields, 'pad_size'))

/** Padding to `pad_size`, after normalising; of one photo alone there is none without it. */
export function padding({ fields, file }: Configuration, wanted: boolean, more?: Partial<PadStep>): Step[] {
  if (!wanted || !has(fields, 'pad_size')) return []
  return [{ kind: 'pad', to: rectangle(fields['pad_size'], 'pad_size', file), place: 'start', fill: { value: 0 }, ...more }]
}

/** Steps, then the usual crop and padding. */
export const thenUsual = (configuration: Configuration, steps: Step[]): Step[] => [
  ...steps,
  ...cropping(configuration),
  ...padding(configuration, padsOf(configuration)),
]

/** `size / crop_pct`, on the shorter side where that is one number. */
export function widened(configuration: Configuration, to: ResizeTo): ResizeTo {
  const { fields, file } = configuration
  const pct = share(fields['crop_pct'], 'crop_pct', file)
  const wide = (length: number): number => computedSide(length / pct, 'size / crop_pct', file)
  if (typeof to !== 'string' && 'height' in to && to.height !== to.width) return { height: wide(to.height), width: wide(to.width) }
  return { shortest: wide(shortestOf(to) ?? rectangleOf(configuration, to).height) }
}

/** The mean colour, in whole levels. */
export function backgroundOf({ fields, file }: Configuration): readonly number[] {
  if (!has(fields, 'image_mean')) return [127]
  return numbers(fields['image_mean'], 'image_mean', file).map((mean) => Math.trunc(mean * 255))
}

/** The multiple that sides are rounded to. */
export const divisorOf = ({ fields, file }: Configuration, field = 'size_divisor'): number => side(fields[field], field, file)
