/** @file Explanations as coloured figures: map over photo, on a scale of its own or of all, with contours and box where wanted. */
import { GradcamError } from '../core/errors.ts'
import type { PostProcessing } from '../method/post.ts'
import { nearestNames } from '../core/text.ts'
import { colormap } from './colormap.ts'
import { type Ground, groundOf, largestComponent, onPhoto } from '../image/component.ts'
import { contourLines } from './contour.ts'
import { toGrey } from '../image/convert.ts'
import { drawBox, drawLines, lineWidth } from './marks.ts'
import { overlay } from './overlay.ts'
import { enlarged } from './panel.ts'
import type { Grid, Pixels, Region } from '../core/pixels.ts'
import { resize } from '../image/resize.ts'
import { type ColourScale, colourScale, type Scale, scales } from './scale.ts'

/** How a map is drawn over a photo. */
export interface PaintOptions {
  /**
   * `jet`, `turbo`, `viridis`, `inferno`, `magma`, `plasma`, `cividis`, `grey`, or `blue-red` for signed maps. Unless told, `blue-red`
   * where a map is signed (activation `none`, not normalised by `minmax` or `percentile`), else `jet`.
   */
  colormap?: string
  /** How much of the colour covers the photo, 0 … 1; 0.5 unless told, 0.75 in signed maps, whose zero covers nothing; the photo is grey there, so that colour is the map's. */
  alpha?: number
  /** Whether every map is coloured from its lowest to its highest value (`own`, the default), or equal colours are equal values (`shared`). */
  scale?: Scale
  /** Lines at these parts of the map's maximum, −1 … 1; negative ones are parts of its minimum. At most 16. */
  contours?: readonly number[]
  /** A frame around the largest connected part of the map over 15 % of its maximum. */
  box?: boolean
}

/** What is painted of an explanation. */
export interface Shown {
  map: Grid
  raw: Grid
  photo: Pixels | undefined
  region: Region | undefined
  /** What was asked about, in pixels of the photo: framed. */
  marked?: readonly Region[] | undefined
  provenance: { method: string; settings: PostProcessing }
}

export interface Painting {
  /** RGB, as large as the photo: one a map. */
  figures: readonly Pixels[]
  scale: ColourScale
}

const maxContours = 16

/**
 * Refuses settings that mean nothing, before anything is painted.
 *
 * @throws {GradcamError} `bad-option`
 */
export function checkPaintOptions({ colormap: named, alpha = 0.5, scale = 'own', contours = [] }: PaintOptions): void {
  if (named !== undefined) colormap(named)
  if (!(alpha >= 0 && alpha <= 1)) throw new GradcamError('bad-option', `alpha is ${alpha}`, { hint: 'alpha is a number from 0 to 1' })
  const known: readonly string[] = scales
  if (!known.includes(scale)) {
    throw new GradcamError('bad-option', `unknown scale: ${scale}`, {
      hint: `scale is one of ${scales.join(', ')}`,
      suggestions: nearestNames(scale, scales),
    })
  }
  const wrong = contours.find((level) => !(level >= -1 && level <= 1))
  if (wrong !== undefined) {
    throw new GradcamError('bad-option', `a contour is at ${wrong}`, { hint: 'contours are at parts of the maximum: numbers from -1 to 1' })
  }
  if (contours.length > maxContours) {
    throw new GradcamError('bad-option', `${contours.length} contours`, { hint: `at most ${maxContours} can be told apart` })
  }
}

/** Paints maps that are shown together. Photos that are larger than `most` are made smaller, tiny ones larger. */
export function paint(shown: readonly Shown[], options: PaintOptions, most?: { width: number; height: number }): Painting {
  checkPaintOptions(options)
  const scale = colourScale(
    shown.map(({ map, raw, provenance: { method, settings } }) => ({ method, map, raw, settings })),
    options.colormap,
    options.scale ?? 'own',
  )
  const fitted = new Map<Pixels, Pixels>()
  const figures = shown.map((each, i) => {
    const photo = each.photo ?? plate(each.map)
    const small = fitted.get(photo) ?? shrunk(scale.signed ? toGrey(photo) : photo, most)
    fitted.set(photo, small)
    const ground = enlarged(small, scaled(groundOf(each).region, small.width / photo.width, small.height / photo.height))
    const figure = overlay(ground.photo, scale.maps[i] as Grid, {
      colormap: scale.colormap,
      alpha: each.photo ? (options.alpha ?? (scale.signed ? 0.75 : 0.5)) : 1,
      region: ground.region,
      range: scale.ranges[i],
      clearMiddle: scale.signed && each.photo !== undefined,
    })
    mark(figure, each.map, ground, options)
    const k = figure.width / photo.width
    for (const box of each.photo ? (each.marked ?? []) : []) drawBox(figure, within(scaled(box, k, k), figure), lineWidth(figure) / 2)
    return figure
  })
  return { figures, scale }
}

/** Contours and box, onto the figure. */
function mark(figure: Pixels, map: Grid, { photo, region }: Ground, { contours = [], box = false }: PaintOptions): void {
  const [low, high] = ends(map)
  for (const level of contours) {
    const lines = contourLines(map, level < 0 ? -level * low : level * high)
    const [kx, ky] = [region.width / map.width, region.height / map.height]
    for (let i = 0; i < lines.length; i += 2) {
      lines[i] = region.x + (lines[i] as number) * kx
      lines[i + 1] = region.y + (lines[i + 1] as number) * ky
    }
    drawLines(figure, lines)
  }
  const cells = box ? largestComponent(map) : undefined
  const frame = cells && onPhoto(cells, map, { photo, region })
  if (frame) drawBox(figure, frame)
}

/** The lowest and the highest value, zero among them. */
function ends({ data }: Grid): [number, number] {
  let [low, high] = [0, 0]
  for (const value of data) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
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

function shrunk(photo: Pixels, most: { width: number; height: number } | undefined): Pixels {
  const k = most ? Math.min(1, most.width / photo.width, most.height / photo.height) : 1
  if (k === 1) return photo
  return resize(photo, Math.max(1, Math.round(photo.width * k)), Math.max(1, Math.round(photo.height * k)), 'bilinear')
}

/** A grey plate where there is no photo, only a tensor. */
const plate = ({ width, height }: Grid): Pixels => ({ width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(128) })
