/** @file ONNX Runtime for Node by the name of its engine: the native one, or the one that browsers run. */
import { badOption } from '../core/errors.ts'
import { engines, type Engine, type RuntimeOptions } from '../host.ts'
import { onnxRuntime } from '../runtime/onnxruntime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { loadNative, loadWasm } from './optional.ts'

/** Settings of an ONNX Runtime engine in Node. */
export type NodeRuntimeOptions = Pick<RuntimeOptions, 'threads'>

/**
 * The runtime by the name of its engine. The packages onnxruntime-node and onnxruntime-web are loaded when they are asked for.
 *
 * @throws GradcamError `bad-option` for an unknown engine, `not-installed` where its package is missing
 */
export async function engineRuntime(engine: Engine, { threads }: NodeRuntimeOptions = {}): Promise<Runtime> {
  if (engine === 'native') return onnxRuntime(await loadNative(), { provider: 'cpu', ...(threads === undefined ? {} : { threads }) })
  if (engine !== 'wasm')
    throw badOption(`unknown \`engine\`: ${String(engine)}`, `\`engine\` is one of ${engines.join(', ')}`, {
      data: { option: 'engine', value: String(engine), allowed: engines },
    })
  const web = await loadWasm()
  return onnxRuntime(web, { provider: 'wasm', threads: threads ?? 1 })
}

/** The CPU runtime of onnxruntime-node. */
export const nodeRuntime = (options?: NodeRuntimeOptions): Promise<Runtime> => engineRuntime('native', options)
