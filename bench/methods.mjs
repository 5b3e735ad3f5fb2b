/** @file What methods of many runs cost beside the arithmetic that they cannot do without: rows of `npm run bench`. */
import { deriveModel } from '../packages/gradcam/dist/graph/derive.js'
import { methods } from '../packages/gradcam/dist/method/method.js'
import { readModel } from '../packages/gradcam/dist/graph/model.js'
import { createExplainer } from '../packages/gradcam/dist/explain/explainer.js'
import { engineRuntime, nodeRuntime } from '../packages/gradcam/dist/node/runtime.js'
import { alternate } from './measure.mjs'

/** @typedef {{ row: string, value: string, detail: string, data: object }} Row */

const side = 224
const classes = 1000

/** Images of a wave. @param {number} count */
const images = (count) => ({
  type: /** @type {const} */ ('float32'),
  dims: [count, 3, side, side],
  data: Float32Array.from({ length: count * 3 * side * side }, (_, i) => Math.sin(i * 0.37) * 60),
})

/** @param {number} milliseconds */
const ms = (milliseconds) => `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`

/** Rows for one classifier of 1000 classes with an image of 224×224. @param {string} name @param {Uint8Array} bytes @param {number} rounds @returns {Promise<Row[]>} */
export async function methodRows(name, bytes, rounds) {
  const runtime = await nodeRuntime()
  const model = readModel(bytes)
  const input = model.graph.inputs[0]?.name ?? ''
  const about = { name, labels: [], preprocessing: undefined, singleLabel: true }
  const network = createExplainer(model, runtime, about)
  const forward = await runtime.open({ bytes, external: [] })
  const given = { tensor: images(1), region: undefined, photo: undefined }
  const explain = (/** @type {object} */ options) => network.explain(given, options)
  const few = Math.max(3, Math.ceil(rounds / 6))
  const one = { [input]: images(1) }

  const five = await alternate(
    () => forward.run(one),
    () => explain({ target: [0, 1, 2, 3, 4] }),
    { rounds, warmup: 8 },
  )
  const all = await alternate(
    () => explain({ target: 0 }),
    () => explain({ target: 'all' }),
    { rounds: Math.ceil(rounds / 2), warmup: 4 },
  )
  /** @type {Row[]} */
  const rows = [
    {
      row: `${name}: 5 classes × Grad-CAM / forward pass`,
      value: five.ratio.toFixed(3),
      detail: `${ms(five.reference)} → ${ms(five.other)}, ${rounds} rounds`,
      data: five,
    },
    {
      row: `${name}: Grad-CAM of all ${classes} classes / of one`,
      value: all.ratio.toFixed(3),
      detail: `${ms(all.reference)} → ${ms(all.other)}, maps at feature size`,
      data: all,
    },
    ...(await ablation(name, { network, model, runtime, forward, one, explain, rounds: few })),
  ]
  for (const method of ['score-cam', 'rise'])
    if (methods.some((each) => each.name === method)) rows.push(await throughput(name, method, { forward, input, explain, rounds: few }))
  rows.push(await engineCost(name, { model, about, network, given, rounds: few }))
  await forward.release()
  await network.close()
  return rows
}

/**
 * What it costs that a gradient to the image is the same everywhere.
 *
 * @param {string} name
 * @param {{ model: ReturnType<typeof readModel>, about: Parameters<typeof createExplainer>[2], network: ReturnType<typeof createExplainer>, given: Parameters<ReturnType<typeof createExplainer>['explain']>[0], rounds: number }} work
 * @returns {Promise<Row>}
 */
async function engineCost(name, { model, about, network, given, rounds }) {
  const everywhere = createExplainer(model, await engineRuntime('wasm'), about)
  const options = { method: 'saliency', target: 0 }
  const times = await alternate(
    () => network.explain(given, options),
    () => everywhere.explain(given, options),
    { rounds, warmup: 4 },
  )
  await everywhere.close()
  return {
    row: `${name}: saliency by WebAssembly / by the native engine`,
    value: times.ratio.toFixed(2),
    detail: `${ms(times.reference)} → ${ms(times.other)}, ${rounds} rounds`,
    data: times,
  }
}

/**
 * Ablation-CAM beside its own arithmetic, a forward pass and the part behind the features for every channel, on batches
 * that are ready; and beside a forward pass for every channel.
 *
 * @param {string} name
 * @param {{ network: ReturnType<typeof createExplainer>, model: ReturnType<typeof readModel>, runtime: Awaited<ReturnType<typeof nodeRuntime>>, forward: import('../packages/gradcam/dist/index.js').Session, one: Readonly<Record<string, import('../packages/gradcam/dist/index.js').Tensor>>, explain: (options: object) => Promise<unknown>, rounds: number }} work
 * @returns {Promise<Row[]>}
 */
async function ablation(name, { network, model, runtime, forward, one, explain, rounds }) {
  const { feature, reduction } = await network.layers()
  const { channels, height, width } = feature.layout
  const count = Number(channels)
  const tail = await runtime.open(
    deriveModel(model, {
      outputs: [reduction.name],
      cut: [{ name: feature.name, type: 'float32', shape: ['N', count, height, width] }],
    }),
  )
  const batch = 64
  const data = Float32Array.from({ length: batch * count * height * width }, (_, i) => Math.abs(Math.sin(i * 0.37)))
  const ready = { [feature.name]: { type: /** @type {const} */ ('float32'), dims: [batch, count, height, width], data } }
  const own = async () => {
    await forward.run(one)
    for (let from = 0; from < count; from += batch) await tail.run(ready)
  }
  const times = await alternate(own, () => explain({ method: 'ablation-cam', target: 0 }), { rounds, warmup: 2 })
  const pass = await alternate(
    () => forward.run(one),
    () => forward.run(one),
    { rounds: 2 * rounds, warmup: 2 },
  )
  await tail.release()
  const speedup = (count * pass.reference) / times.other
  return [
    {
      row: `${name}: Ablation-CAM of ${count} channels / its own arithmetic`,
      value: times.ratio.toFixed(3),
      detail: `${ms(times.reference)} → ${ms(times.other)}, ${rounds} rounds`,
      data: times,
    },
    {
      row: `${name}: Ablation-CAM, faster than a forward pass a channel`,
      value: `${speedup.toFixed(0)}×`,
      detail: `${count} × ${ms(pass.reference)} → ${ms(times.other)}`,
      data: { speedup, pass: pass.reference, explained: times.other },
    },
  ]
}

/**
 * Masked images a second beside images a second that are ready in batches.
 *
 * @param {string} name
 * @param {string} method
 * @param {{ forward: import('../packages/gradcam/dist/index.js').Session, input: string, explain: (options: object) => Promise<unknown>, rounds: number }} work
 * @returns {Promise<Row>}
 */
async function throughput(name, method, { forward, input, explain, rounds }) {
  const batch = 16
  const count = 128
  const ready = { [input]: images(batch) }
  const options = method === 'score-cam' ? { channelCount: count } : { samples: count }
  const times = await alternate(
    async () => {
      for (let from = 0; from < count; from += batch) await forward.run(ready)
    },
    () => explain({ method, target: 0, options }),
    { rounds, warmup: 1 },
  )
  const per = (/** @type {number} */ milliseconds) => ((1000 * count) / milliseconds).toFixed(1)
  return {
    row: `${name}: ${method}, throughput / raw batched forward`,
    value: (1 / times.ratio).toFixed(3),
    detail: `${per(times.reference)} → ${per(times.other)} images a second, ${count} masks, ${rounds} rounds`,
    data: { ...times, throughput: 1 / times.ratio },
  }
}
