/** @file Explanations as figures: overlay, title and legend, encoded and written whole. */
import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { GradcamError, type Warning } from '../core/errors.ts'
import type { ExplanationData } from '../explain/explanation.ts'
import { maxPanels } from '../figure/arrangement.ts'
import { type Drawn, drawFigure, type OverlayOptions } from '../figure/draw.ts'
import { maskOf } from '../figure/mask.ts'
import { checkPaintOptions } from '../figure/painting.ts'
import { textChunks } from '../figure/titles.ts'
import type { Pixels } from '../core/pixels.ts'
import { groundOf } from '../image/component.ts'

export type { OverlayOptions } from '../figure/draw.ts'

export type FigureFormat = 'png' | 'jpeg' | 'webp'

/** A figure that is drawn when it is asked for. */
export interface Figure {
  pixels(): Promise<Pixels>
  /** What it does not show as it should: characters that its font lacks. */
  warnings(): Promise<readonly Warning[]>
  toBuffer(format?: FigureFormat): Promise<Uint8Array>
  /** Writes PNG, JPEG or WebP by the file's ending: beside it first, then renamed, so that no half file is ever there. */
  toFile(path: string): Promise<void>
}

const formats: Record<string, FigureFormat> = { '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' }

/**
 * One figure of several explanations of one photo: a row for every target where several methods explain several targets, else in rows
 * of at most six. Figures of several maps are no wider and no higher than about 4000 pixels.
 *
 * @throws {GradcamError} `bad-option` for settings that mean nothing, and for more than 24 explanations
 * @example await figureOf(await net.explainAll('photo.jpg', { target: 'top-3' }), { scale: 'shared', contours: [0.5] }).toFile('why.png')
 */
export function figureOf(explanations: readonly ExplanationData[], options: OverlayOptions = {}): Figure {
  checkPaintOptions(options)
  if (explanations.length > maxPanels) {
    throw new GradcamError('bad-option', `one figure of ${explanations.length} maps would show nothing: ${maxPanels} are the most`, {
      hint: 'name fewer targets or methods, or take the numbers instead: --json, --save-map',
    })
  }
  return figureFrom(
    async () => {
      const { loadFonts } = await import('./font.ts')
      return drawFigure(explanations, options, loadFonts)
    },
    () => textChunks(explanations),
  )
}

/**
 * The part of the photo where the map lies over a share of its maximum (0.15 unless told): white on black, one channel, as large as the
 * photo, or as the map where there is no photo.
 *
 * @throws {GradcamError} `bad-option` for a share that is not from 0 to 1
 * @example await maskFigure(await net.explain('photo.jpg'), 0.5).toFile('mask.png')
 */
export function maskFigure(explanation: ExplanationData, share?: number): Figure {
  const mask = maskOf(explanation.map, groundOf(explanation), share)
  return figureFrom(
    async () => ({ pixels: mask, warnings: [] }),
    () => textChunks([explanation]),
  )
}

/** A figure that is drawn once, when it is first asked for. */
function figureFrom(make: () => Promise<Drawn>, about: () => Record<string, string>): Figure {
  let made: Promise<Drawn> | undefined
  const drawn = (): Promise<Drawn> => (made ??= make())
  const pixels = async (): Promise<Pixels> => (await drawn()).pixels
  const toBuffer = async (format: FigureFormat = 'png'): Promise<Uint8Array> => {
    const { encodeImage } = await import('./image.ts')
    return encodeImage(await pixels(), format, format === 'png' ? about() : undefined)
  }
  return {
    pixels,
    warnings: async () => (await drawn()).warnings,
    toBuffer,
    async toFile(path) {
      const format = formats[extname(path).toLowerCase()]
      if (!format)
        throw new GradcamError('bad-option', `cannot write a figure as ${basename(path)}`, { hint: 'end the name in .png, .jpg or .webp' })
      await writeBeside(path, await toBuffer(format))
    },
  }
}

let drafts = 0

/** Writes a file beside its place first, then renames it: no half file is ever there. */
export async function writeBeside(path: string, bytes: Uint8Array | string): Promise<void> {
  const draft = join(dirname(path), `.gradcam-${process.pid}-${drafts++}.tmp`)
  try {
    await writeFile(draft, bytes)
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw new GradcamError('cannot-write', `cannot write ${path}`, {
      hint: 'check that the folder exists, may be written, and has room',
      cause,
    })
  }
}
