/** @file The colour bar beside figures: which colour stands for which value. */
import type { Colormap } from './colormap.ts'
import { drawText, type Fonts, textWidth, tidy } from './lettering.ts'
import type { Pixels } from '../core/pixels.ts'
import { type Colour, fillRectangle, paste } from '../image/raster.ts'

export const ink: Colour = [31, 35, 40]
export const faint: Colour = [110, 118, 129]
export const capHeight = 0.727 // of Inter, in em

/** Everything measured in pixels from the size of the title's letters. */
export interface Measures {
  title: number
  subtitle: number
  margin: number
  gap: number
  strip: number
}

export interface Tick {
  /** Place on the bar, 0 = bottom, 1 = top. */
  at: number
  text: string
  /** A word in a lighter colour after the text. */
  note?: string | undefined
}

export const usualTicks: readonly Tick[] = [
  { at: 1, text: '1', note: 'high' },
  { at: 0.5, text: '0.5' },
  { at: 0, text: '0', note: 'low' },
]

const barWidth = (m: Measures): number => Math.max(8, Math.round(m.title * 0.6))

/** A short text in lines of two words. */
export function captionLines(caption = ''): string[] {
  const words = tidy(caption).split(' ').filter(Boolean)
  return words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1] ?? ''].join(' ').trim()] : []))
}

export interface Legend {
  table: Colormap
  ticks: readonly Tick[]
  caption: readonly string[]
}

export function legendWidth({ ticks, caption }: Legend, m: Measures, fonts: Fonts): number {
  const width = (text: string): number => textWidth(text, m.subtitle, fonts.regular)
  const beside = ticks.map(({ text, note }) => width(tidy(note ? `${text} ${note}` : text)))
  return Math.max(barWidth(m) + Math.ceil(m.title * 0.45 + Math.max(0, ...beside)), ...caption.map((line) => Math.ceil(width(line))))
}

export function drawLegend(
  canvas: Pixels,
  { table, ticks, caption }: Legend,
  x: number,
  y: number,
  room: number,
  m: Measures,
  fonts: Fonts,
): void {
  const width = barWidth(m)
  const lineHeight = m.subtitle * 1.4
  // the caption stands under the bar, where there is height for both
  const lines = room > lineHeight * (caption.length + 4) ? caption : []
  const height = Math.round(room - (lines.length > 0 ? lineHeight * (lines.length + 0.6) : 0))
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
    const shown = tidy(tick.text)
    const end = drawText(canvas, shown, text, baseline, m.subtitle, fonts.regular, ink)
    if (tick.note)
      drawText(canvas, tidy(tick.note), shown === '' ? text : end + m.subtitle * 0.28, baseline, m.subtitle, fonts.regular, faint)
  }
  lines.forEach((words, i) => drawText(canvas, words, x, y + room - lineHeight * (lines.length - 1 - i), m.subtitle, fonts.regular, faint))
}
