/** @file Explanations as one figure: overlays in rows, with titles and legends, no larger than it may be. */
import { type Warning, warn } from '../core/errors.ts'
import type { Pixels, Size } from '../core/pixels.ts'
import type { ExplanationData } from '../explain/explanation.ts'
import { rowsOf } from './arrangement.ts'
import { boundWithin, resized, shareOf, shownSize } from './fit.ts'
import { layoutOf, type Lettering } from './layout.ts'
import { type Fonts, missingGlyphs } from './lettering.ts'
import { coloursOf, paint, type PaintOptions } from './painting.ts'
import { panel } from './panel.ts'
import { lettering } from './titles.ts'

/** How a figure is drawn and arranged. */
export interface OverlayOptions extends PaintOptions {
  /** Label and score above the photo. Default: true. */
  title?: boolean
  /** Colour bars beside the photo. Default: true. */
  legend?: boolean
}

export interface Drawn {
  pixels: Pixels
  /** What the figure does not show as it should. */
  warnings: readonly Warning[]
}

// what several figures together measure at most each way, letters aside; one alone has the photo's size
const maxTogether = 4000

/** Draws a figure of several explanations of one photo. */
export async function drawFigure(
  explanations: readonly ExplanationData[],
  options: OverlayOptions,
  loadFonts: (text: string) => Promise<Fonts>,
): Promise<Drawn> {
  const { title = true, legend = true, maxSize } = options
  const rows = rowsOf(explanations)
  const scale = coloursOf(explanations, options)
  const usual = explanations.length > 1 ? shareOf(maxTogether, rows) : undefined
  if (!title && !legend && explanations.length === 1) {
    const [pixels] = paint(explanations, scale, options, maxSize === undefined ? usual : shareOf(maxSize, rows))
    return { pixels: pixels as Pixels, warnings: [] }
  }
  const words = explanations.map((why): Lettering => (title ? lettering(why, explanations) : {}))
  const text = words.map((each) => `${each.title ?? ''} ${each.subtitle ?? ''}`).join(' ')
  const fonts = await loadFonts(text)
  const placed = { fonts, rows, legends: legend ? scale.legends : [] }
  const within = (bound: Size | undefined): Size[] => explanations.map(({ photo, map }) => shownSize(photo ?? map, bound))
  const bound =
    maxSize === undefined || fits(layoutOf(within(usual), words, placed), maxSize)
      ? usual
      : boundWithin(maxSize, rows, (each) => layoutOf(within(each), words, placed))
  const figures = paint(explanations, scale, options, bound)
  const whole = panel(
    figures.map((figure, i) => ({ ...words[i], figure })),
    placed,
  )
  return {
    pixels: maxSize === undefined ? whole : resized(whole, shownSize(whole, { width: maxSize, height: maxSize })),
    warnings: unshown(text, fonts),
  }
}

const fits = ({ width, height }: Size, maxSize: number): boolean => Math.max(width, height) <= maxSize

function unshown(text: string, fonts: Fonts): Warning[] {
  const missing = missingGlyphs(text, fonts.bold)
  if (missing.length === 0) return []
  return warn(
    'no-glyph',
    `no font here has ${missing.slice(0, 10).join(' ')}${missing.length > 10 ? ' …' : ''}: boxes stand for ${missing.length === 1 ? 'it' : 'them'}`,
    'install a font that has them, as the Noto fonts do; a report is shown by the fonts of its reader; or draw with `title: false`',
  )
}
