/** @file Image processors of detectors, segmentation and depth networks whose steps are not the usual ones. */
import type { Size } from '../../core/pixels.ts'
import type { ResizeStep, ResizeTo, Step } from '../preprocessing.ts'
import type { Configuration } from './configuration.ts'
import { finite, flag, has } from './fields.ts'
import { cropping, divisorOf, filterOf, padding, padsOf, resizing, thenUsual } from './processor-pieces.ts'
import { rectangleOf, sizeOf } from './processor-sizes.ts'

/** Size and rounding by `keep_aspect_ratio` and `ensure_multiple_of`. */
export function proportional(configuration: Configuration): { to: ResizeTo | undefined; more: Partial<ResizeStep> } {
  const { fields, file } = configuration
  const to = sizeOf(configuration)
  const size = to && rectangleOf(configuration, to)
  const keeps = flag(configuration, 'keep_aspect_ratio', false)
  const of = finite(fields['ensure_multiple_of'] ?? 1, 'ensure_multiple_of', file)
  return {
    to: size && keeps ? { nearest: size } : size,
    more: of === 1 && !keeps ? {} : { multiple: { of, rounding: 'nearest' } },
  }
}

export function dpt(configuration: Configuration): Step[] {
  const { to, more } = proportional(configuration)
  const pads = padsOf(configuration) && has(configuration.fields, 'size_divisor')
  const pad: Step[] = pads ? [{ kind: 'pad', to: { multiple: divisorOf(configuration) }, place: 'middle', fill: { value: 0 } }] : []
  return [...resizing(configuration, to, more), ...cropping(configuration), ...pad]
}

/** A mirrored margin first, then corner on corner. */
export function zoedepth(configuration: Configuration): Step[] {
  const { to, more } = proportional(configuration)
  const margin: Step[] = padsOf(configuration) ? [{ kind: 'pad', to: { rootMargin: 3 }, place: 'middle', fill: 'reflect' }] : []
  return [...margin, ...resizing(configuration, to, { ...more, ...cornered(configuration) })]
}

/** Resampling of PyTorch with `align_corners`, on fractions. */
export const cornered = (configuration: Configuration): Partial<ResizeStep> => ({
  filter: filterOf(configuration) === 'bicubic' ? 'cubic-corners' : 'linear-corners',
  fractional: true,
})

/** Resampling without antialiasing. */
export function neighbouring(configuration: Configuration): Partial<ResizeStep> {
  const filter = filterOf(configuration)
  return { filter: filter === 'bilinear' ? 'linear' : filter === 'bicubic' ? 'cubic' : filter }
}

export const neighbours = (configuration: Configuration): Step[] =>
  thenUsual(configuration, resizing(configuration, undefined, neighbouring(configuration)))

/** Scaled first, then resized and clipped. */
export const clippedNeighbours = (configuration: Configuration): Step[] =>
  neighbours(configuration).map((step) => (step.kind === 'resize' ? { kind: 'resize', to: step.to, filter: step.filter } : step))

export const fractionalNeighbours = (configuration: Configuration): Step[] =>
  thenUsual(configuration, resizing(configuration, undefined, { ...neighbouring(configuration), fractional: true }))

export const maskformer = (configuration: Configuration): Step[] => [
  ...resizing(configuration, undefined, { multiple: { of: divisorOf(configuration), rounding: 'up' } }),
  ...padding(configuration, true),
]

/** Sides of whole patches of 16. */
export function yolos(configuration: Configuration): Step[] {
  const to = sizeOf(configuration)
  const bounded = to !== undefined && typeof to !== 'string' && 'shortest' in to && to.longest !== undefined
  return thenUsual(configuration, resizing(configuration, to, bounded ? { multiple: { of: 16, rounding: 'down' } } : {}))
}

export function eomt(configuration: Configuration): Step[] {
  const to = sizeOf(configuration)
  const bounds: Size | undefined =
    to && typeof to !== 'string' && 'shortest' in to ? { height: to.shortest, width: to.longest ?? to.shortest } : undefined
  const pad: Step[] = padsOf(configuration) && bounds ? [{ kind: 'pad', to: bounds, place: 'start', fill: [0] }] : []
  return [...resizing(configuration), ...pad]
}

/** Black below or to the right makes a square first. */
export function owlv2(configuration: Configuration): Step[] {
  const square: Step[] = padsOf(configuration) ? [{ kind: 'pad', to: 'square', place: 'start', fill: [0] }] : []
  return [...square, ...resizing(configuration, undefined, { filter: 'gauss-linear', fractional: true })]
}

export function sapiens2(configuration: Configuration): Step[] {
  const to = sizeOf(configuration)
  if (!to || !padsOf(configuration)) return [...resizing(configuration), ...cropping(configuration)]
  const size = rectangleOf(configuration, to)
  const inside = resizing(configuration, { inside: size })
  return [
    ...inside,
    ...(inside.length > 0 ? [{ kind: 'crop' as const, to: size, odd: 'truncate' as const }] : []),
    ...cropping(configuration),
  ]
}
