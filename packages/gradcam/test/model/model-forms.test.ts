/** @file The same network written in other ways (types, IR versions, constants, functions, files) gives the same map. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { afterAll, describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { openModel } from '../../src/graph/open.ts'
import { nodeHost } from '../../src/node/host.ts'
import { bytesOf } from '../../src/io/elements.ts'
import { castFloat32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, modelProto, node } from '../support/build.ts'
import { expectClose, type Tolerance } from '../support/close.ts'
import { explainOne } from '../support/explain.ts'
import { headed, images } from '../support/small-nets.ts'

const x = images(1)
const spec = headed()
const expected = await explainOne(buildModel(spec), x)
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

function expectSame(actual: ExplanationData, tolerance: Tolerance = { atol: 1e-6, rtol: 1e-5 }): void {
  expect([actual.index, actual.featureLayer, actual.reductionLayer]).toEqual([
    expected.index,
    expected.featureLayer,
    expected.reductionLayer,
  ])
  expect(Math.abs(actual.score - expected.score)).toBeLessThan(Math.max(1e-5, tolerance.atol))
  expectClose(actual.raw.data, expected.raw.data, tolerance, 'raw')
  expectClose(actual.map.data, expected.map.data, { atol: Math.max(1e-5, tolerance.atol), rtol: 0 }, 'map')
}

const weights = spec.weights ?? {}
const withWeights = (change: (tensor: Tensor) => Tensor): ModelSpec['weights'] =>
  Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, change(tensor)]))

describe('the same map from', () => {
  test('float16 weights and input, to three digits', async () => {
    const half = buildModel({
      ...spec,
      type: 'float16',
      weights: withWeights((tensor) => castFloat32(toFloat32(tensor), 'float16', tensor.dims)) ?? {},
    })
    const why = await explainOne(half, x)
    expectSame(why, { atol: 4e-3, rtol: 1e-2 })
    expect(why.map.data).toBeInstanceOf(Float32Array)
  })

  test.each([7, 8, 9, 10, 11, 12, 14, 16, 17, 18, 20, 21, 23])('opset %i', async (opset) => {
    expectSame(await explainOne(buildModel({ ...headed(opset), irVersion: opset < 21 ? 8 : 10 }), x))
  })

  test('IR 3, whose weights are also inputs', async () => {
    expectSame(await explainOne(buildModel({ ...headed(8), irVersion: 3, weightsAreInputs: true }), x))
  })

  test('weights in Constant nodes', async () => {
    const constants = Object.entries(weights).map(([name, value]) => node('Constant', [], name, { value }))
    expectSame(await explainOne(buildModel({ ...spec, weights: {}, nodes: [...constants, ...spec.nodes] }), x))
  })

  test('weights behind Identity nodes', async () => {
    const renamed = Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [`${name}/kept`, tensor]))
    const identities = Object.keys(weights).map((name) => node('Identity', [`${name}/kept`], name))
    expectSame(await explainOne(buildModel({ ...spec, weights: renamed, nodes: [...identities, ...spec.nodes] }), x))
  })

  test('local functions, one within the other', async () => {
    const block = {
      name: 'ConvRelu',
      inputs: ['in', 'weight', 'bias'],
      outputs: ['out'],
      nodes: [node('Conv', ['in', 'weight', 'bias'], 'inner', { pads: [1, 1, 1, 1] }), node('Relu', ['inner'], 'out')],
    }
    const stem = {
      name: 'Stem',
      inputs: ['in', 'weight', 'bias'],
      outputs: ['out'],
      nodes: [
        node('ConvRelu', ['in', 'weight', 'bias'], 'inner', {}, 'local'),
        node('MaxPool', ['inner'], 'out', { kernel_shape: [2, 2], strides: [2, 2] }),
      ],
    }
    const nodes = [
      node('Stem', ['x', 'w1', 'b1'], 'p1', {}, 'local'),
      node('ConvRelu', ['p1', 'w2', 'b2'], 'features', {}, 'local'),
      ...spec.nodes.slice(5),
    ]
    expectSame(await explainOne(buildModel({ ...spec, nodes, functions: [block, stem] }), x))
  })
})

describe('external data', () => {
  /** The model with all weights in `weights.bin`, in a folder of its own; `location` is what the model says. */
  async function written(location = 'weights.bin', writeData = true): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'gradcam-test-'))
    folders.push(folder)
    const proto = modelProto(spec)
    const parts: Uint8Array[] = []
    let offset = 0
    for (const tensor of proto.graph?.initializer ?? []) {
      const bytes = bytesOf(weights[tensor.name] as Tensor, tensor.name)
      const entries = { location, offset: String(offset), length: String(bytes.length) }
      Object.assign(tensor, {
        rawData: new Uint8Array(),
        dataLocation: 1,
        externalData: Object.entries(entries).map(([key, value]) => ({ $typeName: 'onnx.StringStringEntryProto', key, value })),
      })
      parts.push(bytes, new Uint8Array(64)) // gaps, as aligned files have them
      offset += bytes.length + 64
    }
    await mkdir(join(folder, 'onnx'))
    await writeFile(join(folder, 'onnx/model.onnx'), toBinary(ModelProtoSchema, proto))
    if (writeData) await writeFile(join(folder, 'onnx/weights.bin'), Buffer.concat(parts))
    return folder
  }

  test('beside the model', async () => {
    expectSame(await explainOne((await openModel(nodeHost, await written())).model, x))
  })

  test.each(['../weights.bin', '/etc/hostname', 'a/../../weights.bin'])('%s is refused, it lies outside', async (location) => {
    await expect(openModel(nodeHost, await written(location))).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining(location) as string,
      hint: 'keep the data files beside the .onnx file',
    })
  })

  test('a missing file is named', async () => {
    const folder = await written('weights.bin', false)
    await expect(openModel(nodeHost, folder)).rejects.toMatchObject({
      code: 'model-missing',
      message: expect.stringContaining('weights.bin') as string,
    })
  })

  test('a file that is too short is refused', async () => {
    const folder = await written()
    await writeFile(join(folder, 'onnx/weights.bin'), new Uint8Array(100))
    const attempt = async (): Promise<unknown> => explainOne((await openModel(nodeHost, folder)).model, x)
    await expect(attempt()).rejects.toMatchObject({ name: 'GradcamError', hint: expect.stringMatching(/./) as string })
  })
})
