/** @file The finished figure: one or several overlays in rows, each with its title, and a legend of the colours. */
import { GradcamError } from '../core/errors.ts'
import { type Colormap, colormap as colormapOf } from './colormap.ts'
import { toRgb } from '../image/convert.ts'
import { capHeight, captionLines, drawLegend, faint, ink, legendWidth, type Measures, type Tick, usualTicks } from './legend.ts'
import { drawText, type Fonts, shorten, textWidth, tidy } from './lettering.ts'
import type { Pixels, Region } from '../core/pixels.ts'
import { paste } from '../image/raster.ts'
import { resize } from '../image/resize.ts'

/** One figure with what is written above it. */
export interface Panel {
  figure: Pixels
  /** Usually the label. */
  title?: string | undefined
  /** Written after the title, never shortened: `0.98`. */
  score?: string | undefined
  /** A second, smaller line: `grad-cam · inception_5b/output`. */
  subtitle?: string | undefined
}

export interface PanelOptions {
  fonts: Fonts
  /** How many panels stand in each row; all in one row unless told. */
  rows?: readonly number[] | undefined
  /** Draws a colour bar to the right of the first row. */
  legend?: { colormap?: string | Colormap | undefined; ticks?: readonly Tick[] | undefined; caption?: string | undefined } | undefined
}

const white = 255
const smallest = 288
const largest = 400_000_000

/**
 * The whole number by which a photo is enlarged for showing, 1 for all but tiny ones: letters need room.
 *
 * @example enlargement({ width: 32, height: 32 }) // 9
 */
export function enlargement(photo: { width: number; height: number }): number {
  return Math.max(1, Math.ceil(smallest / Math.max(photo.width, photo.height)))
}

/** A tiny photo enlarged to be shown, pixels as squares, and the region with it. Do this before `overlay`, to keep the map smooth. */
export function enlarged(photo: Pixels, region?: Region): { photo: Pixels; region: Region } {
  const k = enlargement(photo)
  const { x, y, width, height } = region ?? { x: 0, y: 0, width: photo.width, height: photo.height }
  return {
    photo: k === 1 ? photo : resize(photo, photo.width * k, photo.height * k, 'nearest'),
    region: { x: x * k, y: y * k, width: width * k, height: height * k },
  }
}

function measure(figures: readonly Pixels[], panels: readonly Panel[]): Measures {
  const side = Math.sqrt(Math.max(...figures.map((p) => p.width * p.height)))
  const title = Math.max(15, Math.round(side / 29))
  const subtitle = Math.max(11, Math.round(title * 0.62))
  const titled = panels.some((p) => p.title || p.score)
  const subtitled = panels.some((p) => p.subtitle)
  const lines = (titled ? title * capHeight : 0) + (subtitled ? subtitle * (titled ? 1.75 : 0.9) : 0)
  return {
    title,
    subtitle,
    margin: Math.round(title * 1.2),
    gap: Math.round(title * 1.2),
    strip: lines > 0 ? Math.round(lines + title * 0.7) : 0,
  }
}

function drawTitle(canvas: Pixels, panel: Panel, x: number, y: number, width: number, m: Measures, fonts: Fonts): void {
  let baseline = y
  const score = tidy(panel.score ?? '').slice(0, 24)
  const title = tidy(panel.title ?? '')
  if (title !== '' || score !== '') {
    baseline += m.title * capHeight
    const space = score === '' ? 0 : m.title * 0.55
    const room = width - (score === '' ? 0 : textWidth(score, m.title, fonts.regular) + space)
    const shown = shorten(title, room, m.title, fonts.bold)
    const end = drawText(canvas, shown, x, baseline, m.title, fonts.bold, ink)
    drawText(canvas, score, shown === '' ? x : end + space, baseline, m.title, fonts.regular, faint)
    baseline += m.subtitle * 1.75
  } else baseline += m.subtitle * 0.9
  const line = shorten(tidy(panel.subtitle ?? ''), width, m.subtitle, fonts.regular)
  drawText(canvas, line, x, baseline, m.subtitle, fonts.regular, faint)
}

/** Where each panel of a grid stands, and how large the whole is. */
interface Layout {
  /** Columns and rows of figures, in pixels. */
  widths: readonly number[]
  heights: readonly number[]
  /** Row and column of each panel. */
  places: readonly (readonly [row: number, column: number])[]
}

function layoutOf(figures: readonly Pixels[], panels: readonly Panel[], m: Measures, wanted: readonly number[]): Layout {
  const places = wanted.flatMap((count, row) => Array.from({ length: count }, (_, column) => [row, column] as const))
  if (places.length !== figures.length || !wanted.every((count) => Number.isInteger(count) && count > 0)) {
    throw new GradcamError('bad-option', `${figures.length} panels do not stand in rows of ${wanted.join(', ')}`, {
      hint: 'give the number of panels in each row',
    })
  }
  const widths = Array.from({ length: Math.max(...wanted) }, () => 0)
  const heights = wanted.map(() => 0)
  figures.forEach((figure, i) => {
    const [row, column] = places[i] as readonly [number, number]
    const width = panels[i]?.title ? Math.max(figure.width, m.title * 9) : figure.width
    widths[column] = Math.max(widths[column] as number, width)
    heights[row] = Math.max(heights[row] as number, figure.height)
  })
  return { widths, heights, places }
}

const total = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0)

/**
 * Draws figures in rows on white, titles above, legend to the right. Sizes follow the figures; tiny ones are
 * enlarged to whole multiples. Titles that do not fit are shortened with an ellipsis; characters without a glyph show as
 * boxes, control characters not at all.
 *
 * @returns RGB pixels
 * @throws {GradcamError} `bad-option` for no panels, an unknown colour map or a result of more than 400 million pixels
 * @example
 * panel([{ figure: overlay(photo, map), title: 'golden retriever', score: '0.98' }], { fonts, legend: {} })
 */
export function panel(panels: readonly Panel[], options: PanelOptions): Pixels {
  if (panels.length === 0) throw new GradcamError('bad-option', 'no panels to draw', { hint: 'give at least one figure' })
  const { fonts } = options
  const figures = panels.map(({ figure }) => enlarged(toRgb(figure)).photo)
  const m = measure(figures, panels)
  const { widths, heights, places } = layoutOf(figures, panels, m, options.rows ?? [panels.length])
  const legend = options.legend && {
    table: typeof options.legend.colormap === 'object' ? options.legend.colormap : colormapOf(options.legend.colormap ?? 'jet'),
    ticks: options.legend.ticks ?? usualTicks,
    caption: captionLines(options.legend.caption),
  }
  const grid = total(widths) + m.gap * (widths.length - 1)
  const width = 2 * m.margin + grid + (legend ? m.gap + legendWidth(legend, m, fonts) : 0)
  const height = 2 * m.margin + total(heights) + m.strip * heights.length + m.gap * (heights.length - 1)
  if (width * height > largest) {
    throw new GradcamError('bad-option', `the figure would have ${width}×${height} pixels`, {
      hint: 'ask for fewer targets, or give a smaller photo',
    })
  }

  const canvas: Pixels = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(white) }
  figures.forEach((figure, i) => {
    const [row, column] = places[i] as readonly [number, number]
    const x = m.margin + total(widths.slice(0, column)) + m.gap * column
    const y = m.margin + total(heights.slice(0, row)) + (m.strip + m.gap) * row
    // the last title of a row may reach over the legend
    const room = column === widths.length - 1 ? width - m.margin - x : (widths[column] as number)
    if (m.strip > 0) drawTitle(canvas, panels[i] as Panel, x, y, room, m, fonts)
    paste(canvas, figure, x, y + m.strip)
  })
  if (legend) drawLegend(canvas, legend, m.margin + grid + m.gap, m.margin + m.strip, heights[0] as number, m, fonts)
  return canvas
}
