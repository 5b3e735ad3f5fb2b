/** @file ONNX Runtime for Node: the native engine, or the one that browsers run. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { badOption, GradcamError } from '../core/errors.ts'
import { engines, type Engine, type Host, type RuntimeOptions } from '../host.ts'
import { type ExternalFile, type ExternalFolder, isOnDisk } from '../model/external.ts'
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

export const runtime: Host['runtime'] = async ({ engine = 'native', ...options }, external) => {
  const own = await engineRuntime(engine, options)
  if (own.provider !== 'wasm' || !isOnDisk(external)) return own
  const size = sizeOf(external)
  if (size > maxBytes)
    throw badOption(`WebAssembly has no room for ${Math.ceil(size / 2 ** 20)} MB of weights`, 'leave `engine` out for the native engine')
  return withFiles(own, external)
}

// of 4 GiB of memory, in which weights are laid out once more, and tensors as well
const maxBytes = 2 ** 30

const sizeOf = ({ paths, size }: ExternalFolder): number => [...paths.keys()].reduce((total, location) => total + (size(location) ?? 0), 0)

/** WebAssembly finds no files: they are read when the first model refers to them. */
function withFiles(runtime: Runtime, { folder, modelFile, paths }: ExternalFolder): Runtime {
  let files: Promise<ExternalFile[]> | undefined
  const readOne = async (path: string): Promise<ExternalFile> => {
    const data = await readFile(join(folder, path)).catch((cause: unknown) => {
      throw new GradcamError('model-missing', `cannot read ${path}, which holds weights of the model`, {
        hint: 'load the model again',
        cause,
      })
    })
    return { path, data: new Uint8Array(data) }
  }
  const read = (): Promise<ExternalFile[]> => Promise.all([...new Set([modelFile, ...paths.values()])].map(readOne))
  return {
    ...runtime,
    open: async (model, options) =>
      runtime.open('folder' in model.external ? { ...model, external: await (files ??= read()) } : model, options),
  }
}
