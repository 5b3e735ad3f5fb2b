/** @file Explanations as figures: overlay, title and legend, encoded and written whole. */
import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { GradcamError } from '../core/errors.ts'
import type { ExplanationData } from '../explain/explanation.ts'
import { methods } from '../method/method.ts'
import { maxPanels, rowsOf } from '../figure/arrangement.ts'
import { maskOf } from '../figure/mask.ts'
import { checkPaintOptions, groundOf, paint, type PaintOptions } from '../figure/painting.ts'
import { type Panel, panel } from '../figure/panel.ts'
import type { Pixels } from '../core/pixels.ts'
import { scoreText, shortLabel } from '../figure/words.ts'

export interface OverlayOptions extends PaintOptions {
  /** Label and score above the photo; true unless told. */
  title?: boolean
  /** Colour bar beside the photo; true unless told. */
  legend?: boolean
}

export type FigureFormat = 'png' | 'jpeg' | 'webp'

/** A figure that is drawn when it is asked for. */
export interface Figure {
  pixels(): Promise<Pixels>
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
      hint: 'name fewer targets or methods, or take the numbers instead: `toJSON()`, `map`',
    })
  }
  return figureFrom(
    () => draw(explanations, options),
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
    async () => mask,
    () => textChunks([explanation]),
  )
}

/** A figure that is drawn once, when it is first asked for. */
function figureFrom(make: () => Promise<Pixels>, about: () => Record<string, string>): Figure {
  let drawn: Promise<Pixels> | undefined
  const pixels = (): Promise<Pixels> => (drawn ??= make())
  const toBuffer = async (format: FigureFormat = 'png'): Promise<Uint8Array> => {
    const { encodeImage } = await import('./image.ts')
    return encodeImage(await pixels(), format, format === 'png' ? about() : undefined)
  }
  return {
    pixels,
    toBuffer,
    async toFile(path) {
      const format = formats[extname(path).toLowerCase()]
      if (!format)
        throw new GradcamError('bad-option', `cannot write a figure as ${basename(path)}`, { hint: 'end the name in .png, .jpg or .webp' })
      await writeBeside(path, await toBuffer(format))
    },
  }
}

// what several figures together may measure each way, letters aside
const maxTogether = 4000

async function draw(explanations: readonly ExplanationData[], options: OverlayOptions): Promise<Pixels> {
  const rows = rowsOf(explanations)
  const most =
    explanations.length > 1 ? { width: maxTogether / Math.max(...rows), height: Math.max(64, maxTogether / rows.length) } : undefined
  const { figures, scale } = paint(explanations, options, most)
  const bare = options.title === false && options.legend === false
  const [only] = figures
  if (bare && only && figures.length === 1) return only
  const { loadFonts } = await import('./font.ts')
  const panels = explanations.map((why, i) => ({
    figure: figures[i] as Pixels,
    ...(options.title === false ? {} : lettering(why, explanations)),
  }))
  const fonts = await loadFonts(panels.map(({ title, subtitle }: Partial<Panel>) => `${title ?? ''}${subtitle ?? ''}`).join(''))
  const { colormap, ticks, caption } = scale
  return panel(panels, { fonts, rows, ...(options.legend === false ? {} : { legend: { colormap, ticks, caption } }) })
}

/** What stands above a figure: what was explained; where that is the same everywhere, by which method. */
function lettering(why: ExplanationData, all: readonly ExplanationData[]): Omit<Panel, 'figure'> {
  const [label, score] = [shortLabel(why.label), scoreText(why)]
  const compared = all.some(({ method }) => method !== why.method) && all.every((other) => other.label === why.label)
  // other methods look at the figure itself
  const layer = methods.some(({ name, family }) => name === why.method && family === 'cam') ? ` · ${why.featureLayer}` : ''
  if (compared) return { title: why.method, subtitle: `${label} ${score}${layer}` }
  return { title: label, score, subtitle: `${why.method}${layer}` }
}

function textChunks(explanations: readonly ExplanationData[]): Record<string, string> {
  const [first] = explanations
  if (!first) return {}
  const { model, reductionLayer, settings, versions } = first.provenance
  return {
    Software: `gradcam ${versions['gradcam'] ?? ''}`.trim(),
    Title: explanations.map((why) => `${why.label} ${scoreText(why)}`).join('; '),
    'gradcam:model': model,
    'gradcam:method': [...new Set(explanations.map(({ method }) => method))].join(', '),
    'gradcam:feature-layer': first.featureLayer,
    'gradcam:reduction-layer': reductionLayer.name,
    'gradcam:settings': JSON.stringify(settings),
    'gradcam:versions': JSON.stringify(versions),
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
