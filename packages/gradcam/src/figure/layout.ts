/** @file Where everything of a figure stands: panels in rows, their titles, the legends. */
import { badOption } from '../core/errors.ts'
import type { Size } from '../core/pixels.ts'
import { capHeight, type Legend, legendWidth, type Measures } from './legend.ts'
import type { Fonts } from './lettering.ts'

/** What is written above a figure. */
export interface Lettering {
  /** Usually the label. */
  title?: string | undefined
  /** Written after the title, never shortened: `0.98`. */
  score?: string | undefined
  /** A second, smaller line: `grad-cam · inception_5b/output`. */
  subtitle?: string | undefined
}

export interface PanelOptions {
  fonts: Fonts
  /** How many panels stand in each row. Default: all in one row. */
  rows?: readonly number[] | undefined
  /** Colour bars to the right of the first row. Default: none. */
  legends?: readonly Legend[] | undefined
}

function measure(figures: readonly Size[], panels: readonly Lettering[]): Measures {
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

/** Where everything of a figure stands, in pixels. */
interface Layout extends Size {
  m: Measures
  /** Corner of each panel, and the width of its title. */
  places: readonly (readonly [x: number, y: number, width: number])[]
  /** Left side of each legend. */
  legends: readonly number[]
  /** Height of the first row, which legends stand beside. */
  firstRow: number
}

const total = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0)

/** Lays out figures of given sizes with their titles and legends, without drawing anything. */
export function layoutOf(figures: readonly Size[], panels: readonly Lettering[], options: PanelOptions): Layout {
  const { fonts, rows = [figures.length], legends = [] } = options
  const cells = rows.flatMap((count, row) => Array.from({ length: count }, (_, column) => [row, column] as const))
  if (cells.length !== figures.length || !rows.every((count) => Number.isInteger(count) && count > 0))
    throw badOption(`${figures.length} panels do not stand in rows of ${rows.join(', ')}`, 'give the number of panels in each row')
  const m = measure(figures, panels)
  const widths = Array.from({ length: Math.max(...rows) }, () => 0)
  const heights = rows.map(() => 0)
  figures.forEach((figure, i) => {
    const [row, column] = cells[i] as readonly [number, number]
    const width = panels[i]?.title ? Math.max(figure.width, m.title * 9) : figure.width
    widths[column] = Math.max(widths[column] as number, width)
    heights[row] = Math.max(heights[row] as number, figure.height)
  })
  let right = m.margin + total(widths) + m.gap * (widths.length - 1)
  const lefts = legends.map((legend) => {
    const left = right + m.gap
    right = left + legendWidth(legend, m, fonts)
    return left
  })
  const width = right + m.margin
  const places = cells.map(([row, column]) => {
    const x = m.margin + total(widths.slice(0, column)) + m.gap * column
    const y = m.margin + total(heights.slice(0, row)) + (m.strip + m.gap) * row
    // the last title of a row may reach over the legend
    return [x, y, column === widths.length - 1 ? width - m.margin - x : (widths[column] as number)] as const
  })
  const height = 2 * m.margin + total(heights) + m.strip * heights.length + m.gap * (heights.length - 1)
  return { m, width, height, places, legends: lefts, firstRow: heights[0] as number }
}
