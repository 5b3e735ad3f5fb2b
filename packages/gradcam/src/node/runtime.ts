/** @file ONNX Runtime for Node: the native engine, or the one that browsers run. */
import * as ort from 'onnxruntime-node'
import { GradcamError } from '../errors.ts'
import { onnxRuntime } from '../runtime/onnxruntime.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** `native`: onnxruntime-node, the fast one. `wasm`: onnxruntime-web, whose numbers are those of a browser to the last bit. */
export const engines = ['native', 'wasm'] as const
export type Engine = (typeof engines)[number]

export interface NodeRuntimeOptions {
  /** Threads inside one operator; the native engine takes all cores unless told, WebAssembly one. */
  threads?: number
}

/** The CPU runtime of onnxruntime-node. */
export const nodeRuntime = (options: NodeRuntimeOptions = {}): Runtime => onnxRuntime(ort, { provider: 'cpu', ...options })

/**
 * The runtime by the name of its engine. WebAssembly needs the package onnxruntime-web, and is loaded when it is asked for.
 *
 * @throws GradcamError `bad-option` for an unknown engine, or one that is not installed
 */
export async function engineRuntime(engine: Engine, options: NodeRuntimeOptions = {}): Promise<Runtime> {
  if (engine === 'native') return nodeRuntime(options)
  if (engine !== 'wasm')
    throw new GradcamError('bad-option', `unknown engine: ${String(engine)}`, { hint: `engine is one of ${engines.join(', ')}` })
  const web = await import('onnxruntime-web').catch((cause: unknown) => {
    throw new GradcamError('bad-option', 'the engine wasm is not installed', { hint: 'npm install onnxruntime-web@1.30.0', cause })
  })
  // the number of threads belongs to the module, not to a session
  web.env.wasm.numThreads = options.threads ?? 1
  return onnxRuntime(web, { provider: 'wasm' })
}
