/** @file Where the channels are, as the user says it, for a model whose shapes and graph do not tell. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Pixels } from '../../src/core/pixels.ts'
import { float32 } from '../../src/core/tensor.ts'
import { type LoadOptions, load, type Network } from '../../src/node/index.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { refusal } from '../support/refusal.ts'

const side = 32
const values = 3 * side * side
/** Logits are the first three values: red, green, blue of the first pixel where channels are last, else red of three pixels. */
const free: ModelSpec = {
  inputs: { x: ['a', 'b', 'c', 'd'] },
  outputs: { logits: ['a', 3] },
  weights: {
    w: float32(
      Array.from({ length: 3 * values }, (_, i) => (i % values === Math.floor(i / values) ? 1 : 0)),
      [3, values],
    ),
  },
  nodes: [node('Relu', ['x'], 'r'), node('Flatten', ['r'], 'flat'), node('Gemm', ['flat', 'w'], 'logits', { transB: 1 })],
}
const photo: Pixels = {
  width: side,
  height: side,
  channels: 3,
  data: Uint8Array.from({ length: values }, (_, i) => [200, 100, 50][i % 3] as number),
}
const levels: LoadOptions = { scale: 1, mean: 0, std: 1, resize: 'squeeze', channels: 'rgb' }

async function using<T>(source: string | Uint8Array, options: LoadOptions, use: (network: Network) => Promise<T>): Promise<T> {
  const network = await load(source, { threads: 1, ...levels, ...options })
  try {
    return await use(network)
  } finally {
    await network.close()
  }
}

const seen = async (network: Network) => {
  const { inputs, warnings } = await network.inspect()
  const scores = (await network.predict(photo, { top: 3 })).toSorted((a, b) => a.index - b.index).map(({ score }) => score)
  return { layout: inputs[0]?.image?.layout, scores, codes: warnings.map(({ code }) => code) }
}

test('assumed, and said', async () => {
  expect(await using(buildModel(free), {}, seen)).toMatchObject({
    layout: { value: 'nchw', source: 'assumed', otherwise: ['nhwc'] },
    scores: [200, 200, 200],
    codes: ['layout-assumed'],
  })
})

test('given', async () => {
  expect(await using(buildModel(free), { layout: 'nhwc' }, seen)).toEqual({
    layout: { value: 'nhwc', source: 'given', from: '`layout`' },
    scores: [200, 100, 50],
    codes: [],
  })
})

test('kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradcam-layout-'))
  const file = join(folder, 'model.onnx')
  writeFileSync(file, buildModel(free))
  await using(file, { layout: 'nhwc' }, (network) => network.saveSettings())
  expect(await using(file, {}, seen)).toMatchObject({ layout: { value: 'nhwc' }, scores: [200, 100, 50], codes: [] })
  // the user's word is stronger
  expect(await using(file, { layout: 'nchw' }, seen)).toMatchObject({ scores: [200, 200, 200] })
  rmSync(folder, { recursive: true })
})

test('another word', async () => {
  const error = await refusal(() => load(buildModel(free), { layout: 'nhcw' as never }))
  expect(error).toMatchObject({ code: 'bad-option', message: 'unknown `layout`: nhcw', hint: '`layout` is one of nchw, nhwc' })
  expect(error.suggestions).toContain('nhwc')
})
