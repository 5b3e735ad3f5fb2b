/** @file Explanations as figures: overlay, title and legend, encoded and written. */
import { GradcamError } from '../core/errors.ts'
import type { ExplanationData } from '../explain/explanation.ts'
import { methods } from '../method/method.ts'
import { type FigureFormat, type Host, writeWith } from '../host.ts'
import { encodeImage } from '../image/encode.ts'
import { endingOf } from '../io/tensor-file.ts'
import { maxPanels, rowsOf } from './arrangement.ts'
import { loadFonts } from './fonts.ts'
import { maskOf } from './mask.ts'
import { groundOf } from '../image/component.ts'
import { checkPaintOptions, paint, type PaintOptions } from './painting.ts'
import { type Panel, panel } from './panel.ts'
import type { Pixels } from '../core/pixels.ts'
import { scoreText, shortLabel } from './words.ts'

/** What figures need of the place they are drawn in. */
export type FigureHost = Pick<Host, 'encode' | 'font' | 'write'>

/** How a figure is drawn and arranged. */
export interface OverlayOptions extends PaintOptions {
  /** Label and score above the photo; true unless told. */
  title?: boolean
  /** Colour bar beside the photo; true unless told. */
  legend?: boolean
}

/** A figure that is drawn when it is asked for. */
export interface Figure {
  pixels(): Promise<Pixels>
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
    throw new GradcamError('bad-option', `one figure of ${explanations.length} maps would show nothing: ${maxPanels} are the most`, {
      hint: 'name fewer targets or methods, or take the numbers instead: --json, --save-map',
    })
  }
  return figureFrom(
    host,
    () => draw(host, explanations, options),
    () => textChunks(explanations),
  )
}

/** The part of the photo where the map lies over a share of its maximum; `gradcam/node` tells more. */
export function maskFigure(host: FigureHost, explanation: ExplanationData, share?: number): Figure {
  const mask = maskOf(explanation.map, groundOf(explanation), share)
  return figureFrom(
    host,
    async () => mask,
    () => textChunks([explanation]),
  )
}

/** A figure that is drawn once, when it is first asked for. */
function figureFrom(host: FigureHost, make: () => Promise<Pixels>, about: () => Record<string, string>): Figure {
  let drawn: Promise<Pixels> | undefined
  const pixels = (): Promise<Pixels> => (drawn ??= make())
  const toBuffer = async (format: FigureFormat = 'png'): Promise<Uint8Array> => encodeImage(host, await pixels(), format, about())
  return {
    pixels,
    toBuffer,
    async toFile(path) {
      const format = formats[endingOf(path)]
      if (!format) throw new GradcamError('bad-option', `cannot write a figure as ${path}`, { hint: 'end the name in .png, .jpg or .webp' })
      await writeWith(host, path, await toBuffer(format))
    },
  }
}

// what several figures together may measure each way, letters aside
const maxTogether = 4000

async function draw(host: FigureHost, explanations: readonly ExplanationData[], options: OverlayOptions): Promise<Pixels> {
  const rows = rowsOf(explanations)
  const most =
    explanations.length > 1 ? { width: maxTogether / Math.max(...rows), height: Math.max(64, maxTogether / rows.length) } : undefined
  const { figures, scale } = paint(explanations, options, most)
  const bare = options.title === false && options.legend === false
  const [only] = figures
  if (bare && only && figures.length === 1) return only
  const panels = explanations.map((why, i) => ({
    figure: figures[i] as Pixels,
    ...(options.title === false ? {} : lettering(why, explanations)),
  }))
  const fonts = await loadFonts(host, panels.map(({ title, subtitle }: Partial<Panel>) => `${title ?? ''}${subtitle ?? ''}`).join(''))
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
