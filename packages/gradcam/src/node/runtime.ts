/** @file ONNX Runtime for Node by the name of its engine: the native one, or the one that browsers run. */
import { badOption } from '../core/errors.ts'
import { engines, type Engine, type RuntimeOptions } from '../host.ts'
import { onnxRuntime } from '../runtime/onnxruntime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { deviceRuntime } from './device.ts'
import { loadNative, loadWasm } from './optional.ts'

/** Settings of an ONNX Runtime engine in Node. */
export type NodeRuntimeOptions = Pick<RuntimeOptions, 'threads' | 'device'>

/**
 * The runtime by the name of its engine. The packages onnxruntime-node and onnxruntime-web are loaded when they are asked for.
 *
 * @throws GradcamError `bad-option` for an engine or device that is unknown or not here, `not-installed` where its package is missing
 */
export async function engineRuntime(engine: Engine, { threads, device = 'cpu' }: NodeRuntimeOptions = {}): Promise<Runtime> {
  if (engine === 'native') return deviceRuntime(await loadNative(), device, threads)
  if (engine !== 'wasm')
    throw badOption(`unknown \`engine\`: ${String(engine)}`, `\`engine\` is one of ${engines.join(', ')}`, {
      data: { option: 'engine', value: String(engine), allowed: engines },
    })
  if (device !== 'cpu')
    throw badOption(`the engine wasm runs on the CPU alone, not on ${device}`, 'leave `engine` out, or `device`', {
      data: { option: 'device', value: device },
    })
  const web = await loadWasm()
  return onnxRuntime(web, { provider: 'wasm', threads: threads ?? 1 })
}

/** The runtime of onnxruntime-node, on the CPU where no device is named. */
export const nodeRuntime = (options?: NodeRuntimeOptions): Promise<Runtime> => engineRuntime('native', options)
