/** @file A thread of Node that runs sessions: started where the built worker lies. */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { Engine } from '../host.ts'
import type { Thread } from '../runtime/remote.ts'

/** Which engine a thread runs. */
export interface ThreadSettings {
  engine: Engine
  threads: number | undefined
}

/** Ends a thread between two calls: stopped inside the engine, it would take the process with it. */
export const endMessage = 'end'

/** The worker's own file, also where this one is a source that was not built, or part of somebody's bundle; undefined where it is nowhere. */
export function workerFile(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('gradcam/node/worker')
  } catch {
    return undefined
  }
}

/** Starts a thread. It does not keep the process while nobody waits for it. */
export function startThread(file: string, settings: ThreadSettings): Thread {
  // flags of the process, such as hooks of loaders, are not for this file
  const worker = new Worker(file, { workerData: settings, execArgv: [] })
  let asked = false
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  return {
    send: (message) => worker.postMessage(message, []),
    listen: (heard) => void worker.on('message', heard),
    whenLost(lost) {
      worker.on('error', lost)
      worker.on('exit', (code) => asked || lost(new Error(`its thread exited with code ${code}`)))
    },
    awaited: (yes) => (yes ? worker.ref() : worker.unref()),
    async end() {
      asked = true
      worker.ref()
      worker.postMessage(endMessage, [])
      await exited
    },
  }
}
