/** @file Image processors of classifiers and the like whose steps are not the usual ones. */
import type { Step } from '../preprocessing.ts'
import type { Configuration } from './configuration.ts'
import { computedSide, has } from './fields.ts'
import { cropping, divisorOf, padding, padsOf, resizing, thenUsual, widened } from './processor-pieces.ts'
import { rectangleOf, shortestOf, sizeOf } from './processor-sizes.ts'

export const plain = (configuration: Configuration): Step[] => thenUsual(configuration, resizing(configuration))

/** The shorter side to ⌊size · 256 / 224⌋. */
export function levit(configuration: Configuration): Step[] {
  const to = sizeOf(configuration)
  const shortest = to && typeof to !== 'string' && 'shortest' in to ? to.shortest : undefined
  const wide = shortest === undefined ? to : { shortest: computedSide((256 / 224) * shortest, 'size · 256 / 224', configuration.file) }
  return thenUsual(configuration, resizing(configuration, wide))
}

/** The shorter side to size / crop_pct, then a crop; from 384 pixels on, squeezed into the square. */
export function convnext(configuration: Configuration): Step[] {
  const to = sizeOf(configuration)
  if (!to) return thenUsual(configuration, [])
  const square = shortestOf(to) ?? rectangleOf(configuration, to).height
  const whole = { height: square, width: square }
  if (square >= 384) return thenUsual(configuration, resizing(configuration, whole))
  const wide = resizing(configuration, widened(configuration, { shortest: square }))
  return thenUsual(configuration, wide.length > 0 ? [...wide, { kind: 'crop', to: whole }] : [])
}

export function poolformer(configuration: Configuration): Step[] {
  const to = sizeOf(configuration)
  const wide = to && has(configuration.fields, 'crop_pct') ? widened(configuration, to) : to
  return thenUsual(configuration, resizing(configuration, wide))
}

/** A share of the shorter side is cropped first. */
export function perceiver(configuration: Configuration): Step[] {
  const [crop] = cropping(configuration)
  const to = sizeOf(configuration)
  const size = to && rectangleOf(configuration, to)
  if (crop?.kind !== 'crop' || !size || !('height' in crop.to)) return resizing(configuration)
  const ofShorter = { height: size.height / crop.to.height, width: size.width / crop.to.width }
  return [{ kind: 'crop', to: { ofShorter } }, ...resizing(configuration)]
}

export const glpn = (configuration: Configuration): Step[] =>
  resizing(configuration, 'photo', { multiple: { of: divisorOf(configuration), rounding: 'down' } })

/** Shorter and longer side in the proportion of 800 and 1333, then whole patches. */
export function vilt(configuration: Configuration): Step[] {
  const to = sizeOf(configuration)
  if (!to) return cropping(configuration)
  const shortest = shortestOf(to) ?? rectangleOf(configuration, to).height
  const longest = computedSide((1333 / 800) * shortest, 'size · 1333 / 800', configuration.file)
  const multiple = { of: divisorOf(configuration), rounding: 'down' } as const
  return [...resizing(configuration, { shortest, longest, rounding: 'half-up' }, { multiple }), ...cropping(configuration)]
}

export const textnet = (configuration: Configuration): Step[] =>
  thenUsual(configuration, resizing(configuration, undefined, { multiple: { of: divisorOf(configuration), rounding: 'up' } }))

export const swin2sr = (configuration: Configuration): Step[] =>
  padsOf(configuration) ? [{ kind: 'pad', to: { multiple: divisorOf(configuration), more: true }, place: 'start', fill: 'symmetric' }] : []

export const vitmatte = (configuration: Configuration): Step[] =>
  padsOf(configuration) ? [{ kind: 'pad', to: { multiple: divisorOf(configuration) }, place: 'start', fill: { value: 0 } }] : []

/** Values stay fractions when resized: the photo is scaled before. */
export const fractional = (configuration: Configuration): Step[] =>
  thenUsual(configuration, resizing(configuration, undefined, { fractional: true }))

/** Frames of videos, longest side first. */
export function tvp(configuration: Configuration): Step[] {
  const { fields } = configuration
  const to = sizeOf(configuration)
  const longest = to && typeof to !== 'string' && 'longest' in to ? { longest: to.longest } : to
  const value = fields['constant_values']
  const mode = fields['pad_mode']
  const fill = mode === 'reflect' || mode === 'symmetric' ? mode : { value: typeof value === 'number' ? value : 0 }
  return [...resizing(configuration, longest), ...cropping(configuration), ...padding(configuration, padsOf(configuration), { fill })]
}
