/** @file A report of one photo's explanations: one HTML file that holds everything it shows. */
import { GradcamError } from '../core/errors.ts'
import type { ExplanationData } from '../explain/explanation.ts'
import { colormap } from '../figure/colormap.ts'
import { toRgb } from '../image/convert.ts'
import { checkPaintOptions, paint, type PaintOptions } from '../figure/painting.ts'
import type { Pixels } from '../core/pixels.ts'
import { resize } from '../image/resize.ts'
import { page } from '../report/page.ts'
import { writeBeside } from './figure.ts'

export interface ReportOptions extends PaintOptions {
  /** What the photo is called: the page's heading. */
  name?: string
}

/** A page that is made when it is asked for. */
export interface Report {
  /** The whole document. No scripts, nothing loaded from elsewhere. */
  toHtml(): Promise<string>
  /** Written beside its place first, then renamed, so that no half file is ever there. */
  toFile(path: string): Promise<void>
}

// figures in the page, in pixels: sharp on a wide screen, and not heavy
const largest = 800
const maxMaps = 100

/**
 * A report page: photo, the network's answers, a map for every target and method, settings, details, warnings, timings, versions.
 *
 * @param explanations of one photo
 * @throws {GradcamError} `bad-option` for no explanations, for more than 100, and for settings that mean nothing
 * @example await reportOf(await net.explainAll('photo.jpg', { target: 'top-3' }), { name: 'photo.jpg' }).toFile('report.html')
 */
export function reportOf(explanations: readonly ExplanationData[], options: ReportOptions = {}): Report {
  checkPaintOptions(options)
  if (explanations.length === 0) {
    throw new GradcamError('bad-option', 'no explanations to report', { hint: 'give those of one photo' })
  }
  if (explanations.length > maxMaps) {
    throw new GradcamError('bad-option', `a report of ${explanations.length} maps would be read by nobody: ${maxMaps} are the most`, {
      hint: 'name fewer targets or methods, or take the numbers instead: `toJSON()`, `map`',
    })
  }
  let made: Promise<string> | undefined
  const toHtml = (): Promise<string> => (made ??= make(explanations, options))
  return { toHtml, toFile: async (path) => writeBeside(path, await toHtml()) }
}

async function make(explanations: readonly ExplanationData[], { name, ...options }: ReportOptions): Promise<string> {
  const { figures, scale } = paint(explanations, options, { width: largest, height: largest })
  const photo = explanations[0]?.photo
  const colours: Pixels = { width: 256, height: 1, channels: 3, data: colormap(scale.colormap) }
  return page({
    ...{ name, explanations, scale },
    photo: photo && (await dataUri(smaller(photo), 'webp')),
    maps: await Promise.all(figures.map((figure) => dataUri(figure, 'webp'))),
    colours: await dataUri(colours, 'png'),
  })
}

function smaller(photo: Pixels): Pixels {
  const k = Math.min(1, largest / Math.max(photo.width, photo.height))
  if (k === 1) return photo
  return resize(toRgb(photo), Math.max(1, Math.round(photo.width * k)), Math.max(1, Math.round(photo.height * k)), 'bilinear')
}

async function dataUri(pixels: Pixels, format: 'webp' | 'png'): Promise<string> {
  const { encodeImage } = await import('./image.ts')
  return `data:image/${format};base64,${Buffer.from(await encodeImage(pixels, format)).toString('base64')}`
}
