/** @file A report of one photo's explanations: one HTML file that holds everything it shows. */
import { base64 } from '../core/base64.ts'
import { badOption } from '../core/errors.ts'
import type { ExplanationData } from '../explain/explanation.ts'
import { colormap } from '../figure/colormap.ts'
import { type FigureFormat, type Host, writeWith } from '../host.ts'
import { toRgb } from '../image/convert.ts'
import { checkPaintOptions, coloursOf, paint, type PaintOptions } from '../figure/painting.ts'
import type { Pixels } from '../core/pixels.ts'
import { resized, shownSize } from '../figure/fit.ts'
import { encodeImage } from '../image/encode.ts'
import { page } from './page.ts'

type ReportHost = Pick<Host, 'encode' | 'write'>

/** What a report contains and how its figures are drawn. */
export interface ReportOptions extends PaintOptions {
  /** What the photo is called: the page's heading. */
  name?: string
}

/** A page that is made when it is asked for. */
export interface Report {
  /** The whole document. No scripts, nothing loaded from elsewhere. */
  toHtml(): Promise<string>
  /** Writes the document, whole or not at all. In a browser there are no files: `cannot-write`. */
  toFile(path: string): Promise<void>
}

// figures in the page, in pixels: sharp on a wide screen, and not heavy
const largest = 800
const maxMaps = 100

/** A report page of one photo's explanations; `gradcam/node` tells more. */
export function reportOf(host: ReportHost, explanations: readonly ExplanationData[], options: ReportOptions = {}): Report {
  checkPaintOptions(options)
  if (explanations.length === 0) throw badOption('no explanations to report', 'give those of one photo')
  if (explanations.length > maxMaps) {
    throw badOption(
      `a report of ${explanations.length} maps would be read by nobody: ${maxMaps} are the most`,
      'name fewer targets or methods, or take the numbers instead: `toJSON()`, `map`',
    )
  }
  let made: Promise<string> | undefined
  const toHtml = (): Promise<string> => (made ??= make(host, explanations, options))
  return { toHtml, toFile: async (path) => writeWith(host, path, await toHtml()) }
}

async function make(host: ReportHost, explanations: readonly ExplanationData[], { name, ...options }: ReportOptions): Promise<string> {
  const dataUri = async (pixels: Pixels, format: FigureFormat): Promise<string> =>
    `data:image/${format};base64,${base64(await encodeImage(host, pixels, format))}`
  const scale = coloursOf(explanations, options)
  const side = Math.min(largest, options.maxSize ?? largest)
  const figures = paint(explanations, scale, options, { width: side, height: side })
  const photo = explanations[0]?.photo
  const bar = (name: string): Pixels => ({ width: 256, height: 1, channels: 3, data: colormap(name) })
  return page({
    ...{ name, explanations },
    photo: photo && (await dataUri(resized(toRgb(photo), shownSize(photo, { width: side, height: side })), 'webp')),
    maps: await Promise.all(figures.map((figure) => dataUri(figure, 'webp'))),
    scales: await Promise.all(scale.legends.map(async (each) => ({ ...each, colours: await dataUri(bar(each.colormap), 'png') }))),
  })
}
