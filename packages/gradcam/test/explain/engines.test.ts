/** @file Which engine runs: the native one unless WebAssembly is asked for, whose numbers are those of a browser. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, StringStringEntryProtoSchema, TensorProto_DataLocation } from 'onnx-buf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomOf } from '../../src/core/random.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { methods } from '../../src/method/method.ts'
import { load, type Network } from '../../src/node/index.ts'
import { runtime } from '../../src/node/network-runtime.ts'
import { buildModel, node } from '../support/build.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'

const embedded = fileURLToPath(new URL('../../../models/embedded', import.meta.url))
const { normal } = randomOf(1, 1)
const noise = float32(Float32Array.from({ length: 3 * 64 * 64 }, normal), [1, 3, 64, 64])

const networks = new Map<string, Network>()
beforeAll(async () => {
  for (const engine of ['native', 'wasm'] as const) networks.set(engine, await load(embedded, { threads: 1, engine }))
  networks.set('unsaid', await load(embedded, { threads: 1 }))
})
afterAll(() => Promise.all([...networks.values()].map((network) => network.close())))
const at = (engine: string): Network => networks.get(engine) as Network

const engineOf = ({ provenance }: { provenance: { versions: Readonly<Record<string, string>> } }): string =>
  /^onnxruntime \d+\.\d+\.\d+, (\w+)$/.exec(provenance.versions['runtime'] ?? '')?.[1] ?? ''

describe('the engine', () => {
  test.each([
    ['unsaid', 'grad-cam', 'cpu'],
    ['unsaid', 'saliency', 'cpu'],
    ['native', 'saliency', 'cpu'],
    ['wasm', 'grad-cam', 'wasm'],
    ['wasm', 'saliency', 'wasm'],
  ])('%s: %s by %s', async (engine, method, expected) => {
    expect(engineOf(await at(engine).explain(noise, { method, target: 3 }))).toBe(expected)
  })

  test('rounds in its own way: sums of many gradients differ in last digits', async () => {
    const options = { method: 'smooth-grad', target: 3, seed: 7, options: { samples: 40 } }
    const [usual, native, wasm] = [
      await at('unsaid').explain(noise, options),
      await at('native').explain(noise, options),
      await at('wasm').explain(noise, options),
    ]
    expect(usual.map.data).toEqual(native.map.data)
    expect(wasm.map.data).not.toEqual(native.map.data)
  })

  test('exactly the pixel gradients hang on last bits', () => {
    expect(methods.filter(({ gradient }) => gradient === 'image')).toEqual(methods.filter(({ family }) => family === 'saliency'))
  })
})

test('weights beside the model are read for WebAssembly, where it has room', async () => {
  const small = buildModel({
    inputs: { x: ['N', 3, 8, 8] },
    outputs: { y: ['N', 4] },
    weights: { w: numbers(1, [4, 3, 3, 3]) },
    nodes: [node('Conv', ['x', 'w'], 'c'), node('Relu', ['c'], 'r'), node('GlobalAveragePool', ['r'], 'p'), node('Flatten', ['p'], 'y')],
  })
  const x: Tensor = numbers(2, [1, 3, 8, 8])
  const folder = await mkdtemp(join(tmpdir(), 'gradcam-engines-'))
  await mkdir(join(folder, 'data'))
  const proto = fromBinary(ModelProtoSchema, small)
  const [w] = proto.graph?.initializer ?? []
  if (!w) throw new Error('no weights')
  await writeFile(join(folder, 'data/weights.bin'), w.rawData)
  const entries = { location: 'data/weights.bin', offset: '0', length: String(w.rawData.length) }
  w.externalData = Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }))
  w.dataLocation = TensorProto_DataLocation.EXTERNAL
  w.rawData = new Uint8Array()
  await writeFile(join(folder, 'model.onnx'), toBinary(ModelProtoSchema, proto))
  const whys = []
  for (const source of [small, join(folder, 'model.onnx')]) {
    const network = await load(source, { engine: 'wasm' })
    whys.push(await network.explain(x, { method: 'saliency', target: 1 }))
    await network.close()
  }
  await rm(folder, { recursive: true })
  expect(whys.map(engineOf)).toEqual(['wasm', 'wasm'])
  expect(whys[1]?.raw.data).toEqual(whys[0]?.raw.data)

  const large = {
    folder,
    modelFile: 'model.onnx',
    paths: new Map([['w', 'w']]),
    size: () => 2 ** 31,
    read: () => new Uint8Array(),
    check: () => undefined,
  }
  expect(await refusal(() => runtime({ engine: 'wasm' }, large))).toMatchObject({
    code: 'bad-option',
    message: expect.stringContaining('no room for 2048 MB'),
    hint: expect.stringContaining('native'),
  })
})
