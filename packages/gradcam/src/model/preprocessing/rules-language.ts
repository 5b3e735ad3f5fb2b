/** @file Image processors of language models that make one picture, and of documents. */
import type { Size } from '../../core/pixels.ts'
import type { Step } from '../preprocessing.ts'
import type { Configuration } from './configuration.ts'
import { flag, has, rectangle, side } from './fields.ts'
import { backgroundOf, cropping, filterOf, padding, padsOf, resizing, thenUsual } from './processor-pieces.ts'
import { rectangleOf, sizeOf } from './processor-sizes.ts'

/** A square in the mean colour first. */
export function llava(configuration: Configuration): Step[] {
  const square: Step[] = padsOf(configuration) ? [{ kind: 'pad', to: 'square', place: 'middle', fill: backgroundOf(configuration) }] : []
  return [...square, ...resizing(configuration), ...cropping(configuration)]
}

/** The longer side to a length, then a square in the mean colour. */
function squared(configuration: Configuration, longest: number): Step[] {
  const { fields, file } = configuration
  const atLeast = side(fields['min_size'] ?? 1, 'min_size', file)
  const square: Step[] = padsOf(configuration) ? [{ kind: 'pad', to: 'square', place: 'middle', fill: backgroundOf(configuration) }] : []
  return [...resizing(configuration, { longest, atLeast, rounding: 'nearest' }), ...square]
}

const sizeIn = (configuration: Configuration): Size => rectangleOf(configuration, sizeOf(configuration) ?? 'input')

export const deepseek = (configuration: Configuration): Step[] => squared(configuration, sizeIn(configuration).height)

/** Once large, then small. */
export function deepseekHybrid(configuration: Configuration): Step[] {
  const { given, file } = configuration
  const large = rectangle(given['high_res_size'] ?? 1024, 'high_res_size', file).height
  return [...squared(configuration, large), ...squared(configuration, sizeIn(configuration).height)]
}

export function aria(configuration: Configuration): Step[] {
  const { fields, file } = configuration
  const longest = side(fields['max_image_size'], 'max_image_size', file)
  const atLeast = side(fields['min_image_size'], 'min_image_size', file)
  return [
    { kind: 'resize', to: { longest, atLeast }, filter: filterOf(configuration) },
    { kind: 'pad', to: { height: longest, width: longest }, place: 'start', fill: [0] },
  ]
}

export function idefics2(configuration: Configuration): Step[] {
  const to = sizeOf(configuration)
  if (!to || typeof to === 'string' || !('shortest' in to) || to.longest === undefined) return resizing(configuration)
  return resizing(configuration, { longest: to.longest, atLeast: to.shortest, grow: false })
}

/** Not larger than a square, in whole patches. */
export function pixtral(configuration: Configuration): Step[] {
  const to = sizeOf(configuration)
  if (!to) return thenUsual(configuration, [])
  const square = typeof to !== 'string' && 'longest' in to ? to.longest : undefined
  const inside = square === undefined ? rectangleOf(configuration, to) : { height: square, width: square }
  const patch = rectangle(configuration.fields['patch_size'], 'patch_size', configuration.file)
  const steps = resizing(configuration, { inside, grow: false }, { multiple: { of: patch.height, rounding: 'up' } })
  return [...steps, ...cropping(configuration)]
}

/** Pages: the empty margin goes, then as large as fits, with black around it. */
export function donut(configuration: Configuration): Step[] {
  const size = has(configuration.fields, 'size') ? sizeIn(configuration) : undefined
  const filter = filterOf(configuration)
  const steps: Step[] = flag(configuration, 'do_crop_margin', false) ? [{ kind: 'crop', to: { darkerThan: 200 } }] : []
  if (!size) return [...steps, ...padding(configuration, padsOf(configuration))]
  steps.push(...resizing(configuration, { shortest: Math.min(size.height, size.width) }))
  if (flag(configuration, 'do_thumbnail', false)) {
    const thumbnail = { inside: size, grow: false } as const
    const made = configuration.kind === 'Donut' ? filter : 'bicubic'
    steps.push({
      kind: 'resize',
      to: thumbnail,
      filter: made,
      ...(configuration.processor?.torchvision && { torchvision: true }),
      ...(configuration.kind === 'Nougat' && { reducingGap: 2 }),
    })
  }
  if (padsOf(configuration)) steps.push({ kind: 'pad', to: size, place: 'middle', fill: [0] })
  return [...steps, ...cropping(configuration)]
}
