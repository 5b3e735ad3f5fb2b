/** @file What weights stored as int8 cost beside float32 ones: nothing, where the engine turns them into floats when a session opens. */
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, TensorProto_DataType } from 'onnx-buf'
import { readModel } from '../packages/gradcam/dist/graph/model.js'
import { learnTensorInfo } from '../packages/gradcam/dist/graph/learn-tensor-info.js'
import { nodeRuntime } from '../packages/gradcam/dist/node/runtime.js'
import { explainedModel } from './explained.mjs'
import { inputGradientModel } from './gradient.mjs'
import { alternateModels } from './measure.mjs'

/** @typedef {import('./methods.mjs').Row} Row */

/** The same model with its weights as float32: int8 → Cast → Mul by a scale per output channel, computed here. @param {Uint8Array} bytes */
function floatWeights(bytes) {
  const model = fromBinary(ModelProtoSchema, bytes)
  const { graph } = model
  if (!graph) throw new Error('a model without graph')
  const weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]))
  const whole = new Map(graph.node.filter(({ opType }) => opType === 'Cast').map(({ input, output }) => [output[0] ?? '', input[0] ?? '']))
  graph.node = graph.node.filter(({ opType, input, output }) => {
    const stored = weights.get(whole.get(input[0] ?? '') ?? '')
    const scale = weights.get(input[1] ?? '')
    if (opType === 'Mul' && stored && scale) {
      const scales = new Float32Array(Uint8Array.from(scale.rawData).buffer)
      const values = Float32Array.from(new Int8Array(Uint8Array.from(stored.rawData).buffer))
      for (const [i, value] of values.entries()) values[i] = value * (scales[Math.floor((i * scales.length) / values.length)] ?? 0)
      Object.assign(stored, { name: output[0], dataType: TensorProto_DataType.FLOAT, rawData: new Uint8Array(values.buffer) })
      graph.initializer.splice(graph.initializer.indexOf(scale), 1)
    }
    return !whole.has(output[0] ?? '') && !(opType === 'Mul' && stored)
  })
  return toBinary(ModelProtoSchema, model)
}

/**
 * Rows for a classifier of 224×224 images whose weights are stored as int8.
 *
 * @param {string} name
 * @param {Uint8Array} bytes
 * @param {{ rounds: number, pairs: number }} some
 * @returns {Promise<Row[]>}
 */
export async function weightRows(name, bytes, some) {
  const runtime = await nodeRuntime()
  const derived = async (/** @type {Uint8Array} */ file) => {
    const model = readModel(file)
    const info = await learnTensorInfo(model, runtime, { [model.graph.inputs[0]?.name ?? '']: ['N', 3, 224, 224] })
    return {
      'forward pass': { bytes: file, external: [] },
      explanation: explainedModel(model, info),
      'gradient to the input': inputGradientModel(model, info),
    }
  }
  const [floats, stored] = [await derived(floatWeights(bytes)), await derived(bytes)]
  const data = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i * 0.37))
  const feed = { image: { type: /** @type {const} */ ('float32'), dims: [1, 3, 224, 224], data } }
  /** @type {Row[]} */
  const rows = []
  for (const what of /** @type {const} */ (['forward pass', 'explanation', 'gradient to the input'])) {
    const times = await alternateModels(runtime, floats[what], stored[what], feed, some)
    rows.push({
      row: `${name}: ${what}, weights as int8 / as float32`,
      value: times.ratio.toFixed(3),
      detail: `${times.reference.toFixed(2)} ms → ${times.other.toFixed(2)} ms, ${some.rounds} rounds, pairs of sessions: ${some.pairs}`,
      data: times,
    })
  }
  return rows
}
