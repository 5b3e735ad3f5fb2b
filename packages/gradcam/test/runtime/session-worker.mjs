/** @file Thread of the runtime in workers.test.ts: opens, runs and releases the sessions that messages ask for. */
import { parentPort } from 'node:worker_threads'
import { GradcamError, onnxRuntime } from 'gradcam'
import * as ort from 'onnxruntime-node'

const port = parentPort
if (!port) throw new Error('this file is the code of a worker')
const runtime = onnxRuntime(ort, { provider: 'cpu', threads: 1 })
/** @type {Map<number, import('gradcam').Session>} */
const sessions = new Map()
let count = 0

/** @param {number} id */
const sessionOf = (id) => {
  const session = sessions.get(id)
  if (!session) throw new Error(`no session ${id}`)
  return session
}

/** @type {import('./workers.ts').Calls} */
const calls = {
  about: async () => ({ name: runtime.name, provider: runtime.provider }),
  async open(model, options) {
    const session = await runtime.open(model, options)
    sessions.set(++count, session)
    return { id: count, inputs: session.inputs, outputs: session.outputs }
  },
  run: async (id, feeds, fetches) => sessionOf(id).run(feeds, fetches),
  async release(id) {
    await sessionOf(id).release()
    sessions.delete(id)
  },
}

/** @param {{ call: number, name: keyof typeof calls, args: never[] }} message */
async function answer({ call, name, args }) {
  try {
    const value = await calls[name](.../** @type {[never, never, never]} */ (args))
    port?.postMessage({ call, value })
  } catch (error) {
    // errors lose their own fields on the way
    const { code, message, hint } = error instanceof GradcamError ? error : { code: 'internal', message: String(error), hint: '' }
    port?.postMessage({ call, error: { code, message, hint } })
  }
}

port.on('message', (message) => void answer(message))
