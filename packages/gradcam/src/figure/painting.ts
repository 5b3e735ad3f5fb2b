/** @file Explanations as coloured figures: map over photo, on a scale of its own or of all, with contours and box where wanted. */
import { badOption } from '../core/errors.ts'
import { extremes } from '../core/numbers.ts'
import type { Grid, Pixels, Region, Size } from '../core/pixels.ts'
import { nearestNames } from '../core/text.ts'
import { type Ground, type Grounded, groundOf, largestComponent, onPhoto } from '../image/component.ts'
import { toGrey } from '../image/convert.ts'
import { colormap } from './colormap.ts'
import { contourLines, joined } from './contour.ts'
import { resized, shownSize } from './fit.ts'
import { drawDashedFrame, drawDashedLines, drawFrame, drawLines } from './marks.ts'
import { overlay } from './overlay.ts'
import { type ColouredMap, type ColourScale, colourScale, type Scale, scales } from './scale.ts'
import type { Making } from './sign.ts'

/** How a map is drawn over a photo. */
export interface PaintOptions {
  /**
   * `jet`, `turbo`, `viridis`, `inferno`, `magma`, `plasma`, `cividis`, `grey`, or `blue-red`, whose middle is zero. Default:
   * `blue-red` for signed maps (activation `none`, not normalised by `minmax` or `percentile`), `jet` for all others.
   */
  colormap?: string
  /** How much of the colour covers the photo, 0 … 1. Default: 0.5; of signed maps, whose zero covers nothing, 0.75, over a grey photo. */
  alpha?: number
  /** Whether every map is coloured from its lowest to its highest value (`own`, the default), or equal colours are equal values (`shared`). */
  colorScale?: Scale
  /** Lines at these parts of the map's maximum, −1 … 1; negative ones are parts of its minimum, and dashed. At most 16. */
  contours?: readonly number[]
  /** A dashed frame around the largest connected part of the map over 15 % of its maximum. */
  box?: boolean
  /** The longest side of the whole figure, in pixels, at least 64; smaller figures stay as they are. Default: the photo's own size. */
  maxSize?: number
}

/** What is painted of an explanation. */
export interface Shown extends Grounded {
  raw: Grid
  photo: Pixels | undefined
  /** What was asked about, in pixels of the photo: framed. */
  marked?: readonly Region[] | undefined
  provenance: Making
}

const maxContours = 16
const minSize = 64

/**
 * Refuses settings that mean nothing, before anything is painted.
 *
 * @throws {GradcamError} `bad-option`
 */
export function checkPaintOptions({
  colormap: named,
  alpha = 0.5,
  colorScale: scale = 'own',
  contours = [],
  maxSize = minSize,
}: PaintOptions): void {
  if (named !== undefined) colormap(named)
  if (!(alpha >= 0 && alpha <= 1)) throw badOption(`alpha is ${alpha}`, 'alpha is a number from 0 to 1')
  const known: readonly string[] = scales
  if (!known.includes(scale))
    throw badOption(`unknown \`colorScale\`: ${scale}`, `\`colorScale\` is one of ${scales.join(', ')}`, {
      suggestions: nearestNames(scale, scales),
    })
  const wrong = contours.find((level) => !(level >= -1 && level <= 1))
  if (wrong !== undefined) throw badOption(`a contour is at ${wrong}`, 'contours are at parts of the maximum: numbers from -1 to 1')
  if (contours.length > maxContours) throw badOption(`${contours.length} contours`, `at most ${maxContours} can be told apart`)
  if (!(Number.isInteger(maxSize) && maxSize >= minSize))
    throw badOption(`\`maxSize\` is ${maxSize}`, `give a whole number of pixels, at least ${minSize}`)
}

/** The colours of maps that are shown together. */
export function coloursOf(shown: readonly Shown[], options: PaintOptions): ColourScale {
  checkPaintOptions(options)
  const made = shown.map(({ map, raw, provenance }) => ({ ...provenance, map, raw }))
  const scale = colourScale(made, options.colormap, options.colorScale ?? 'own')
  if (!options.box || !shown.some(({ photo, marked = [] }) => photo && marked.length > 0)) return scale
  const frames = 'dashed frame: map, thin frame: detector'
  const legends = scale.legends.map((each, i) => (i > 0 ? each : { ...each, caption: [each.caption, frames].filter(Boolean).join(', ') }))
  return { ...scale, legends }
}

/**
 * Paints maps over their photos, none larger than `bound`.
 *
 * @returns RGB, one figure a map
 */
export function paint(shown: readonly Shown[], { maps }: ColourScale, options: PaintOptions, bound?: Size): Pixels[] {
  const prepared = new Map<Pixels, { colour?: Pixels; grey?: Pixels }>()
  return shown.map((each, i) => {
    const { grid, colormap: named, range, signed } = maps[i] as ColouredMap
    const photo = each.photo ?? plate(each.map)
    const size = shownSize(photo, bound)
    const versions = prepared.get(photo) ?? {}
    prepared.set(photo, versions)
    const under = signed ? (versions.grey ??= resized(toGrey(photo), size)) : (versions.colour ??= resized(photo, size))
    const [across, down] = [size.width / photo.width, size.height / photo.height]
    const region = scaled(groundOf(each).region, across, down)
    const figure = overlay(under, grid, {
      colormap: named,
      alpha: each.photo ? (options.alpha ?? (signed ? 0.75 : 0.5)) : 1,
      region,
      range,
      clearMiddle: signed && each.photo !== undefined,
    })
    for (const box of each.photo ? (each.marked ?? []) : []) drawFrame(figure, within(scaled(box, across, down), figure))
    mark(figure, each.map, { photo: size, region }, options)
    return figure
  })
}

/** Contours and box, onto the figure. */
function mark(figure: Pixels, map: Grid, { photo, region }: Ground, { contours = [], box = false }: PaintOptions): void {
  const [low, high] = extremes(map.data)
  for (const level of contours) {
    const lines = contourLines(map, level < 0 ? -level * Math.min(0, low) : level * Math.max(0, high))
    const [kx, ky] = [region.width / map.width, region.height / map.height]
    for (let i = 0; i < lines.length; i += 2) {
      lines[i] = region.x + (lines[i] as number) * kx
      lines[i + 1] = region.y + (lines[i + 1] as number) * ky
    }
    if (level < 0) drawDashedLines(figure, joined(lines))
    else drawLines(figure, lines)
  }
  const cells = box ? largestComponent(map) : undefined
  const frame = cells && onPhoto(cells, map, { photo, region })
  if (frame) drawDashedFrame(figure, frame)
}

const scaled = ({ x, y, width, height }: Region, across: number, down: number): Region => ({
  x: x * across,
  y: y * down,
  width: width * across,
  height: height * down,
})

/** The part of a rectangle that lies in a figure. */
function within({ x, y, width, height }: Region, figure: Pixels): Region {
  const [left, top] = [Math.max(0, x), Math.max(0, y)]
  return { x: left, y: top, width: Math.min(x + width, figure.width) - left, height: Math.min(y + height, figure.height) - top }
}

/** A grey plate where there is no photo, only a tensor. */
const plate = ({ width, height }: Grid): Pixels => ({ width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(128) })
