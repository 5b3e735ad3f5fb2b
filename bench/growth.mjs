/** @file How the cost grows with picture size, batch, channels, classes and threads: the embedded network, beside plain runs. */
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { load } from '../packages/gradcam/dist/node/index.js'
import { embedded } from '../packages/models/dist/index.js'
import { median } from './measure.mjs'

const { InferenceSession, Tensor } = createRequire(new URL('../packages/gradcam/package.json', import.meta.url))('onnxruntime-node')
const file = join(embedded.directory, 'onnx/model.onnx')

/** Milliseconds by what grows. @typedef {{ name: string, points: [number, number][] }} Line */
/** @typedef {{ title: string, about: string, lines: Line[] }} Panel */
/** @typedef {(rounds: number, run: () => Promise<unknown>) => Promise<number>} Timing */

/** @param {number} batch @param {number} side */
const images = (batch, side) => ({
  type: /** @type {const} */ ('float32'),
  dims: [batch, 3, side, side],
  data: Float32Array.from({ length: batch * 3 * side * side }, (_, i) => Math.sin(i * 0.37) + Math.sin(i * 0.011)),
})

/** @type {Timing} */
async function timed(rounds, run) {
  await run()
  const times = []
  for (let i = 0; i < rounds; i++) {
    const start = performance.now()
    await run()
    times.push(performance.now() - start)
  }
  return median(times)
}

/** One panel: each line measured at each place. @param {string} title @param {string} about @param {readonly number[]} places @param {number} rounds @param {Record<string, (at: number) => Promise<() => Promise<unknown>>>} lines @returns {Promise<Panel>} */
async function panel(title, about, places, rounds, lines) {
  /** @type {Line[]} */
  const found = Object.keys(lines).map((name) => ({ name, points: [] }))
  for (const at of places)
    for (const [i, prepare] of Object.values(lines).entries()) found[i]?.points.push([at, await timed(rounds, await prepare(at))])
  return { title, about, lines: found }
}

/** Powers of two up to a number, and that number. @param {number} most */
const doubling = (most) => [...new Set([...Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i), most])]

/** @param {number} rounds @returns {Promise<Panel[]>} */
export async function growth(rounds) {
  const network = await load(embedded.directory)
  const session = await InferenceSession.create(file, { logSeverityLevel: 4 })
  const plain = async (/** @type {number} */ batch, side = 224) => {
    const { dims, data } = images(batch, side)
    const feeds = { [session.inputNames[0]]: new Tensor('float32', data, dims) }
    return () => session.run(feeds)
  }
  const explain = async (/** @type {object} */ options, batch = 1, side = 224) => {
    const tensor = images(batch, side)
    return () => network.explainAll(tensor, { target: 0, ...options })
  }
  const all = [
    await panel('picture size', 'pixels a side', [112, 160, 224, 320, 448], rounds, {
      'plain run': (side) => plain(1, side),
      'Grad-CAM': (side) => explain({}, 1, side),
      saliency: (side) => explain({ method: 'saliency' }, 1, side),
    }),
    await panel('batch', 'images in a tensor', [1, 2, 4, 8, 16], rounds, {
      'plain run': (batch) => plain(batch),
      'Grad-CAM': (batch) => explain({}, batch),
      saliency: (batch) => explain({ method: 'saliency' }, batch),
    }),
    await panel('channels', 'channels of Score-CAM', [8, 32, 128, 512], Math.ceil(rounds / 3), {
      'Score-CAM': (channelCount) => explain({ method: 'score-cam', options: { channelCount } }),
    }),
    await panel('classes', 'classes explained at once', [1, 10, 100, 1000], rounds, {
      'plain run': () => plain(1),
      'Grad-CAM': (count) => explain({ target: Array.from({ length: count }, (_, i) => i), upsample: 'none' }),
    }),
  ]
  await network.close()
  await session.release()
  return [...all, await threadsPanel(rounds)]
}

/** @param {number} rounds */
async function threadsPanel(rounds) {
  const places = doubling(availableParallelism())
  /** @type {Panel} */
  const found = { title: 'threads', about: `threads, of ${availableParallelism()} cores`, lines: [] }
  /** @type {Record<string, [number, number][]>} */
  const points = { 'plain run': [], 'Grad-CAM': [], 'SmoothGrad of 16': [] }
  for (const threads of places) {
    const session = await InferenceSession.create(file, { logSeverityLevel: 4, intraOpNumThreads: threads })
    const network = await load(embedded.directory, { threads })
    const { dims, data } = images(1, 224)
    const runs = [
      () => session.run({ [session.inputNames[0]]: new Tensor('float32', data, dims) }),
      () => network.explain(images(1, 224), { target: 0 }),
      () => network.explain(images(1, 224), { target: 0, method: 'smooth-grad', options: { samples: 16 } }),
    ]
    for (const [i, line] of Object.values(points).entries())
      line.push([threads, await timed(rounds, /** @type {() => Promise<unknown>} */ (runs[i]))])
    await network.close()
    await session.release()
  }
  found.lines = Object.entries(points).map(([name, line]) => ({ name, points: line }))
  return found
}
