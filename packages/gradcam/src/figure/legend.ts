/** @file The colour bar beside figures: which colour stands for which value. */
import type { Pixels, Region } from '../core/pixels.ts'
import { type Colour, fillRectangle, paste } from '../image/raster.ts'
import { colormap as colormapOf } from './colormap.ts'
import { drawText, type Fonts, textWidth, tidy } from './lettering.ts'

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
  /** Position on the bar, 0 = bottom, 1 = top. */
  at: number
  text: string
  /** A word in a lighter colour after the text. */
  note?: string | undefined
}

export interface Legend {
  /** A name of `colormapNames`. */
  colormap: string
  ticks: readonly Tick[]
  /** A few words under the bar. */
  caption?: string | undefined
}

const barWidth = (m: Measures): number => Math.max(8, Math.round(m.title * 0.6))

/** A caption in lines of two words; what stands between commas begins on a line of its own. */
const captionLines = (caption = ''): string[] => caption.split(/(?<=,) /).flatMap((phrase) => tidy(phrase).match(/\S+( \S+)?/g) ?? [])

export function legendWidth({ ticks, caption }: Legend, m: Measures, fonts: Fonts): number {
  const width = (text: string): number => textWidth(text, m.subtitle, fonts.regular)
  const beside = ticks.map(({ text, note }) => width(tidy(note ? `${text} ${note}` : text)))
  const under = captionLines(caption).map((line) => Math.ceil(width(line)))
  return Math.max(barWidth(m) + Math.ceil(m.title * 0.45 + Math.max(0, ...beside)), ...under)
}

/** Where bar and caption stand together. */
type LegendPlace = Omit<Region, 'width'>

/** Draws legends beside each other, their bars equally high. */
export function drawLegends(canvas: Pixels, legends: readonly Legend[], places: readonly LegendPlace[], m: Measures, fonts: Fonts): void {
  const rows = Math.max(0, ...legends.map(({ caption }) => captionLines(caption).length))
  legends.forEach((legend, i) => drawLegend(canvas, legend, { ...(places[i] as LegendPlace), rows }, m, fonts))
}

function drawLegend(canvas: Pixels, legend: Legend, place: LegendPlace & { rows: number }, m: Measures, fonts: Fonts): void {
  const { colormap, ticks, caption } = legend
  const { x, y, rows } = place
  const width = barWidth(m)
  const lineHeight = m.subtitle * 1.4
  // captions stand under the bars, where there is height for both
  const captioned = rows > 0 && place.height > lineHeight * (rows + 4)
  const height = Math.round(place.height - (captioned ? lineHeight * (rows + 0.6) : 0))
  paste(canvas, colourBar(colormap, width, height), x, y)
  const line = Math.max(1, Math.round(m.title / 20))
  const left = x + width + m.title * 0.45
  const write = (text: string, at: number, baseline: number, colour: Colour): number =>
    drawText(canvas, tidy(text), { x: at, y: baseline, size: m.subtitle, face: fonts.regular, colour })
  for (const { at, text, note } of ticks) {
    const top = y + Math.round((1 - Math.max(0, Math.min(1, at))) * (height - line))
    fillRectangle(canvas, x + width, top, Math.round(m.title * 0.22), line, faint)
    // letters of the ends stay level with the bar's ends
    const cap = m.subtitle * capHeight
    const baseline = Math.max(y + cap, Math.min(y + height, top + line / 2 + cap / 2))
    const end = write(text, left, baseline, ink)
    if (note) write(note, end === left ? left : end + m.subtitle * 0.28, baseline, faint)
  }
  if (captioned) captionLines(caption).forEach((words, i) => write(words, x, y + place.height - lineHeight * (rows - 1 - i), faint))
}

function colourBar(colormap: string, width: number, height: number): Pixels {
  const table = colormapOf(colormap)
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    const level = Math.min(255, Math.floor(((height - row - 0.5) / height) * 256)) * 3
    for (let i = 0; i < width; i++) data.set(table.subarray(level, level + 3), (row * width + i) * 3)
  }
  return { width, height, channels: 3, data }
}
