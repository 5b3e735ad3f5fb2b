/** @file Explanations as pictures: overlay, title and legend, encoded and written whole. */
import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { GradcamError } from '../errors.ts'
import type { ExplanationData } from '../explanation.ts'
import { colormap } from '../picture/colormap.ts'
import { overlay } from '../picture/overlay.ts'
import { enlarged, panel } from '../picture/panel.ts'
import type { Pixels } from '../picture/pixels.ts'

export interface OverlayOptions {
  /** `jet` (the default), `turbo`, `viridis`, `inferno`, `magma`, `plasma`, `cividis`, `grey`. */
  colormap?: string
  /** How much of the colour covers the photo, 0 … 1; 0.5 unless told. */
  alpha?: number
  /** Label and score above the photo; true unless told. */
  title?: boolean
  /** Colour bar beside the photo; true unless told. */
  legend?: boolean
}

export type PictureFormat = 'png' | 'jpeg' | 'webp'

/** A picture that is drawn when it is asked for. */
export interface Picture {
  pixels(): Promise<Pixels>
  toBuffer(format?: PictureFormat): Promise<Uint8Array>
  /** Writes PNG, JPEG or WebP by the file's ending: beside it first, then renamed, so that no half file is ever there. */
  toFile(path: string): Promise<void>
}

const formats: Record<string, PictureFormat> = { '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' }

/** One picture of several explanations of one photo, side by side. */
export function pictureOf(explanations: readonly ExplanationData[], options: OverlayOptions = {}): Picture {
  const colours = options.colormap ?? 'jet'
  colormap(colours) // an unknown name is refused now, not when the picture is drawn
  const alpha = options.alpha ?? 0.5
  if (!(alpha >= 0 && alpha <= 1)) throw new GradcamError('bad-option', `alpha is ${alpha}`, { hint: 'alpha is a number from 0 to 1' })
  let drawn: Promise<Pixels> | undefined
  const pixels = (): Promise<Pixels> => (drawn ??= draw(explanations, { ...options, colormap: colours, alpha }))
  const toBuffer = async (format: PictureFormat = 'png'): Promise<Uint8Array> => {
    const { encodeImage } = await import('./image.ts')
    return encodeImage(await pixels(), format, format === 'png' ? textChunks(explanations) : undefined)
  }
  return {
    pixels,
    toBuffer,
    async toFile(path) {
      const format = formats[extname(path).toLowerCase()]
      if (!format)
        throw new GradcamError('bad-option', `cannot write a picture as ${basename(path)}`, { hint: 'end the name in .png, .jpg or .webp' })
      await writeBeside(path, await toBuffer(format))
    },
  }
}

async function draw(
  explanations: readonly ExplanationData[],
  options: OverlayOptions & { colormap: string; alpha: number },
): Promise<Pixels> {
  const pictures = explanations.map((why) => {
    const { photo, region } = enlarged(why.photo ?? plate(why), why.region)
    return overlay(photo, why.map, { colormap: options.colormap, alpha: why.photo ? options.alpha : 1, region, range: rangeOf(why) })
  })
  const bare = options.title === false && options.legend === false
  const [only] = pictures
  if (bare && only && pictures.length === 1) return only
  const { loadFonts } = await import('./font.ts')
  const titled = options.title !== false
  const panels = explanations.map((why, i) => ({
    picture: pictures[i] as Pixels,
    ...(titled ? { title: shortLabel(why.label), score: scoreText(why), subtitle: `${why.method} · ${why.featureLayer}` } : {}),
  }))
  const fonts = await loadFonts(panels.map(({ title, subtitle }) => `${title ?? ''}${subtitle ?? ''}`).join(''))
  return panel(panels, {
    fonts,
    ...(options.legend === false ? {} : { legend: { colormap: options.colormap, ticks: ticksOf(explanations) } }),
  })
}

/** A grey plate where there is no photo, only a tensor. */
function plate({ map }: ExplanationData): Pixels {
  return { width: map.width, height: map.height, channels: 3, data: new Uint8Array(map.width * map.height * 3).fill(128) }
}

/** The values that get the first and the last colour: 0 … 1 for normalised maps, else what is there. */
function rangeOf({ map, provenance }: ExplanationData): [number, number] {
  if (provenance.settings.normalize === 'minmax' || provenance.settings.normalize === 'percentile') return [0, 1]
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of map.data) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return high > low ? [low, high] : [low, low + 1]
}

function ticksOf(explanations: readonly ExplanationData[]): { at: number; text: string; note?: string }[] {
  const first = explanations[0]
  // several maps with a scale each: only the words are true of all
  const [low, high] = explanations.length === 1 && first ? rangeOf(first) : [0, 1]
  const text = (value: number): string =>
    Math.abs(value) >= 1e4 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(3)))
  return [
    { at: 1, text: text(high), note: 'high' },
    { at: 0.5, text: text((low + high) / 2) },
    { at: 0, text: text(low), note: 'low' },
  ]
}

/** ImageNet labels list synonyms: the first says it. */
const shortLabel = (label: string): string => label.split(',')[0]?.trim() || label

function scoreText({ score, scoreKind }: ExplanationData): string {
  return scoreKind === 'logit' ? score.toPrecision(3) : score.toFixed(score >= 0.995 || score < 0.01 ? 3 : 2)
}

function textChunks(explanations: readonly ExplanationData[]): Record<string, string> {
  const [first] = explanations
  if (!first) return {}
  const { model, reductionLayer, settings, versions } = first.provenance
  return {
    Software: `gradcam ${versions['gradcam'] ?? ''}`.trim(),
    Title: explanations.map((why) => `${why.label} ${scoreText(why)}`).join('; '),
    'gradcam:model': model,
    'gradcam:method': first.method,
    'gradcam:feature-layer': first.featureLayer,
    'gradcam:reduction-layer': reductionLayer.name,
    'gradcam:settings': JSON.stringify(settings),
    'gradcam:versions': JSON.stringify(versions),
  }
}

let drafts = 0

async function writeBeside(path: string, bytes: Uint8Array): Promise<void> {
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
