/** @file One thing at a time, for engines whose sessions share state: WebAssembly and WebGPU. */
import type { Runtime } from './runtime.ts'

type Queue = <T>(work: () => Promise<T>) => Promise<T>

/** Runs one piece of work after the other, in the order of asking; a failure ends its own piece alone. */
export function createQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
}

const queues = new WeakMap<object, Queue>()

/**
 * Opens, runs and releases one session at a time, whatever network they belong to. onnxruntime-web mounts external data by name for
 * the whole module while it opens a session: of two models that are opened together one gets the weights of the other, and no error
 * tells. Its WebGPU sessions share a device and the buffers of the module as well.
 *
 * @param module what the sessions share: runtimes of the same module wait for each other
 */
export function serialRuntime(runtime: Runtime, module: object): Runtime {
  const queue = queues.get(module) ?? createQueue()
  queues.set(module, queue)
  return {
    ...runtime,
    async open(model, options) {
      const session = await queue(() => runtime.open(model, options))
      return {
        ...session,
        run: (feeds, fetches) => queue(() => session.run(feeds, fetches)),
        release: () => queue(() => session.release()),
      }
    },
  }
}
