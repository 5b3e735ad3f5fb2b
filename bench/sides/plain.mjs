/** @file The plain ONNX Runtime's side: runs of a network, by one session or by threads. `node plain.mjs IMAGE`. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { serve } from './serve.mjs'

const packageFile = new URL('../../packages/gradcam/package.json', import.meta.url)
const { InferenceSession, Tensor } = createRequire(packageFile)('onnxruntime-node')
const bytes = readFileSync(process.argv[2] ?? '')
const image = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))

/**
 * @typedef {{ batch: number, count: number, sideBySide: boolean }} Way
 * @typedef {{ run: (count: number) => Promise<unknown>, close: () => Promise<unknown> }} Opened
 */

/** One session with all threads. @param {string} file @param {number} batch @returns {Promise<Opened>} */
async function together(file, batch) {
  const session = await InferenceSession.create(file, { logSeverityLevel: 4 })
  const data = new Float32Array(batch * image.length)
  for (let i = 0; i < batch; i++) data.set(image, i * image.length)
  const feeds = { [session.inputNames[0]]: new Tensor('float32', data, [batch, 3, 224, 224]) }
  const run = async (/** @type {number} */ count) => {
    for (let done = 0; done < count; done += batch) await session.run(feeds)
  }
  return { run, close: () => session.release() }
}

/** As many sessions of one thread as there are cores. @param {string} file @param {number} batch @returns {Promise<Opened>} */
async function byThreads(file, batch) {
  const threads = Array.from(
    { length: availableParallelism() },
    () => new Worker(new URL('plain-thread.mjs', import.meta.url), { workerData: { file, image, batch } }),
  )
  const run = (/** @type {number} */ count) => {
    const runs = Math.ceil(count / batch)
    return Promise.all(
      threads.map((thread, i) => {
        thread.postMessage(Math.floor((runs + i) / threads.length), [])
        return once(thread, 'message')
      }),
    )
  }
  return { run, close: () => Promise.all(threads.map((thread) => thread.terminate())) }
}

/** @type {{ key: string, way: Opened } | undefined} */
let opened

/** @param {string} file @param {Way} way @param {boolean} [fresh] */
async function open(file, { batch, sideBySide }, fresh) {
  const key = `${file} ${batch} ${sideBySide}`
  if (fresh || opened?.key !== key) {
    await opened?.way.close()
    opened = { key, way: await (sideBySide ? byThreads : together)(file, batch) }
  }
  return opened.way
}

await serve({ versions: { 'onnxruntime-node': createRequire(packageFile)('onnxruntime-node/package.json').version } }, async (ask) => {
  const way = /** @type {Way} */ (ask.options)
  const { run } = await open(ask.file, way, ask.fresh)
  return async () => {
    await run(way.count)
    return undefined
  }
})
await opened?.way.close()
