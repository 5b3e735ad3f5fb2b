/** @file Explanations as figures: overlay, title and legend, encoded and written. */
import { badOption, type Warning } from '../core/errors.ts'
import type { ExplanationData } from '../explain/explanation.ts'
import { type FigureFormat, type Host, writeWith } from '../host.ts'
import { encodeImage } from '../image/encode.ts'
import { endingOf } from '../io/tensor-file.ts'
import { maxPanels } from './arrangement.ts'
import { type Drawn, drawFigure, type OverlayOptions } from './draw.ts'
import { withDrawnLetters } from './drawn-letters.ts'
import { loadFonts } from './fonts.ts'
import { groundOf, maskOf } from '../image/component.ts'
import { checkPaintOptions } from './painting.ts'
import type { Pixels } from '../core/pixels.ts'
import { textChunks } from './titles.ts'

/** What figures need of the place they are drawn in. */
export type FigureHost = Pick<Host, 'encode' | 'font' | 'drawText' | 'write'>

export type { OverlayOptions } from './draw.ts'

/** A figure that is drawn when it is asked for. */
export interface Figure {
  pixels(): Promise<Pixels>
  /** What it does not show as it should: characters that no font has. */
  warnings(): Promise<readonly Warning[]>
  /** The bytes of an image file. Default: PNG. */
  toBuffer(format?: FigureFormat): Promise<Uint8Array>
  /** Writes PNG, JPEG or WebP by the file's ending, whole or not at all. In a browser there are no files: `cannot-write`. */
  toFile(path: string): Promise<void>
}

const formats: Record<string, FigureFormat> = { png: 'png', jpg: 'jpeg', jpeg: 'jpeg', webp: 'webp' }

/** One figure of several explanations of one photo; `gradcam/node` tells more. */
export function figureOf(host: FigureHost, explanations: readonly ExplanationData[], options: OverlayOptions = {}): Figure {
  checkPaintOptions(options)
  if (explanations.length > maxPanels) {
    throw badOption(
      `one figure of ${explanations.length} maps would show nothing: ${maxPanels} are the most`,
      'name fewer targets or methods, or take the numbers instead: `toJSON()`, `map`',
    )
  }
  return figureFrom(
    host,
    () => drawFigure(explanations, options, async (text) => withDrawnLetters(host, await loadFonts(host, text), text)),
    () => textChunks(explanations),
  )
}

/** The part of the photo where the map lies over a share of its maximum; `gradcam/node` tells more. */
export function maskFigure(host: FigureHost, explanation: ExplanationData, share?: number): Figure {
  const mask = maskOf(explanation.map, groundOf(explanation), share)
  return figureFrom(
    host,
    async () => ({ pixels: mask, warnings: [] }),
    () => textChunks([explanation]),
  )
}

/** A figure that is drawn once, when it is first asked for. */
function figureFrom(host: FigureHost, make: () => Promise<Drawn>, about: () => Record<string, string>): Figure {
  let made: Promise<Drawn> | undefined
  const drawn = (): Promise<Drawn> => (made ??= make())
  const pixels = async (): Promise<Pixels> => (await drawn()).pixels
  const toBuffer = async (format: FigureFormat = 'png'): Promise<Uint8Array> => encodeImage(host, await pixels(), format, about())
  return {
    pixels,
    warnings: async () => (await drawn()).warnings,
    toBuffer,
    async toFile(path) {
      const format = formats[endingOf(path)]
      if (!format) throw badOption(`cannot write a figure as ${path}`, 'end the name in .png, .jpg or .webp')
      await writeWith(host, path, await toBuffer(format))
    },
  }
}
