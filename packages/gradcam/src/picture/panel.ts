/** @file The finished picture: one or several overlays side by side, each with its title, and a legend of the colours. */
import { GradcamError } from '../errors.ts'
import { type Colormap, colormap as colormapOf } from './colormap.ts'
import { toRgb } from './convert.ts'
import { drawText, type Fonts, shorten, textWidth, tidy } from './lettering.ts'
import type { Pixels, Region } from './pixels.ts'
import { type Colour, fillRectangle, paste } from './raster.ts'
import { resize } from './resize.ts'

/** One picture with what is written above it. */
export interface Panel {
  picture: Pixels
  /** Usually the label. */
  title?: string | undefined
  /** Written after the title, never shortened: `0.98`. */
  score?: string | undefined
  /** A second, smaller line: `grad-cam · inception_5b/output`. */
  subtitle?: string | undefined
}

export interface Tick {
  /** Place on the bar, 0 = bottom, 1 = top. */
  at: number
  text: string
  /** A word in a lighter colour after the text. */
  note?: string | undefined
}

export interface PanelOptions {
  fonts: Fonts
  /** Draws a colour bar to the right of the last panel. */
  legend?: { colormap?: string | Colormap | undefined; ticks?: readonly Tick[] | undefined } | undefined
}

const white = 255
const ink: Colour = [31, 35, 40]
const faint: Colour = [110, 118, 129]
const capHeight = 0.727 // of Inter, in em
const smallest = 288
const largest = 400_000_000

const usualTicks: readonly Tick[] = [
  { at: 1, text: '1', note: 'high' },
  { at: 0.5, text: '0.5' },
  { at: 0, text: '0', note: 'low' },
]

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

/** Everything measured in pixels from the size of the title's letters. */
interface Measures {
  title: number
  subtitle: number
  margin: number
  gap: number
  strip: number
}

function measure(pictures: readonly Pixels[], panels: readonly Panel[]): Measures {
  const side = Math.sqrt(Math.max(...pictures.map((p) => p.width * p.height)))
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

const barWidth = (m: Measures): number => Math.max(8, Math.round(m.title * 0.6))

function legendWidth(ticks: readonly Tick[], m: Measures, fonts: Fonts): number {
  const widths = ticks.map(({ text, note }) => textWidth(tidy(note ? `${text} ${note}` : text), m.subtitle, fonts.regular))
  return barWidth(m) + Math.ceil(m.title * 0.45 + Math.max(0, ...widths))
}

function drawLegend(
  canvas: Pixels,
  table: Colormap,
  ticks: readonly Tick[],
  x: number,
  y: number,
  height: number,
  m: Measures,
  fonts: Fonts,
): void {
  const width = barWidth(m)
  const bar = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    const level = Math.min(255, Math.floor(((height - row - 0.5) / height) * 256)) * 3
    for (let i = 0; i < width; i++) bar.set(table.subarray(level, level + 3), (row * width + i) * 3)
  }
  paste(canvas, { width, height, channels: 3, data: bar }, x, y)
  const line = Math.max(1, Math.round(m.title / 20))
  const text = x + width + m.title * 0.45
  for (const tick of ticks) {
    const place = y + Math.round((1 - Math.max(0, Math.min(1, tick.at))) * (height - line))
    fillRectangle(canvas, x + width, place, Math.round(m.title * 0.22), line, faint)
    // letters of the ends stay level with the bar's ends
    const cap = m.subtitle * capHeight
    const baseline = Math.max(y + cap, Math.min(y + height, place + line / 2 + cap / 2))
    const end = drawText(canvas, tidy(tick.text), text, baseline, m.subtitle, fonts.regular, ink)
    if (tick.note) drawText(canvas, tidy(tick.note), end + m.subtitle * 0.28, baseline, m.subtitle, fonts.regular, faint)
  }
}

/**
 * Draws pictures side by side on white, titles above, legend to the right. Sizes follow the pictures; tiny ones are
 * enlarged to whole multiples. Titles that do not fit are shortened with an ellipsis; characters without a glyph show as
 * boxes, control characters not at all.
 *
 * @returns RGB pixels
 * @throws {GradcamError} `bad-option` for no panels, an unknown colour map or a result of more than 400 million pixels
 * @example
 * panel([{ picture: overlay(photo, map), title: 'golden retriever', score: '0.98' }], { fonts, legend: {} })
 */
export function panel(panels: readonly Panel[], options: PanelOptions): Pixels {
  if (panels.length === 0) throw new GradcamError('bad-option', 'no panels to draw', { hint: 'give at least one picture' })
  const { fonts, legend } = options
  const pictures = panels.map(({ picture }) => enlarged(toRgb(picture)).photo)
  const m = measure(pictures, panels)
  const ticks = legend ? (legend.ticks ?? usualTicks) : []
  const columns = pictures.map((picture, i) => (panels[i]?.title ? Math.max(picture.width, m.title * 9) : picture.width))
  const tallest = Math.max(...pictures.map((picture) => picture.height))
  const width =
    2 * m.margin + columns.reduce((a, b) => a + b, 0) + m.gap * (columns.length - 1) + (legend ? m.gap + legendWidth(ticks, m, fonts) : 0)
  const height = 2 * m.margin + m.strip + tallest
  if (width * height > largest) {
    throw new GradcamError('bad-option', `the picture would have ${width}×${height} pixels`, {
      hint: 'ask for fewer targets, or give a smaller photo',
    })
  }

  const canvas: Pixels = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(white) }
  let x = m.margin
  const y = m.margin + m.strip
  pictures.forEach((picture, i) => {
    const column = columns[i] as number
    // the last title may reach over the legend
    const room = i === panels.length - 1 ? width - m.margin - x : column
    if (m.strip > 0) drawTitle(canvas, panels[i] as Panel, x, m.margin, room, m, fonts)
    paste(canvas, picture, x, y)
    x += column + m.gap
  })
  if (legend) {
    const table = typeof legend.colormap === 'object' ? legend.colormap : colormapOf(legend.colormap ?? 'jet')
    drawLegend(canvas, table, ticks, x, y, tallest, m, fonts)
  }
  return canvas
}
