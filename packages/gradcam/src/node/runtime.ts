/** @file ONNX Runtime for Node: the native engine, the one that browsers run, or each for what it does best. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { badOption, GradcamError, type Warning } from '../core/errors.ts'
import { engines, type Engine, type Host, type RuntimeOptions } from '../host.ts'
import { type External, type ExternalFile, type ExternalFolder, isOnDisk } from '../model/external.ts'
import { onnxRuntime } from '../runtime/onnxruntime.ts'
import type { Runtime, SameEverywhere } from '../runtime/runtime.ts'
import { loadNative, loadWasm } from './optional.ts'

/** Settings of an ONNX Runtime engine in Node. */
export type NodeRuntimeOptions = Pick<RuntimeOptions, 'threads'>

/**
 * The runtime by the name of its engine. The packages onnxruntime-node and onnxruntime-web are loaded when they are asked for.
 *
 * @throws GradcamError `bad-option` for an unknown engine, `not-installed` where its package is missing
 */
export async function engineRuntime(engine: Exclude<Engine, 'auto'>, { threads }: NodeRuntimeOptions = {}): Promise<Runtime> {
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

export const runtimes: Host['runtimes'] = async ({ engine = 'auto', ...options }, external) =>
  engine === 'auto'
    ? { runtime: await nodeRuntime(options), sameEverywhere: wasmEverywhere(external, options) }
    : { runtime: await engineRuntime(engine, options) }

// of 4 GiB of memory, in which weights are laid out once more, and tensors as well
const maxBytes = 2 ** 30

const sizeOf = ({ paths, size }: ExternalFolder): number => [...paths.keys()].reduce((total, location) => total + (size(location) ?? 0), 0)

/** WebAssembly for a model with these weights: what it cannot do is said, and how to do without. */
export const wasmEverywhere =
  (external: External, options: NodeRuntimeOptions): SameEverywhere =>
  async () => {
    if (isOnDisk(external) && sizeOf(external) > maxBytes)
      return otherElsewhere(`WebAssembly has no room for ${Math.ceil(sizeOf(external) / 2 ** 20)} MB of weights`, 'take a smaller model')
    try {
      const runtime = await engineRuntime('wasm', options)
      return withWayOut(isOnDisk(external) ? withFiles(runtime, external) : runtime)
    } catch (error) {
      if (error instanceof GradcamError) return otherElsewhere(error.message, error.hint)
      throw error
    }
  }

const otherElsewhere = (why: string, remedy: string): Warning => ({
  code: 'engine-native',
  message: `a browser, or another processor, may find other numbers at single places: ${why}`,
  hint: `${remedy}, or use the native engine: \`engine: 'native'\``,
})

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

/** Whatever WebAssembly refuses, the native engine may do. */
function withWayOut(runtime: Runtime): Runtime {
  const explained = (cause: unknown): never => {
    if (!(cause instanceof GradcamError)) throw cause
    const hint = `${cause.hint}; or let the native engine try: \`engine: 'native'\``
    throw new GradcamError(cause.code, `${cause.message} (in WebAssembly)`, { hint, cause })
  }
  return {
    ...runtime,
    async open(model, options) {
      const session = await runtime.open(model, options).catch(explained)
      return { ...session, run: (feeds, fetches) => session.run(feeds, fetches).catch(explained) }
    },
  }
}
