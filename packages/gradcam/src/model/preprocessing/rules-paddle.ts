/** @file Image processors of PaddleOCR's networks. */
import type { ResizeTo, Step } from '../preprocessing.ts'
import type { Configuration } from './configuration.ts'
import { has, invalid, side } from './fields.ts'
import { divisorOf, padsOf, padding, resizing, thenUsual } from './processor-pieces.ts'
import { rectangleOf, sizeOf } from './processor-sizes.ts'
import { cornered, neighbouring } from './rules-dense.ts'

export function ppLcnet(configuration: Configuration): Step[] {
  const { fields, file } = configuration
  if (!has(fields, 'resize_short')) return thenUsual(configuration, resizing(configuration))
  const shortest = side(fields['resize_short'], 'resize_short', file)
  const multiple = { of: divisorOf(configuration), rounding: 'up' } as const
  return thenUsual(configuration, resizing(configuration, { shortest, rounding: 'nearest' }, { multiple }))
}

/** Text detection: a bound on one side, whole multiples of 32. */
export function ppOcrDetection(configuration: Configuration): Step[] {
  const { fields, file } = configuration
  const limit = side(fields['limit_side_len'], 'limit_side_len', file)
  const targets: Readonly<Record<string, ResizeTo>> = {
    max: { longest: limit, grow: false },
    min: { shortest: limit, shrink: false, longest: side(fields['max_side_limit'], 'max_side_limit', file) },
    resize_long: { longest: limit },
  }
  const to = targets[String(fields['limit_type'])]
  if (!to) throw invalid(file, 'limit_type', fields['limit_type'], Object.keys(targets).join(', '))
  return resizing(configuration, to, { multiple: { of: 32, rounding: 'nearest' }, fractional: true })
}

/** Text recognition: a line of a fixed height. */
function line(configuration: Configuration): ResizeTo | undefined {
  const { fields, file } = configuration
  const to = sizeOf(configuration)
  return to && { line: { ...rectangleOf(configuration, to), longest: side(fields['max_image_width'], 'max_image_width', file) } }
}

export const ppOcrRecognition = (configuration: Configuration): Step[] =>
  thenUsual(configuration, resizing(configuration, line(configuration), { fractional: true }))

export const ppOcrRecognition6 = (configuration: Configuration): Step[] =>
  thenUsual(configuration, resizing(configuration, line(configuration), neighbouring(configuration)))

export function slanext(configuration: Configuration): Step[] {
  const to = sizeOf(configuration)
  const size = to && rectangleOf(configuration, to)
  const longest = size && { longest: Math.max(size.height, size.width), rounding: 'nearest' as const }
  return [...resizing(configuration, longest, { filter: 'linear' }), ...padding(configuration, padsOf(configuration))]
}

export const uvdoc = (configuration: Configuration): Step[] => resizing(configuration, undefined, cornered(configuration))
