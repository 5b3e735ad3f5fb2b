/** @file Weights that stay on disk: files larger than memory, folders of links, and every way in which a model may lie about them. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, StringStringEntryProtoSchema } from 'onnx-buf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deriveModel } from '../../src/graph/derive.ts'
import { bytesOf } from '../../src/io/elements.ts'
import { type Model, readModel } from '../../src/graph/model.ts'
import { isOnDisk } from '../../src/model/external.ts'
import { load } from '../../src/node/index.ts'
import { openModel } from '../../src/graph/open.ts'
import { nodeHost } from '../../src/node/host.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, modelProto, node } from '../support/build.ts'
import { explainOne } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { runtimeFor } from '../support/providers.ts'
import { refusal } from '../support/refusal.ts'
import { images } from '../support/small-nets.ts'

const GiB = 2 ** 30
const int64 = (values: readonly number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })

/** Weights on both sides of the kilobyte below which the runtime wants them in the protobuf, and constants that rules must read. */
const spec: ModelSpec = {
  inputs: { x: ['N', 3, 8, 8] },
  outputs: { prob: ['N', 5] },
  weights: {
    w1: numbers(1, [16, 3, 3, 3], -0.5, 0.5),
    b1: numbers(2, [16], 0, 0.5),
    low: float32([0], []),
    high: float32([6], []),
    scales: float32([1, 1, 2, 2], [4]),
    w2: numbers(3, [24, 16, 3, 3], -0.2, 0.2),
    shape: int64([0, 24]),
    fc: numbers(45, [24, 5], -1, 1),
  },
  nodes: [
    node('Conv', ['x', 'w1', 'b1'], 'c1', { pads: [1, 1, 1, 1], strides: [2, 2] }),
    node('Clip', ['c1', 'low', 'high'], 'a1'),
    node('Resize', ['a1', '', 'scales'], 'larger', { mode: 'nearest' }),
    node('Conv', ['larger', 'w2'], 'c2', { pads: [1, 1, 1, 1] }),
    node('Relu', ['c2'], 'features'),
    node('GlobalAveragePool', ['features'], 'pooled'),
    node('Reshape', ['pooled', 'shape'], 'flat'),
    node('MatMul', ['flat', 'fc'], 'logits'),
    node('Softmax', ['logits'], 'prob', { axis: 1 }),
  ],
}
const weights = spec.weights ?? {}
const x = images(1)
const root = await mkdtemp(join(tmpdir(), 'gradcam-test-'))
afterAll(() => rm(root, { recursive: true }))

type Entries = Readonly<Record<string, string>>

/** The model's file with the named weights in other files. */
function referring(places: Readonly<Record<string, Entries>>): Uint8Array {
  const proto = modelProto(spec)
  for (const tensor of proto.graph?.initializer ?? []) {
    const entries = places[tensor.name]
    if (!entries) continue
    Object.assign(tensor, {
      rawData: new Uint8Array(),
      dataLocation: 1,
      externalData: Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
    })
  }
  return toBinary(ModelProtoSchema, proto)
}

/** Writes weights into a file, one at each offset; what lies between stays a hole. */
function writeSparse(path: string, offsets: Readonly<Record<string, number>>, size: number): void {
  const file = openSync(path, 'w')
  try {
    ftruncateSync(file, size)
    for (const [name, offset] of Object.entries(offsets)) writeSync(file, bytesOf(weights[name] as Tensor, name), 0, undefined, offset)
  } finally {
    closeSync(file)
  }
}

const ends = Object.entries(weights).reduce<{ next: number; offsets: Record<string, number> }>(
  ({ next, offsets }, [name, tensor]) => ({ next: next + tensor.data.byteLength + 64, offsets: { ...offsets, [name]: next } }),
  { next: 0, offsets: {} },
)
const compact = ends.offsets

const placesAt = (location: string, offsets: Readonly<Record<string, number>>): Record<string, Entries> =>
  Object.fromEntries(
    Object.entries(offsets).map(([name, offset]) => {
      const length = weights[name]?.data.byteLength ?? 0
      return [name, { location, offset: String(offset), length: String(length) }]
    }),
  )

/** A folder with `model.onnx` and `weights.bin`; `location` is what the model says. */
async function written(name: string, location = 'weights.bin'): Promise<string> {
  const folder = join(root, name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'model.onnx'), referring(placesAt(location, compact)))
  writeSparse(join(folder, 'weights.bin'), compact, ends.next)
  return folder
}

const expected = await explainOne(buildModel(spec), x)

async function expectSame(model: Model): Promise<void> {
  const why = await explainOne(model, x)
  expect([why.index, why.featureLayer, why.reductionLayer]).toEqual([expected.index, expected.featureLayer, expected.reductionLayer])
  expect(why.raw.data).toEqual(expected.raw.data)
  expect(why.map.data).toEqual(expected.map.data)
}

/** The model, and how many bytes of external data were read into JavaScript. */
function counted(model: Model): { model: Model; read: () => number } {
  const { external } = model
  if (!isOnDisk(external)) throw new Error('the data was to stay on disk')
  let bytes = 0
  const read: typeof external.read = (location, offset, length) => {
    bytes += length
    return external.read(location, offset, length)
  }
  // the graph reads constants through the same door
  return { model: { ...model, graph: { ...model.graph, external: read }, external: { ...external, read } }, read: () => bytes }
}

describe('weights of 4.6 GiB, beyond what Node reads and what 32 bits count', () => {
  const size = 4.6 * GiB - ((4.6 * GiB) % 4096)
  // the first ones at an offset that no block is aligned to, the rest after 2 and after 4 GiB
  const offsets = {
    w1: 4,
    b1: 2 * GiB + 4096,
    w2: 4 * GiB + 8192,
    fc: 4.5 * GiB,
    low: 4 * GiB,
    high: 4 * GiB + 4,
    scales: 4 * GiB + 64,
    shape: size - 16,
  }
  const folder = join(root, 'large')

  beforeAll(async () => {
    await mkdir(folder)
    await writeFile(join(folder, 'model.onnx'), referring(placesAt('weights.bin', offsets)))
    writeSparse(join(folder, 'weights.bin'), offsets, size)
  })

  test('give the map of the same model in memory, to the last bit, and are never read whole', async () => {
    const before = process.resourceUsage().maxRSS
    const { model, read } = counted((await openModel(nodeHost, folder)).model)
    await expectSame(model)
    // constants alone; w2, the largest of the weights, has 13 824 bytes
    expect(read()).toBeGreaterThan(0)
    expect(read()).toBeLessThan(10_000)
    expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(200e6)
  })

  test('are loaded by path as any other model', async () => {
    const net = await load(folder)
    try {
      const why = await net.explain(x)
      expect(why.map.data).toEqual(expected.map.data)
    } finally {
      await net.close()
    }
  })

  test('an .onnx file of that size is no protobuf, and is not read', async () => {
    const error = await refusal(() => load(join(folder, 'weights.bin')))
    expect([error.code, error.message]).toEqual(['model-unreadable', expect.stringContaining('2 GiB')])
    expect(error.hint).toContain('external data')
  })
})

describe('external data', () => {
  test('some weights outside, large ones inside: the engine finds both in files', async () => {
    const folder = await written('some')
    await writeFile(
      join(folder, 'model.onnx'),
      referring(placesAt('weights.bin', { fc: compact['fc'] ?? 0, shape: compact['shape'] ?? 0 })),
    )
    const { model } = await openModel(nodeHost, folder)
    await expectSame(model)
    const derived = deriveModel(model, { outputs: ['prob'] })
    expect(derived.external).toEqual({ folder })
    // w2 has 13 KB
    expect(derived.bytes.length).toBeLessThan(2000)
  })

  test.each(['./weights.bin', 'inner/../weights.bin', 'inner/data/weights.bin'])('%s lies in the folder', async (location) => {
    const folder = await written(`inside-${location.replaceAll('/', '-')}`, location)
    await mkdir(join(folder, 'inner/data'), { recursive: true })
    writeSparse(join(folder, 'inner/data/weights.bin'), compact, ends.next)
    await expectSame((await openModel(nodeHost, folder)).model)
  })

  test('a folder of links into one store, as caches of downloads keep it', async () => {
    const store = await written('store/blobs')
    const snapshot = join(root, 'store/snapshots/1')
    await mkdir(join(snapshot, 'onnx'), { recursive: true })
    await symlink(join(store, 'model.onnx'), join(snapshot, 'onnx/model.onnx'))
    await symlink('../../../blobs/weights.bin', join(snapshot, 'onnx/weights.bin'))
    await expectSame((await openModel(nodeHost, snapshot)).model)
  })

  test('a link that stays in the folder is followed, one that leads out is refused', async () => {
    const folder = await written('links', 'link.bin')
    await symlink('weights.bin', join(folder, 'link.bin'))
    await expectSame((await openModel(nodeHost, folder)).model)
    const other = await written('links-out', 'link.bin')
    await symlink(join(folder, 'weights.bin'), join(other, 'link.bin'))
    const error = await refusal(() => openModel(nodeHost, other))
    expect([error.code, error.message]).toEqual(['model-invalid', expect.stringContaining('outside its folder: link.bin') as string])
    // also by way of a linked folder
    const third = await written('links-folder', 'elsewhere/weights.bin')
    await symlink(folder, join(third, 'elsewhere'))
    expect((await refusal(() => openModel(nodeHost, third))).code).toBe('model-invalid')
  })

  test.each([
    ['../weights.bin', 'model-invalid', 'outside its folder'],
    [join(root, 'weird/weights.bin'), 'model-invalid', 'outside its folder'],
    ['', 'bad-tensor', 'without a location'],
    ['.', 'model-missing', 'is missing'],
    ['weights.bin\0', 'model-missing', 'is missing'],
    ['x'.repeat(5000), 'model-missing', 'is missing'],
    // how the engine marks addresses in memory
    ['*/_ORT_MEM_ADDR_/*', 'model-missing', 'is missing'],
  ])('the location %j is refused', async (location, code, message) => {
    const folder = await written('weird', location)
    const error = await refusal(() => openModel(nodeHost, folder))
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)])
    expect(error.hint).not.toBe('')
  })

  test("a file whose path looks like the engine's mark of an address in memory is no address", async () => {
    const folder = await written('mark', '*/_ORT_MEM_ADDR_/*')
    await mkdir(join(folder, '*/_ORT_MEM_ADDR_'), { recursive: true })
    writeSparse(join(folder, '*/_ORT_MEM_ADDR_/*'), compact, ends.next)
    const error = await refusal(async () => explainOne((await openModel(nodeHost, folder)).model, x))
    expect(error.code).toMatch(/model-refused|model-invalid/)
  })

  test.each([
    [{ offset: '100000' }, 'model-invalid', 'the model needs 1'],
    [{ offset: '9007199254740993' }, 'bad-tensor', 'no number of bytes'],
    [{ offset: '-1' }, 'bad-tensor', 'no number of bytes'],
    [{ length: '5' }, 'bad-tensor', '480 needed'],
    [{ length: '0x1e0' }, 'bad-tensor', 'no number of bytes'],
  ])('a range of %j is refused', async (range, code, message) => {
    const folder = await written('ranges')
    const places = placesAt('weights.bin', compact)
    await writeFile(join(folder, 'model.onnx'), referring({ ...places, fc: { ...places['fc'], ...range } }))
    const error = await refusal(() => openModel(nodeHost, folder))
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)])
  })

  test('a truncated file is named, with its size and what is needed', async () => {
    const folder = await written('truncated')
    await writeFile(join(folder, 'weights.bin'), new Uint8Array(100))
    const error = await refusal(() => openModel(nodeHost, folder))
    // w1, the first of the weights, has 16 · 3 · 3 · 3 numbers
    expect([error.code, error.message]).toEqual(['model-invalid', 'the external data "weights.bin" has 100 bytes, the model needs 1728'])
    expect(error.hint).toContain('truncated')
  })

  test('a file that shrinks after it was checked is noticed where values are read', async () => {
    const folder = await written('shrinking')
    const { model } = await openModel(nodeHost, folder)
    await writeFile(join(folder, 'weights.bin'), new Uint8Array(100))
    expect((await refusal(() => explainOne(model, x))).code).toMatch(/model-invalid|model-refused/)
  })

  test('bytes alone do not make the engine look for files where the forward happens to run', async () => {
    const bytes = referring(placesAt('package.json', { low: 0 }))
    for (const error of [await refusal(() => readModel(bytes)), await refusal(() => load(bytes))]) {
      expect([error.code, error.message]).toEqual(['model-missing', expect.stringContaining('"package.json"')])
    }
  })

  test('bytes with the bytes of their data files need no disk', async () => {
    const data = new Uint8Array(ends.next)
    for (const [name, offset] of Object.entries(compact)) data.set(bytesOf(weights[name] as Tensor, name), offset)
    await expectSame(readModel(referring(placesAt('weights.bin', compact)), [{ path: 'weights.bin', data }]))
    const short = await refusal(() =>
      readModel(referring(placesAt('weights.bin', compact)), [{ path: 'weights.bin', data: data.subarray(0, 99) }]),
    )
    expect(short.code).toBe('model-invalid')
  })

  test('a runtime that reads no files says so', async () => {
    const { model } = await openModel(nodeHost, await written('wasm'))
    const wasm = await runtimeFor('wasm')
    const error = await refusal(() => wasm.open(deriveModel(model, { outputs: ['prob'] })))
    expect([error.code, error.message]).toEqual(['unsupported-model', expect.stringContaining('reads no files')])
  })
})
