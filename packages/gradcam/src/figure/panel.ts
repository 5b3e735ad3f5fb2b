/** @file The finished figure: one or several overlays in rows, each with its title, and legends of the colours. */
import { badOption } from '../core/errors.ts'
import type { Pixels, Region } from '../core/pixels.ts'
import { toRgb } from '../image/convert.ts'
import { paste } from '../image/raster.ts'
import { type Lettering, layoutOf, type PanelOptions } from './layout.ts'
import { capHeight, drawLegends, faint, ink, type Measures } from './legend.ts'
import { drawText, type Fonts, shorten, textWidth, tidy } from './lettering.ts'

/** One figure with what is written above it. */
export interface Panel extends Lettering {
  figure: Pixels
}

const white = 255
const largest = 400_000_000

function drawTitle(canvas: Pixels, panel: Lettering, { x, y, width }: Omit<Region, 'height'>, m: Measures, fonts: Fonts): void {
  const big = { size: m.title, y: y + m.title * capHeight }
  const score = tidy(panel.score ?? '').slice(0, 24)
  const title = tidy(panel.title ?? '')
  const titled = title !== '' || score !== ''
  if (titled) {
    const space = score === '' ? 0 : m.title * 0.55
    const room = width - (score === '' ? 0 : textWidth(score, m.title, fonts.regular) + space)
    const shown = shorten(title, room, m.title, fonts.bold)
    const end = drawText(canvas, shown, { ...big, x, face: fonts.bold, colour: ink })
    drawText(canvas, score, { ...big, x: shown === '' ? x : end + space, face: fonts.regular, colour: faint })
  }
  const baseline = titled ? big.y + m.subtitle * 1.75 : y + m.subtitle * 0.9
  const line = shorten(tidy(panel.subtitle ?? ''), width, m.subtitle, fonts.regular)
  drawText(canvas, line, { x, y: baseline, size: m.subtitle, face: fonts.regular, colour: faint })
}

/**
 * Draws figures in rows on white, titles above, legends to the right. Letters follow the figures in size. Titles that do not fit are shortened with an ellipsis; characters without a glyph show as
 * boxes (`missingGlyphs` tells which), control characters as blanks.
 *
 * @returns RGB pixels
 * @throws {GradcamError} `bad-option` for no panels, an unknown colour map or a result of more than 400 million pixels
 * @example
 * panel([{ figure: overlay(photo, map), title: 'golden retriever', score: '0.98' }], { fonts })
 */
export function panel(panels: readonly Panel[], options: PanelOptions): Pixels {
  if (panels.length === 0) throw badOption('no panels to draw', 'give at least one figure')
  const figures = panels.map(({ figure }) => toRgb(figure))
  const { m, width, height, places, legends, firstRow } = layoutOf(figures, panels, options)
  if (width * height > largest)
    throw badOption(`the figure would have ${width}×${height} pixels`, 'ask for fewer targets, or give `maxSize`')
  const canvas: Pixels = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(white) }
  figures.forEach((figure, i) => {
    const [x, y, room] = places[i] as readonly [number, number, number]
    if (m.strip > 0) drawTitle(canvas, panels[i] as Panel, { x, y, width: room }, m, options.fonts)
    paste(canvas, figure, x, y + m.strip)
  })
  const beside = legends.map((x) => ({ x, y: m.margin + m.strip, height: firstRow }))
  drawLegends(canvas, options.legends ?? [], beside, m, options.fonts)
  return canvas
}
