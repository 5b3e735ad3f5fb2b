/** @file Everything that needs a host, on one: what `gradcam/node` exports for Node, and `gradcam/web` makes for a page. */
import type { Bytes } from './core/bytes.ts'
import type { Pixels } from './core/pixels.ts'
import type { ExplanationData } from './explain/explanation.ts'
import { type Figure, figureOf, maskFigure, type OverlayOptions } from './figure/figure.ts'
import type { FigureFormat, Host } from './host.ts'
import { encodeImage } from './image/encode.ts'
import { readImage } from './image/photo.ts'
import type { ModelSource } from './graph/source.ts'
import { type LoadOptions, loadWith, type Network } from './network.ts'
import { type Report, type ReportOptions, reportOf } from './report/report.ts'

/** Everything that needs a host: loading networks, reading photos, drawing figures and reports. */
export interface Gradcam {
  /** Loads a network. */
  load(source: ModelSource, options?: LoadOptions): Promise<Network>
  /** One figure of several explanations of one photo. */
  figureOf(explanations: readonly ExplanationData[], options?: OverlayOptions): Figure
  /** The part of the photo where the map lies over a share of its maximum, white on black. */
  maskFigure(explanation: ExplanationData, share?: number): Figure
  /** A report page of one photo's explanations. */
  reportOf(explanations: readonly ExplanationData[], options?: ReportOptions): Report
  /** Reads a photo as RGB pixels, upright, transparency on white. */
  readImage(source: string | URL | Bytes, limits?: { maxPixels?: number | undefined }): Promise<Pixels>
  /** Encodes pixels. */
  encodeImage(pixels: Pixels, format: FigureFormat, text?: Readonly<Record<string, string>>): Promise<Uint8Array>
}

/**
 * The library on a host.
 *
 * @example
 * // import { nodeHost } from 'gradcam/node'
 * const { load } = createGradcam(nodeHost)
 * const network = await load('googlenet')
 * await network.close()
 */
export const createGradcam = (host: Host): Gradcam => ({
  load: (source, options) => loadWith(host, source, options),
  figureOf: (explanations, options) => figureOf(host, explanations, options),
  maskFigure: (explanation, share) => maskFigure(host, explanation, share),
  reportOf: (explanations, options) => reportOf(host, explanations, options),
  readImage: (source, { maxPixels } = {}) => readImage(host, source, maxPixels),
  encodeImage: (pixels, format, text) => encodeImage(host, pixels, format, text),
})
