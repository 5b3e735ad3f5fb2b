/** @file Large model files are read without their weights, and everything is as if they had been read whole. */
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openModel } from '../../src/graph/open.ts'
import { nodeHost } from '../../src/node/host.ts'
import { type Explanation, load } from '../../src/node/index.ts'
import { largeNet } from '../support/large-net.ts'
import { refusal } from '../support/refusal.ts'
import { images } from '../support/small-nets.ts'

const bytes = largeNet()
const root = await mkdtemp(join(tmpdir(), 'gradcam-test-'))
afterAll(() => rm(root, { recursive: true }))
const x = images(1)

async function written(name: string): Promise<string> {
  const file = join(root, name)
  await writeFile(file, bytes)
  return file
}

async function explained(source: string | Uint8Array, options = {}): Promise<{ why: Explanation; graph: Uint8Array }> {
  const network = await load(source, { threads: 1, cache: false, ...options })
  try {
    return { why: await network.explain(x, { target: 3 }), graph: (await network.exportGraph({ target: 3 })).bytes }
  } finally {
    await network.close()
  }
}

const whole = await explained(bytes)

test('the file is held without its large weights', async () => {
  const { model } = await openModel(nodeHost, await written('held.onnx'))
  expect(model.bytes.length).toBeLessThan(2 ** 12)
  expect([...model.graph.initializers.keys()]).toEqual(expect.arrayContaining(['w1', 'b1', 'fc1', 'fc2', 'fc3']))
})

test('map, score, digest and exported graph are those of the bytes', async () => {
  const { why, graph } = await explained(await written('same.onnx'))
  // kernels that read matrices where they lie add in another order
  expect(why.score).toBeCloseTo(whole.why.score ?? Number.NaN, 6)
  const off = Array.from(why.map.data, (value, i) => Math.abs(value - (whole.why.map.data[i] as number)))
  expect(Math.max(...off)).toBeLessThan(1e-6)
  expect(Buffer.from(graph).equals(whole.graph)).toBe(true)
  expect(JSON.stringify(why.toJSON())).toContain(createHash('sha256').update(bytes).digest('hex'))
})

test('WebAssembly, which finds no files, is given the whole', async () => {
  const { why } = await explained(await written('web.onnx'), { engine: 'wasm' })
  expect(why.score).toBeCloseTo(whole.why.score ?? Number.NaN, 4)
})

test('a file that was changed after it was loaded is not mixed with what was read of it', async () => {
  const file = await written('changed.onnx')
  const network = await load(file, { threads: 1, cache: false })
  await writeFile(file, (await readFile(file)).fill(0, 1000))
  expect(await refusal(() => network.explain(x))).toMatchObject({ code: 'model-unreadable', hint: 'load the model again' })
  await network.close()
})

test('nor where it was changed after a session was opened', async () => {
  const file = await written('later.onnx')
  const network = await load(file, { threads: 1, cache: false })
  await network.explain(x, { target: 3 })
  await writeFile(file, (await readFile(file)).fill(0, 1000))
  expect(await refusal(() => network.explain(x, { target: 3 }))).toMatchObject({ code: 'model-unreadable' })
  await network.close()
})

test.each([100, 9 * 2 ** 20, bytes.length - 1])('a file cut off at %i bytes is refused as the bytes are', async (length) => {
  const file = await written('cut.onnx')
  await truncate(file, length)
  const { code, message } = await refusal(() => load(file))
  expect({ code, message }).toEqual(
    await refusal(() => load(bytes.slice(0, length))).then((own) => ({ code: own.code, message: own.message })),
  )
})
