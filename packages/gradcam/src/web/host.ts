/** @file A browser's page or worker as the library's host. */
import { badOption, GradcamError } from '../core/errors.ts'
import type { FontScript, FontWeight, Host, RuntimeOptions } from '../host.ts'
import { checkedRuntime } from '../runtime/checked.ts'
import { onnxRuntime, type OrtModule } from '../runtime/onnxruntime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { decode, drawText, encode } from './canvas.ts'
import { read, readModel } from './files.ts'

/** What a page gives its host. */
export interface WebHostOptions {
  /** The module: `import * as ort from 'onnxruntime-web/wasm'`. */
  ort: OrtModule
  /** Where networks run that are loaded without `device`; `webgpu` wants `onnxruntime-web/webgpu`. Default: `wasm`. */
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
  runtime: async (options) => runtimeOf(ort, provider, options),
})

function runtimeOf(ort: OrtModule, provider: 'wasm' | 'webgpu', { engine, device, threads = 1 }: RuntimeOptions): Runtime {
  if (engine === 'native') throw badOption('a browser has no native engine', 'leave `engine` out, or take wasm')
  const asked = device ?? (engine === undefined && provider === 'webgpu' ? 'webgpu' : 'cpu')
  const data = { option: 'device', value: asked, allowed: ['cpu', 'webgpu'] }
  if (asked !== 'cpu' && asked !== 'webgpu') throw badOption(`a browser has no \`device\` ${asked}`, 'a browser has cpu, webgpu', { data })
  const wasm = onnxRuntime(ort, { provider: 'wasm', threads })
  if (asked === 'cpu') return wasm
  if (engine === 'wasm')
    throw badOption('the engine wasm runs on the CPU alone, not on webgpu', 'leave `engine` out, or `device`', { data })
  return checkedRuntime(onnxRuntime(ort, { provider: 'webgpu', threads }), wasm)
}
