/** @file A browser's page or worker as the library's host. */
import { GradcamError } from '../core/errors.ts'
import type { FontScript, FontWeight, Host } from '../host.ts'
import { onnxRuntime, type OrtModule } from '../runtime/onnxruntime.ts'
import { decode, drawText, encode } from './canvas.ts'
import { read, readModel } from './files.ts'

/** What a page gives its host. */
export interface WebHostOptions {
  /** The module: `import * as ort from 'onnxruntime-web/wasm'`. */
  ort: OrtModule
  /** Where gradients and maps are computed. Default: `wasm`. */
  provider?: 'wasm' | 'webgpu'
  /**
   * URL of a file of the typeface Inter, by script and weight, as the package @fontsource/inter has them. Without it figures have neither
   * titles nor legends.
   */
  font?: (script: FontScript, weight: FontWeight) => string | URL
}

/**
 * What `createGradcam` needs in a browser. Names of models, photos and files of targets are URLs; photos may also be given as `File` or
 * `Blob`.
 *
 * @example
 * // import * as ort from 'onnxruntime-web/wasm'
 * // import { createGradcam } from 'gradcam'
 * const { load } = createGradcam(webHost({ ort, font: (script, weight) => `/fonts/inter-${script}-${weight}-normal.woff` }))
 */
export const webHost = ({ ort, provider = 'wasm', font }: WebHostOptions): Host => ({
  readModel,
  read,
  decode,
  encode,
  drawText,
  async font(script, weight) {
    if (!font)
      throw new GradcamError('bad-option', 'letters need a typeface, and none is given', {
        hint: 'give `font` to webHost, or draw with `title: false` and `legend: false`',
      })
    return read(String(font(script, weight)), 2 ** 24)
  },
  async runtime({ engine = provider, threads }) {
    if (engine === 'native')
      throw new GradcamError('bad-option', 'a browser has no native engine', { hint: 'leave `engine` out, or take wasm' })
    return onnxRuntime(ort, { provider: engine, threads: threads ?? 1 })
  },
})
