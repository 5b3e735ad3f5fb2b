/** @file Maps averaged over versions of an image: each version explained alone must give the same mean. */
import { describe, expect, test } from 'vitest'
import { type ExplanationData, explanationJson } from '../../src/explain/explanation.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { float32, sizeOf, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, explainOne } from '../support/explain.ts'
import { headed, images } from '../support/small-nets.ts'

const model = buildModel(headed())
const x = images(1)
const close = { atol: 1e-5, rtol: 1e-4 }
const signed = { activation: 'none', upsample: 'none', normalize: 'none', target: 2 } as const

/** Rows of `width` values turned round. */
const mirrored = (values: ArrayLike<number>, width: number): Float32Array =>
  Float32Array.from(values, (_, i) => Number(values[i - (i % width) + width - 1 - (i % width)]))
const mirrorImage = (tensor: Tensor): Tensor => float32(mirrored(tensor.data as Float32Array, tensor.dims[3] ?? 1), tensor.dims)
const times = (tensor: Tensor, factor: number): Tensor =>
  float32(
    (tensor.data as Float32Array).map((value) => value * factor),
    tensor.dims,
  )
const mean = (maps: readonly ArrayLike<number>[]): Float64Array =>
  Float64Array.from(maps[0] ?? [], (_, i) => maps.reduce((sum, map) => sum + Number(map[i]), 0) / maps.length)

describe.each(['grad-cam', 'recipro-cam', 'score-cam', 'saliency'])('%s', (method) => {
  const raw = async (image: Tensor): Promise<Float32Array> => (await explainOne(model, image, { ...signed, method })).raw.data
  const width = method === 'saliency' ? 8 : 4

  test('flip: the mean of the map and of the mirror image’s, turned back', async () => {
    const expected = mean([await raw(x), mirrored(await raw(mirrorImage(x)), width)])
    const why = await explainOne(model, x, { ...signed, method, augment: 'flip' })
    expectClose(why.raw.data, expected, close)
    expectClose(why.map.data, expected, close)
    // the image is not symmetric, and neither is its map
    expect(Math.max(...expected.map((value, i) => Math.abs(value - Number(mirrored(expected, width)[i]))))).toBeGreaterThan(1e-3)
  })

  test('flip+scale: all six', async () => {
    const versions = [1, 0.9, 1.1].flatMap((factor) => [times(x, factor), mirrorImage(times(x, factor))])
    const maps = await Promise.all(versions.map(raw))
    const expected = mean(maps.map((map, i) => (i % 2 === 1 ? mirrored(map, width) : map)))
    expectClose((await explainOne(model, x, { ...signed, method, augment: 'flip+scale' })).raw.data, expected, close)
  })
})

describe('noise', () => {
  const noisy = async (options: ExplainOptions): Promise<Float32Array> =>
    (await explainOne(model, x, { ...signed, noise: 4, ...options })).raw.data
  const plain = async (): Promise<Float32Array> => (await explainOne(model, x, signed)).raw.data

  test('the same seed gives the same map, another seed another', async () => {
    const first = await noisy({ seed: 3 })
    expectClose(await noisy({ seed: 3 }), first, { atol: 0, rtol: 0 })
    expect((await noisy({ seed: 4 })).join()).not.toBe(first.join())
    expect(first.join()).not.toBe((await plain()).join())
  })

  test('noise of no size changes nothing', async () => {
    expectClose(await noisy({ noiseLevel: 0 }), await plain(), close)
  })

  test('its spread is a part of the range of the image: the mean comes back, and so does σ', async () => {
    // at the image itself as features, under a head that takes the mean, the saliency is fixed and recipro-cam is linear
    const side = 40
    const linear = buildModel({
      inputs: { x: [1, 1, side, side] },
      outputs: { scores: [1, 2] },
      weights: { w: float32([side * side, -side * side], [1, 2]) },
      nodes: [node('GlobalAveragePool', ['x'], 'pooled'), node('Flatten', ['pooled'], 'flat'), node('MatMul', ['flat', 'w'], 'scores')],
    })
    // values 0 … 10: σ = 2
    const ramp = float32(
      Array.from({ length: side * side }, (_, i) => (10 * i) / (side * side - 1)),
      [1, 1, side, side],
    )
    const options = { ...signed, target: 0, featureLayer: 'x', method: 'recipro-cam', noise: 1, noiseLevel: 0.2 }
    const why = await explainOne(linear, ramp, options)
    const noise = Array.from(why.raw.data, (value, i) => value - Number(ramp.data[i]))
    const average = noise.reduce((a, b) => a + b, 0) / noise.length
    const spread = Math.sqrt(noise.reduce((sum, value) => sum + (value - average) ** 2, 0) / noise.length)
    expect(Math.abs(average)).toBeLessThan(0.2)
    expect(spread).toBeGreaterThan(1.85)
    expect(spread).toBeLessThan(2.15)
  })
})

test('a batch equals its singles, each with classes of its own', async () => {
  const batch = images(8)
  const size = sizeOf(batch.dims.slice(1))
  const options = { augment: 'flip', noise: 2, target: ['top-1', 3], upsample: 'none' } as const
  const together = await explainAll(model, batch, options)
  expect(together.map((row) => row.length)).toEqual(Array.from({ length: 8 }, () => 2))
  expect(new Set(together.map(([why]) => why?.index)).size).toBeGreaterThan(1)
  for (const n of [0, 3, 7]) {
    const one = float32((batch.data as Float32Array).slice(n * size, (n + 1) * size), [1, ...batch.dims.slice(1)])
    const [alone = []] = await explainAll(model, one, options)
    alone.forEach((why, t) => {
      const mine = together.flat()[2 * n + t] as ExplanationData
      expect(mine.index).toBe(why.index)
      expectClose(mine.raw.data, why.raw.data, close)
    })
  }
})

test('scores and classes are those of the image as it is; the map is finished after the mean', async () => {
  const plain = await explainOne(model, x)
  const why = await explainOne(model, x, { augment: 'flip', noise: 3, noiseLevel: 0.5 })
  for (const name of ['index', 'label', 'score', 'logit', 'top'] as const) expect(why[name]).toEqual(plain[name])
  expect([why.map.width, why.map.height]).toEqual([8, 8])
  expect(Math.min(...why.map.data)).toBe(0)
  expect(Math.max(...why.map.data)).toBeCloseTo(1, 6)
  const smoothing = { augment: 'flip', noise: 3, noiseLevel: 0.5 }
  expect(why.provenance.smoothing).toEqual(smoothing)
  expect(why.provenance.settings).toEqual(plain.provenance.settings)
  expect(explanationJson(why).smoothing).toEqual(smoothing)
})

test('off, nothing is different', async () => {
  const { timings: _, ...plain } = await explainOne(model, x)
  const { timings: __, ...off } = await explainOne(model, x, { augment: 'none', noise: 0 })
  expect(off).toEqual(plain)
  expect(plain.provenance.smoothing).toBeUndefined()
})

test('images of bytes with channels last are turned round along their rows', async () => {
  const model8 = buildModel({
    ...{ type: 'uint8', inputs: { x: [1, 2, 3, 3] }, outputs: { scores: [1, 2] } },
    weights: { w: float32([1, 2, 3, 0, 0, 1], [3, 2]) },
    nodes: [
      node('Cast', ['x'], 'floats', { to: 1 }),
      node('Transpose', ['floats'], 'features', { perm: [0, 3, 1, 2] }),
      node('GlobalAveragePool', ['features'], 'pooled'),
      node('Flatten', ['pooled'], 'flat'),
      node('MatMul', ['flat', 'w'], 'scores'),
    ],
  })
  const bytes: Tensor = { type: 'uint8', dims: [1, 2, 3, 3], data: Uint8Array.from({ length: 18 }, (_, i) => (i * i * 7) % 256) }
  const options = { ...signed, target: 0, featureLayer: 'features', method: 'recipro-cam' }
  const plain = await explainOne(model8, bytes, options)
  // a pooled linear head has no places: turned there and back, nothing changes
  expectClose((await explainOne(model8, bytes, { ...options, augment: 'flip' })).raw.data, plain.raw.data, close)
  expect(new Set(plain.raw.data).size).toBe(6)
  // noise stays within the bytes
  const noisy = await explainOne(model8, bytes, { ...options, noise: 2, noiseLevel: 5 })
  const most = (255 * (1 + 3 + 0)) / 6
  for (const value of noisy.raw.data) expect(value >= 0 && value <= most).toBe(true)
})

test('progress counts all versions, and stops when told', async () => {
  const seen: [number, number][] = []
  await explainOne(model, x, { augment: 'flip', noise: 2, progress: (done, total) => seen.push([done, total]) })
  // the image as it is, and four versions
  expect(seen).toEqual([1, 2, 3, 4, 5].map((done) => [done, 5]))
  const fixed = buildModel({ ...headed(), inputs: { x: [1, 3, 8, 8] }, outputs: { prob: [1, 5] } })
  const shares: number[] = []
  const control = new AbortController()
  const options: ExplainOptions = { augment: 'flip', method: 'ablation-cam', signal: control.signal }
  await explainOne(fixed, x, { ...options, progress: (done, total) => shares.push(done / total) })
  expect(shares).toEqual(Array.from({ length: 12 }, (_, i) => (i + 1) / 12))
  await expect(explainOne(fixed, x, { ...options, progress: (done) => done === 8 && control.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  })
})

test.each<[ExplainOptions, RegExp]>([
  [{ augment: 'turn' as 'flip' }, /unknown `augment`: turn/],
  [{ noise: -1 }, /`noise` is -1/],
  [{ noise: 1.5 }, /`noise` is 1.5/],
  [{ noise: 3, noiseLevel: Number.NaN }, /`noiseLevel` is NaN/],
])('refused: %j', async (options, message) => {
  await expect(explainOne(model, x, options)).rejects.toThrow(message)
})

test.each(['mean', 'max', 'product', 'layer-cam'] as const)(
  'maps of several layers by %s: without noise, smoothing changes nothing',
  async (fusion) => {
    const layers = { featureLayer: ['a1', 'features'], fusion, method: 'hires-cam', target: 2 } as const
    for (const post of [{}, { activation: 'none', normalize: 'max' }, { upsample: 'none', normalize: 'none' }] as const) {
      const plain = await explainOne(model, x, { ...layers, ...post })
      const smooth = await explainOne(model, x, { ...layers, ...post, noise: 2, noiseLevel: 0 })
      expectClose(smooth.map.data, plain.map.data, close)
      expect(smooth.map.data.some((value) => value !== 0)).toBe(true)
    }
  },
)
