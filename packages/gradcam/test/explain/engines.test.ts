/** @file Which engine does what: gradients to the image where numbers are the same on every machine, all else where it is fast. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, StringStringEntryProtoSchema, TensorProto_DataLocation } from 'onnx-buf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Warning } from '../../src/core/errors.ts'
import { methods } from '../../src/method/method.ts'
import { readModel } from '../../src/graph/model.ts'
import { createExplainer } from '../../src/explain/explainer.ts'
import { engines, load, type Network } from '../../src/node/index.ts'
import { wasmEverywhere } from '../../src/node/runtime.ts'
import { randomOf } from '../../src/core/random.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { numbers } from '../support/finite-differences.ts'
import { runtimeFor } from '../support/providers.ts'
import { refusal } from '../support/refusal.ts'

const embedded = fileURLToPath(new URL('../../../models/embedded', import.meta.url))
const { normal } = randomOf(1, 1)
const noise = float32(Float32Array.from({ length: 3 * 64 * 64 }, normal), [1, 3, 64, 64])

const networks = new Map<string, Network>()
beforeAll(async () => {
  for (const engine of engines) networks.set(engine, await load(embedded, { threads: 1, engine }))
  networks.set('unsaid', await load(embedded, { threads: 1 }))
})
afterAll(() => Promise.all([...networks.values()].map((network) => network.close())))
const at = (engine: string): Network => networks.get(engine) as Network

const engineOf = ({ provenance }: { provenance: { versions: Readonly<Record<string, string>> } }): string =>
  /^onnxruntime \d+\.\d+\.\d+, (\w+)$/.exec(provenance.versions['runtime'] ?? '')?.[1] ?? ''

describe('unless told', () => {
  test('each method of a request runs where it belongs, and the order stays', async () => {
    const both = await at('unsaid').explainAll(noise, { method: ['saliency', 'grad-cam', 'input-x-gradient'], target: [3, 5] })
    expect(both.map((why) => `${why.method} ${engineOf(why)}`)).toEqual(
      [3, 5].flatMap(() => ['saliency wasm', 'grad-cam cpu', 'input-x-gradient wasm']),
    )
    expect(both.flatMap(({ warnings }) => warnings.filter(({ code }) => code === 'engine-native'))).toEqual([])
  })

  test('a sum of many gradients is that of a browser to the last bit, as the same seed promises', async () => {
    const options = { method: 'smooth-grad', target: 3, seed: 7, options: { samples: 40 } }
    const [usual, wasm, native] = [
      await at('unsaid').explain(noise, options),
      await at('wasm').explain(noise, options),
      await at('native').explain(noise, options),
    ]
    expect(usual.map.data).toEqual(wasm.map.data)
    expect(native.map.data).not.toEqual(wasm.map.data)
  })

  test.each([
    ['auto', 'grad-cam', 'cpu'],
    ['auto', 'saliency', 'wasm'],
    ['native', 'saliency', 'cpu'],
    ['wasm', 'grad-cam', 'wasm'],
  ])('engine %s: %s by %s', async (engine, method, expected) => {
    expect(engineOf(await at(engine).explain(noise, { method, target: 3 }))).toBe(expected)
  })

  test('exactly the pixel gradients hang on last bits', () => {
    expect(methods.filter(({ gradient }) => gradient === 'image')).toEqual(methods.filter(({ family }) => family === 'saliency'))
  })
})

describe('where WebAssembly cannot help', () => {
  const small = buildModel({
    inputs: { x: ['N', 3, 8, 8] },
    outputs: { y: ['N', 4] },
    weights: { w: numbers(1, [4, 3, 3, 3]) },
    nodes: [node('Conv', ['x', 'w'], 'c'), node('Relu', ['c'], 'r'), node('GlobalAveragePool', ['r'], 'p'), node('Flatten', ['p'], 'y')],
  })
  const x: Tensor = numbers(2, [1, 3, 8, 8])
  const about = { name: 'small', labels: [], preprocessing: undefined, singleLabel: false }
  const given = { tensor: x, region: undefined, photo: undefined }

  test('a warning goes with each map that it matters for, and the native engine makes it', async () => {
    const runtime = await runtimeFor('cpu')
    const warning: Warning = { code: 'engine-native', message: 'none', hint: 'none' }
    let asked = 0
    const network = createExplainer(readModel(small), runtime, about, {
      sameEverywhere: async () => {
        asked++
        return warning
      },
    })
    const [[first, second] = []] = await network.explain(given, { method: ['grad-cam', 'saliency'], target: 1 })
    const [[again] = []] = await network.explain(given, { method: 'saliency', target: 1 })
    expect(first?.warnings).not.toContainEqual(warning)
    expect([second?.warnings, again?.warnings]).toEqual([expect.arrayContaining([warning]), expect.arrayContaining([warning])])
    expect([engineOf(second as never), asked]).toEqual(['cpu', 1])
    await network.close()
  })

  test('weights that were left on disk are read for it, where it has room', async () => {
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
      const network = await load(source, { threads: 1 })
      whys.push(await network.explain(x, { method: 'saliency', target: 1 }))
      await network.close()
    }
    expect(whys.map(engineOf)).toEqual(['wasm', 'wasm'])
    expect(whys[1]?.raw.data).toEqual(whys[0]?.raw.data)

    const large = { folder, modelFile: 'model.onnx', paths: new Map([['w', 'w']]), size: () => 2 ** 31, read: () => new Uint8Array() }
    expect(await wasmEverywhere(large, {})()).toMatchObject({
      code: 'engine-native',
      message: expect.stringContaining('no room for 2048 MB'),
      hint: expect.stringContaining("engine: 'native'"),
    })
  })

  test('what it refuses is refused with the way out', async () => {
    const runtime = (await wasmEverywhere([], {})()) as Runtime
    const broken = await refusal(() => runtime.open({ bytes: new Uint8Array([1, 2, 3]), external: [] }))
    expect([broken.code, broken.hint]).toEqual(['model-refused', expect.stringContaining("engine: 'native'")])
    const session = await runtime.open({ bytes: small, external: [] })
    const failed = await refusal(() => session.run({ x: numbers(1, [1, 2, 8, 8]) }))
    expect([failed.code, failed.hint]).toEqual(['run-failed', expect.stringContaining("engine: 'native'")])
    expectClose(
      (await session.run({ x }))['y'] as Tensor,
      (await (await runtimeFor('cpu')).open({ bytes: small, external: [] }).then((s) => s.run({ x })))['y'] as Tensor,
      { atol: 1e-6, rtol: 1e-5 },
      'y',
    )
    await session.release()
  })
})
