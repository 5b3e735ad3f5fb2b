/** @file Shapes, types and small values that are worked out without a run are those that the runtime computes: for golden operators and networks, and slim ones. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ElementType, sizeOf, type Tensor } from '../../src/core/tensor.ts'
import { elementBytes, elementsOf } from '../../src/io/elements.ts'
import { deriveModel } from '../../src/graph/derive.ts'
import { type Model, readModel } from '../../src/graph/model.ts'
import { seenFor, tensorOfSeen } from '../../src/graph/shapes/infer.ts'
import { nodeRuntime } from '../../src/node/runtime.ts'
import { listOpCases, loadOpCase } from '../support/golden-ops.ts'
import { listNets, loadNet } from '../support/golden-nets.ts'
import { slimFolder, slimNames, slimTruth } from '../support/slim.ts'

const runtime = await nodeRuntime({ threads: 1 })
const unhinted = { types: new Map<string, ElementType>(), shapes: new Map<string, readonly number[]>() }

type Fed = Readonly<Record<string, Tensor>>

/** Holds everything that is seen to what the runtime computes; the operators behind which nothing is seen. */
async function compare(model: Model, inputs: Fed): Promise<string[]> {
  const { graph } = model
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims]))
  const seen = seenFor(graph, shapes, 1, unhinted)
  const names = graph.nodes.flatMap(({ outputs }) => outputs.filter(Boolean))
  const session = await runtime.open(deriveModel(model, { outputs: names, inputShapes: shapes }), { optimize: false })
  try {
    const run = await session.run(Object.fromEntries(session.inputs.map(({ name }) => [name, inputs[name] as Tensor])))
    for (const name of names) {
      const [own, right] = [seen.get(name), run[name]]
      if (!own || !right) continue
      expect({ name, type: own.type, shape: own.shape }).toEqual({ name, type: right.type, shape: right.dims })
      const tensor = tensorOfSeen(own)
      if (tensor) expect({ name, data: tensor.data }).toEqual({ name, data: right.data })
    }
    const known = (name: string): boolean => name === '' || seen.has(name) || graph.initializers.has(name) || name in inputs
    const unseen = graph.nodes.filter(({ outputs }) => !outputs.every(known))
    return unseen.filter((node) => node.inputs.every(known)).map(({ operator }) => operator)
  } finally {
    await session.release()
  }
}

function zeros(type: ElementType | undefined, dims: readonly number[]): Tensor {
  const own = type === undefined || type === 'string' ? 'float32' : type
  return { type: own, dims, data: elementsOf(own, new Uint8Array(sizeOf(dims) * elementBytes(own))) }
}

/** Zeros of the declared shapes, with some number of images. */
const zerosFor = ({ graph }: Model, images: number, size: readonly number[]): Fed =>
  Object.fromEntries(
    graph.inputs.map(({ name, type, shape = [] }) => [
      name,
      zeros(
        type,
        shape.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? images : (size[axis % 2] as number))),
      ),
    ]),
  )

/** Cases whose sizes no rule tells, as versions differ, or the case is rare: the runtime is asked. */
const asked = [
  'AveragePool/random_1',
  'AveragePool/random_3',
  'BatchNormalization/training_mode',
  'ConvTranspose/auto_pad_same_upper',
  'ConvTranspose/output_shape',
  'Einsum/ellipsis',
  'Einsum/implicit_output',
  'LayerNormalization/mean_and_inverse_outputs',
  'MaxPool/ceil_mode_window_outside',
  'MaxPool/random_6',
  'Reshape/shape_is_graph_input',
  'Resize/axes_opset18',
]

test.each(listOpCases().map((entry) => [entry.path, entry] as const))('%s', async (path, entry) => {
  const { model, inputs } = loadOpCase(entry)
  const unseen = await compare(readModel(model), inputs)
  expect(unseen.length > 0).toBe(asked.includes(path))
})

describe.each(listNets().map(({ net }) => net))('%s', (net) => {
  const { model: bytes, inputs } = loadNet(net)
  const model = readModel(bytes)
  test('its own inputs', async () => {
    expect(await compare(model, inputs)).toEqual([])
  })

  // of those that take any number
  const free = model.graph.inputs.every(({ shape = [] }) => typeof shape[0] === 'string')
  test.each(free ? [3] : [])('%i images', async (count) => {
    expect(await compare(model, zerosFor(model, count, [64, 64]))).toEqual([])
  })
})

const withoutRule = new Set(['GRU', 'LSTM', 'SkipLayerNormalization'])

test.each(slimNames)('slim %s', async (name) => {
  const model = readModel(readFileSync(`${slimFolder(name)}/model.onnx`))
  const unseen = await compare(model, zerosFor(model, 1, slimTruth(name).input.size))
  expect(unseen.filter((operator) => !withoutRule.has(operator))).toEqual([])
})
