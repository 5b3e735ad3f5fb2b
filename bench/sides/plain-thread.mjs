/** @file A thread of ONNX Runtime alone, with a session of one thread: runs what it is told, as often as it is told. */
import { on } from 'node:events'
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

const { InferenceSession, Tensor } = createRequire(new URL('../../packages/gradcam/package.json', import.meta.url))('onnxruntime-node')
const { file, image, batch } = workerData
const session = await InferenceSession.create(file, { logSeverityLevel: 4, intraOpNumThreads: 1, interOpNumThreads: 1 })
const data = new Float32Array(batch * image.length)
for (let i = 0; i < batch; i++) data.set(image, i * image.length)
const feeds = { [session.inputNames[0]]: new Tensor('float32', data, [batch, 3, 224, 224]) }
if (!parentPort) throw new Error('plain.mjs starts this')
for await (const [runs] of on(parentPort, 'message')) {
  for (let i = 0; i < runs; i++) await session.run(feeds)
  parentPort.postMessage('done', [])
}
