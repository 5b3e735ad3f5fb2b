/** @file A runtime whose sessions live in a thread of their own: everything crosses a port as a copy. */
import { Worker } from 'node:worker_threads'
import { type ErrorCode, GradcamError } from '../../src/core/errors.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import type { ModelBytes, OpenOptions, Port, Runtime } from '../../src/runtime/runtime.ts'

/** What the thread answers. */
export interface Calls {
  about(): Promise<Pick<Runtime, 'name' | 'provider'>>
  open(model: ModelBytes, options?: OpenOptions): Promise<{ id: number; inputs: readonly Port[]; outputs: readonly Port[] }>
  run(id: number, feeds: Readonly<Record<string, Tensor>>, fetches?: readonly string[]): Promise<Record<string, Tensor>>
  release(id: number): Promise<void>
}

type Answer = { call: number; value: never } | { call: number; error: { code: ErrorCode; message: string; hint: string } }

export async function workerRuntime(): Promise<Runtime & { end(): Promise<number> }> {
  const worker = new Worker(new URL('session-worker.mjs', import.meta.url))
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>()
  worker.on('message', (answer: Answer) => {
    const { resolve, reject } = waiting.get(answer.call) ?? {}
    waiting.delete(answer.call)
    if ('value' in answer) resolve?.(answer.value)
    else reject?.(new GradcamError(answer.error.code, answer.error.message, { hint: answer.error.hint }))
  })
  worker.on('error', (error) => {
    for (const { reject } of waiting.values()) reject(error)
  })
  let calls = 0
  const call = <N extends keyof Calls>(name: N, ...args: Parameters<Calls[N]>): ReturnType<Calls[N]> =>
    new Promise<never>((resolve, reject) => {
      waiting.set(++calls, { resolve, reject })
      // everything is copied, nothing is handed over
      worker.postMessage({ call: calls, name, args }, [])
    }) as ReturnType<Calls[N]>
  return {
    ...(await call('about')),
    async open(model, options) {
      const { id, inputs, outputs } = await call('open', model, options)
      return {
        ...{ inputs, outputs },
        run: (feeds, fetches) => call('run', id, feeds, fetches),
        release: () => call('release', id),
      }
    },
    end: () => worker.terminate(),
  }
}
