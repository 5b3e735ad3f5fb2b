/**
 * @file One process that opens a model, runs it or explains it once, and prints how long that took, how much work the processors did, and its peak memory.
 * `node first-child.mjs plain | explain | cached FILE`: from the file to the answer, modules loaded before.
 */
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

/** Peak in MB. */
const peak = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024

const [mode = '', file = ''] = process.argv.slice(2)
const ort = await import('onnxruntime-node')
const { load } = await import('../packages/gradcam/dist/node/index.js')
const tensor = {
  type: /** @type {const} */ ('float32'),
  dims: [1, 3, 224, 224],
  data: Float32Array.from({ length: 150528 }, (_, i) => Math.sin(i)),
}
const [started, before] = [performance.now(), process.cpuUsage()]
if (mode === 'plain') {
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 })
  await session.run({ [session.inputNames[0] ?? '']: new ort.Tensor('float32', tensor.data, tensor.dims) })
} else {
  const network = await load(file)
  await network.explain(tensor)
}
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ ms: performance.now() - started, cpu: (user + system) / 1000, mb: peak() }))
await setTimeout(0)
