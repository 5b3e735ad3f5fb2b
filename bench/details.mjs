/** @file `npm run bench -- --details`: what explanations, gradients and derived graphs cost beside a plain forward pass, and how much memory is used. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { learnTensorInfo } from '../packages/gradcam/dist/graph/learn-tensor-info.js'
import { readModel } from '../packages/gradcam/dist/graph/model.js'
import { engineRuntime, nodeRuntime } from '../packages/gradcam/dist/node/runtime.js'
import { explainedModel } from './explained.mjs'
import { inputGradientModel } from './gradient.mjs'
import { alternateModels, median } from './measure.mjs'
import { methodRows } from './methods.mjs'
import { mobilenetV2, resnet50 } from './networks.mjs'
import { weightRows } from './weights.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const googlenetFile = `${root}../shared/models/googlenet/onnx/model.onnx`
const embeddedFile = `${root}packages/models/embedded/onnx/model.onnx`
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 60)
const sessionPairs = 7

/** @typedef {{ row: string, value: string, detail: string, data: object }} Row */

/** Explanation beside forward pass, warm. @param {string} name @param {Uint8Array} bytes @returns {Promise<Row[]>} */
async function explanation(name, bytes) {
  const runtime = await nodeRuntime()
  const model = readModel(bytes)
  const input = model.graph.inputs[0]?.name ?? ''
  const facts = await learnTensorInfo(model, runtime, { [input]: ['N', 3, 224, 224] })
  const derive = () => explainedModel(model, facts)
  const derivations = Array.from({ length: 15 }, () => {
    const start = performance.now()
    derive()
    return performance.now() - start
  })
  const data = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i * 0.37) * 60)
  const feed = { [input]: { type: /** @type {const} */ ('float32'), dims: [1, 3, 224, 224], data } }
  const plain = { bytes, external: [] }
  const times = await alternateModels(runtime, plain, derive(), feed, { rounds, pairs: sessionPairs })
  const whole = inputGradientModel(model, facts)
  /** @type {Row[]} */
  const gradients = []
  const engines = { 'all cores': runtime, 'one thread': await nodeRuntime({ threads: 1 }), WebAssembly: await engineRuntime('wasm') }
  for (const [engine, opened] of Object.entries(engines)) {
    const some = opened === runtime ? { rounds, pairs: sessionPairs } : { rounds: Math.ceil(rounds / 4), pairs: 1 }
    const back = await alternateModels(opened, plain, whole, feed, some)
    gradients.push({
      row: `${name}: gradient to the input / forward, ${engine}`,
      value: back.ratio.toFixed(3),
      detail: `${back.reference.toFixed(2)} ms → ${back.other.toFixed(2)} ms, ${some.rounds} rounds, pairs of sessions: ${some.pairs}`,
      data: back,
    })
  }
  const first = derivations[0] ?? Number.NaN
  return [
    {
      row: `${name}: explanation / forward pass`,
      value: times.ratio.toFixed(3),
      detail: `${times.reference.toFixed(2)} ms → ${times.other.toFixed(2)} ms, ${rounds} rounds, pairs of sessions: ${sessionPairs}`,
      data: times,
    },
    ...gradients,
    {
      row: `${name}: deriving the graph`,
      value: `${median(derivations).toFixed(1)} ms`,
      detail: `the first time ${first.toFixed(1)} ms`,
      data: { derivations },
    },
  ]
}

/** Peak memory of a process that only runs the model, and of one that explains. @param {string} name @param {string} file @returns {Row} */
function memory(name, file) {
  const peak = (/** @type {string} */ mode) =>
    median(
      Array.from({ length: 5 }, () => {
        const { stdout, status } = spawnSync(process.execPath, [fileURLToPath(new URL('memory.mjs', import.meta.url)), mode, file], {
          encoding: 'utf8',
        })
        if (status !== 0) throw new Error(`memory.mjs ${mode} failed`)
        return Number(stdout)
      }),
    )
  const plain = peak('plain')
  const explained = peak('explain')
  return {
    row: `${name}: peak memory, explaining / plain session`,
    value: (explained / plain).toFixed(3),
    detail: `${plain.toFixed(0)} MB → ${explained.toFixed(0)} MB, whole process`,
    data: { plain, explained },
  }
}

const networks = { 'ResNet-50': resnet50(), MobileNetV2: mobilenetV2() }
/** @type {Row[]} */
const rows = []
/** @param {readonly Row[]} more */
const add = (more) => {
  for (const row of more) console.log(`${row.row.padEnd(58)} ${row.value.padStart(9)}   ${row.detail}`)
  rows.push(...more)
}
if (existsSync(googlenetFile)) {
  add(await explanation('GoogLeNet', readFileSync(googlenetFile)))
  add(await methodRows('GoogLeNet', readFileSync(googlenetFile), rounds))
} else console.log(`GoogLeNet: left out, ${googlenetFile} is missing`)
for (const [name, bytes] of Object.entries(networks)) add(await explanation(name, bytes))
add(await weightRows('embedded network', readFileSync(embeddedFile), { rounds, pairs: sessionPairs }))
if (existsSync(googlenetFile)) add([memory('GoogLeNet', googlenetFile)])
mkdirSync(`${root}out`, { recursive: true })
writeFileSync(`${root}out/resnet50.onnx`, networks['ResNet-50'])
add([memory('ResNet-50', `${root}out/resnet50.onnx`)])

mkdirSync(`${root}bench/results`, { recursive: true })
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory: totalmem(), node: process.version }
const file = `bench/results/${process.platform}-${process.arch}.json`
writeFileSync(`${root}${file}`, `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), machine, rows }, undefined, 1)}\n`)
console.log(`written to ${file}`)
