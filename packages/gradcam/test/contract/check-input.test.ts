/** @file The preprocessing that a network is surest with, on networks whose right one is known. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isSame, verdictOf, type WayChecked, waysFor } from '../../src/contract/check-input.ts'
import type { Pixels } from '../../src/core/pixels.ts'
import { castFloat32, float32 } from '../../src/core/tensor.ts'
import { type LoadOptions, load } from '../../src/node/index.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { describeShared, sharedPath } from '../support/shared.ts'
import { refusal } from '../support/refusal.ts'

const side = 8
/** One colour. */
const plain = (...colour: [number, number, number]): Pixels => ({
  ...{ width: side, height: side, channels: 3 },
  data: Uint8Array.from({ length: 3 * side * side }, (_, i) => colour[i % 3] as number),
})

/**
 * x [1, 3, 8, 8] → Conv that changes nothing → distance of each value from the one that is wanted → means → logits: class 0 is "near",
 * 4 less `gain` times the sum of the distances; class 1 has 0.
 */
function expects(wanted: readonly number[], gain: number): ModelSpec {
  return {
    inputs: { x: [1, 3, side, side] },
    outputs: { prob: [1, 2] },
    weights: {
      wanted: float32(wanted, [1, 3, 1, 1]),
      same: float32([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3, 1, 1]),
      head: float32([-gain, -gain, -gain, 0, 0, 0], [2, 3]),
      bias: float32([4, 0], [2]),
    },
    nodes: [
      node('Conv', ['x', 'same'], 'c'),
      node('Sub', ['c', 'wanted'], 'd'),
      node('Abs', ['d'], 'f'),
      node('GlobalAveragePool', ['f'], 'p'),
      node('Flatten', ['p'], 'flat'),
      node('Gemm', ['flat', 'head', 'bias'], 'logits', { transB: 1 }),
      node('Softmax', ['logits'], 'prob', { axis: 1 }),
    ],
  }
}

async function checked(model: ModelSpec, photos: Pixels | readonly Pixels[], options: LoadOptions = {}) {
  const network = await load(buildModel(model), { threads: 1, labels: ['near', 'far'], ...options })
  try {
    return await network.checkInput(photos)
  } finally {
    await network.close()
  }
}

describe('networks that know one way', () => {
  const photo = plain(200, 100, 50)
  // (level · scale − mean) / std by hand
  test.each([
    ['BGR, 0 … 255', [50, 100, 200], 0.2],
    ['RGB, 0 … 255 (none)', [200, 100, 50], 0.2],
    ['RGB, 0 … 1', [200 / 255, 100 / 255, 50 / 255], 20],
    ['BGR, 0 … 1', [50 / 255, 100 / 255, 200 / 255], 20],
    ['RGB, −1 … 1 (inception)', [200 / 127.5 - 1, 100 / 127.5 - 1, 50 / 127.5 - 1], 20],
    ["BGR, 0 … 255 less ImageNet's mean (caffe)", [50 - 103.939, 100 - 116.779, 200 - 123.68], 0.2],
    [
      "RGB, 0 … 1, ImageNet's mean and deviation (torchvision)",
      [(200 / 255 - 0.485) / 0.229, (100 / 255 - 0.456) / 0.224, (50 / 255 - 0.406) / 0.225],
      20,
    ],
  ])('%s', async (name, wanted, gain) => {
    const { clear, verdict, ways } = await checked(expects(wanted, gain), photo)
    const near = ways.filter(({ labels }) => labels[0] === 'near')
    expect(near[0]?.name).toBe(name)
    // exp(4) / (1 + exp(4))
    expect(near[0]?.sureness).toBeCloseTo(0.982, 3)
    expect(ways).toHaveLength(10)
    if (clear) expect(verdict).toMatch(/^the network is surest with .+: a hint of how it was trained, not a proof$/)
    else expect(verdict).toMatch(/^cannot tell/)
  })

  test('the way in use is marked', async () => {
    const sure = (await checked(expects([50, 100, 200], 0.2), photo, { scale: 1, mean: 0, std: 1, channels: 'bgr' })).ways
    expect(sure.filter(({ current }) => current).map(({ name }) => name)).toEqual(['BGR, 0 … 255'])
  })

  test('a network that sees no difference: cannot tell', async () => {
    const { clear, verdict } = await checked(expects([0, 0, 0], 0), photo)
    expect(clear).toBe(false)
    expect(verdict).toMatch(/^cannot tell: the network is about as sure with .+ as with /)
  })

  test('several photos: the mean, and the label of each', async () => {
    const { ways } = await checked(expects([50, 100, 200], 0.2), [photo, plain(0, 0, 0)])
    const own = ways.find(({ name }) => name === 'BGR, 0 … 255')
    expect(own?.labels).toEqual(['near', 'far'])
    // 0.982 of the first; 350 · 0.2 − 4 = 66 for "far" of the second
    expect(own?.sureness).toBeCloseTo((0.98201 + 1) / 2, 3)
  })
})

describe('what is no probability is not taken for one', () => {
  const pooled = (head: ModelSpec['nodes'], outputs: ModelSpec['outputs'], rows: number): ModelSpec => ({
    ...{ inputs: { x: [1, 3, side, side] }, outputs },
    weights: {
      w: float32(
        Array.from({ length: 3 * rows }, (_, i) => i - 2),
        [rows, 3],
      ),
    },
    nodes: [node('GlobalAveragePool', ['x'], 'p'), node('Flatten', ['p'], 'flat'), ...head],
  })
  test.each([
    ['an embedding', pooled([node('Gemm', ['flat', 'w'], 'embedding', { transB: 1 })], { embedding: [1, 4] }, 4), {}],
    ['one number', pooled([node('Gemm', ['flat', 'w'], 'age', { transB: 1 })], { age: [1, 1] }, 1), {}],
    ['a vector of whatever', pooled([node('Gemm', ['flat', 'w'], 'y', { transB: 1 })], { y: [1, 3] }, 3), {}],
    [
      'angles, as the user says',
      pooled([node('Gemm', ['flat', 'w'], 'scores', { transB: 1 })], { scores: [1, 3] }, 3),
      { task: 'regression' },
    ],
  ] as const)('%s', async (_, model, options) => {
    const { clear, verdict, ways } = await checked(model, plain(9, 9, 9), { labels: undefined, ...options })
    expect({ clear, ways }).toEqual({ clear: false, ways: [] })
    expect(verdict).toMatch(/^cannot tell: the answers of this network are no probabilities/)
  })

  test('but the user may say that they are classes', async () => {
    const model = pooled([node('Gemm', ['flat', 'w'], 'y', { transB: 1 })], { y: [1, 3] }, 3)
    expect((await checked(model, plain(9, 9, 9), { labels: undefined, task: 'classification' })).ways).toHaveLength(10)
  })

  test('no photo, a tensor, a network without image input', async () => {
    expect(await refusal(() => checked(expects([1, 1, 1], 1), []))).toMatchObject({ code: 'bad-option' })
    const tensor = float32(new Float32Array(192), [1, 3, side, side])
    expect(await refusal(() => checked(expects([1, 1, 1], 1), tensor as never))).toMatchObject({ code: 'bad-option' })
    const flat: ModelSpec = { inputs: { x: [1, 6] }, outputs: { y: [1, 6] }, nodes: [node('Softmax', ['x'], 'y')] }
    expect(await refusal(() => checked(flat, plain(1, 1, 1)))).toMatchObject({ code: 'unsupported-model' })
  })
})

describe('the ways by the type of the input', () => {
  test.each([
    [3, 'float32', 10],
    [3, 'float16', 10],
    [3, 'uint8', 2],
    [3, 'int8', 2],
    [1, 'float32', 4],
    [1, 'uint8', 2],
    [1, 'int8', 2],
  ] as const)('%i channels of %s', (channels, type, count) => {
    const ways = waysFor(channels, type)
    expect(ways).toHaveLength(count)
    const [low, high] = type === 'int8' ? [-128, 127] : [0, 255]
    if (type.endsWith('int8'))
      for (const { options } of ways)
        for (const level of [0, 255]) {
          const value = (level * (options.scale ?? 1) - Number([options.mean].flat()[0])) / Number([options.std].flat()[0])
          expect(value).toBeGreaterThanOrEqual(low)
          expect(value).toBeLessThanOrEqual(high)
          expect(Number(castFloat32(Float32Array.of(value), type, [1]).data[0])).toBe(value)
        }
  })

  test("ImageNet's mean is recognised however it is written", () => {
    const caffe = waysFor(3, 'float32').find(({ name }) => name.includes('caffe'))
    expect(caffe && isSame(caffe, { scale: 1, mean: [104, 117, 123], std: [] }, 'bgr')).toBe(true)
    expect(caffe && isSame(caffe, { scale: 1, mean: [104, 117, 123], std: [] }, 'rgb')).toBe(false)
    expect(caffe && isSame(caffe, { scale: 1 / 255, mean: [], std: [] }, 'bgr')).toBe(false)
  })
})

describe('verdicts', () => {
  const way = (name: string, sureness: number, current = false): WayChecked => ({ name, sureness, current, options: {}, labels: [] })
  test.each([
    // log-odds 0 and 0.49
    [[way('a', 0.5), way('b', 0.62)], false],
    // 0.03 and 0.58
    [[way('a', 0.5), way('b', 0.63)], true],
    // 3.89 and 6.9
    [[way('a', 0.98), way('b', 0.999)], true],
    [[way('a', 0.98), way('b', 0.983)], false],
    [[way('a', 1), way('b', 1)], false],
    [[way('a', 0.3)], true],
  ])('%j', (tried, clear) => {
    const check = verdictOf(tried)
    expect(check.clear).toBe(clear)
    expect(check.ways.map(({ sureness }) => sureness)).toEqual(tried.map(({ sureness }) => sureness).toSorted((a, b) => b - a))
  })

  test('claim no more than that', () => {
    expect(verdictOf([way('a', 0.9, true), way('b', 0.1)]).verdict).toBe(
      'the network is surest with a, as photos are prepared now: a hint of how it was trained, not a proof',
    )
    expect(verdictOf([way('a', 0.5), way('b', 0.5)]).verdict).toBe(
      'cannot tell: the network is about as sure with b as with a; try other photos of things that it knows',
    )
  })
})

describeShared('bare files of real networks, on their photos', 'models/googlenet', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradcam-bare-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const retriever = ['golden-retriever.jpg']
  const people = ['astronaut.png', 'grace-hopper.png']
  test.each([
    ['googlenet', retriever, {}, ["BGR, 0 … 255 less ImageNet's mean (caffe)"]],
    ['squeezenet-fp16', retriever, {}, ["BGR, 0 … 255 less ImageNet's mean (caffe)"]],
    ['mobilenet-v2-int8', retriever, {}, ['RGB, 0 … 255 (none)']],
    ['headpose-fsanet', people, {}, []],
    ['detection-fastestdet', ['dog-and-cat.png'], {}, []],
    ['detection-fastestdet', ['dog-and-cat.png'], { task: 'detection' }, []],
    ['segmentation-pan', people, {}, []],
    ['segmentation-pan', people, { task: 'segmentation' }, []],
  ] as const)(
    '%s on %j, %j',
    async (name, photos, options, right) => {
      const file = join(folder, `${name}.onnx`)
      copyFileSync(sharedPath('models', name, 'onnx', 'model.onnx'), file)
      const network = await load(file, { threads: 2, ...options })
      const { clear, verdict, ways } = await network.checkInput(photos.map((photo) => sharedPath('photos', photo)))
      await network.close()
      // the right one first, or it cannot tell
      if (clear) expect(right).toContain(ways[0]?.name)
      else expect(verdict).toMatch(/^cannot tell/)
    },
    60_000,
  )
})
