/** @file The size that a configuration of an image processor names, in each of its forms. */
import type { ResizeTo } from '../preprocessing.ts'
import type { Size } from '../../core/pixels.ts'
import type { Configuration } from './configuration.ts'
import { has, invalid, isFields, rectangle, side } from './fields.ts'

/** Vision transformers take a bare number for a square, whatever they do afterwards; those who crop, for the shorter side. */
const squares = /^(ViT|DeiT|Beit|DPT|Segformer|Swin|Data2Vec)/

/** Their bare number is a shorter side with a bound on the longer one. */
const detrs: ReadonlySet<string> = new Set(['ConditionalDetr', 'DeformableDetr', 'Detr', 'GroundingDino', 'RfDetr', 'Yolos'])

/** What a photo is resized to, by the field `size`; undefined where there is none. */
export function sizeOf(configuration: Configuration): ResizeTo | undefined {
  const { fields, file, given, kind } = configuration
  const size = has(given, 'image_size') && has(fields, 'image_size') ? fields['image_size'] : fields['size']
  if (size === undefined || size === null) return undefined
  const bound = given['max_size'] ?? (detrs.has(kind) ? 1333 : undefined)
  if (Array.isArray(size)) return rectangle(kind === 'Donut' ? size.toReversed() : size, 'size', file)
  if (!isFields(size)) {
    const length = side(size, 'size', file)
    const square = fields['default_to_square'] ?? (squares.test(kind) || (bound === undefined && !crops(configuration)))
    if (square === true) return { height: length, width: length }
    return { shortest: length, ...(bound !== undefined && { longest: side(bound, 'max_size', file) }) }
  }
  const at = (name: string): number => side(size[name], `size.${name}`, file)
  if (has(size, 'shortest_edge')) {
    const shortest = at('shortest_edge')
    if (given['use_square_size'] === true) return { height: shortest, width: shortest }
    return { shortest, ...(has(size, 'longest_edge') && { longest: at('longest_edge') }) }
  }
  if (has(size, 'longest_edge')) return { longest: at('longest_edge'), rounding: 'half-up' }
  if (has(size, 'max_height') || has(size, 'max_width')) return { inside: { height: at('max_height'), width: at('max_width') } }
  if (has(size, 'min_pixels') || has(size, 'max_pixels'))
    throw invalid(file, 'size', size, 'a size in pixels of sides: a number of pixels in all is not supported')
  return rectangle(size, 'size', file)
}

const crops = ({ fields }: Configuration): boolean => fields['do_center_crop'] === true || has(fields, 'crop_size')

/** One number of a size: its shorter side. */
export function shortestOf(to: ResizeTo): number | undefined {
  if (typeof to === 'string') return undefined
  if ('shortest' in to) return to.shortest
  return 'height' in to ? Math.min(to.height, to.width) : undefined
}

/** The rectangle that a size names; a shorter side as a square. */
export function rectangleOf({ file, fields }: Configuration, to: ResizeTo): Size {
  if (typeof to !== 'string') {
    if ('height' in to) return to
    if ('shortest' in to) return { height: to.shortest, width: to.shortest }
  }
  throw invalid(file, 'size', fields['size'], 'height and width')
}
