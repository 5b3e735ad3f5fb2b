/** @file The runtime that a network gets in Node: its engine, its workers, its files. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { badOption, GradcamError } from '../core/errors.ts'
import type { Host, RuntimeOptions } from '../host.ts'
import { externalBytes, type ExternalFile, type ExternalFolder, isOnDisk } from '../model/external.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { engineRuntime } from './runtime.ts'
import { withWorkers } from './workers.ts'

export const runtime: Host['runtime'] = async (options, external, bytes = 0) => {
  const { engine = 'native', threads, device = 'cpu' } = options
  const own = await engineRuntime(engine, threads === undefined ? { device } : { threads, device })
  const size = externalBytes(external)
  const whole = device === 'cpu' ? withWorkers(own, { ...options, engine }, bytes + size) : withoutWorkers(own, options)
  if (!isOnDisk(external)) return whole
  if (own.provider !== 'wasm') return checked(whole, external)
  if (size > maxBytes)
    throw badOption(`WebAssembly has no room for ${Math.ceil(size / 2 ** 20)} MB of weights`, 'leave `engine` out for the native engine')
  return withFiles(whole, external)
}

/** The native engine maps the files when it opens a model, and reads them as long as it runs it. */
const checked = (runtime: Runtime, external: ExternalFolder): Runtime => ({
  ...runtime,
  async open(model, options) {
    external.check()
    const session = await runtime.open(model, options)
    return {
      ...session,
      async run(feeds, fetches) {
        external.check()
        return session.run(feeds, fetches)
      },
    }
  },
})

/** One queue feeds a device, from whichever thread it is asked. */
function withoutWorkers(runtime: Runtime, { device, workers = 0, worker }: RuntimeOptions): Runtime {
  if (worker || workers > 1)
    throw badOption(
      `\`workers\` are threads of the CPU, and the network runs on ${device}`,
      'leave `workers` and `worker` out, or `device`',
      {
        data: { option: 'workers', value: workers },
      },
    )
  return runtime
}

// of 4 GiB of memory, in which weights are laid out once more, and tensors as well
const maxBytes = 2 ** 30

/** WebAssembly finds no files: they are read when the first model refers to them. */
function withFiles(runtime: Runtime, { folder, modelFile, paths, check }: ExternalFolder): Runtime {
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
  const read = async (): Promise<ExternalFile[]> => {
    const all = await Promise.all([...new Set([modelFile, ...paths.values()])].map(readOne))
    check()
    return all
  }
  return {
    ...runtime,
    open: async (model, options) =>
      runtime.open('folder' in model.external ? { ...model, external: await (files ??= read()) } : model, options),
  }
}
