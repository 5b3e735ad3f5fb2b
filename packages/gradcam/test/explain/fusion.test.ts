/** @file Maps of several feature layers brought together, and presets: each from single maps that are known. */
import { describe, expect, test } from 'vitest'
import { explanationJson, type ExplanationData } from '../../src/explain/explanation.ts'
import { interpolation } from '../../src/image/interpolation.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import type { Grid } from '../../src/core/pixels.ts'
import { buildModel } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, explainOne } from '../support/explain.ts'
import { refusal } from '../support/refusal.ts'
import { headed, images } from '../support/small-nets.ts'

const exact = { atol: 1e-5, rtol: 1e-5 }
const model = buildModel(headed())
const x = images(1)
const both = ['features', 'a1']
const target = 2

const at = (options: ExplainOptions): Promise<ExplanationData> => explainOne(model, x, { target, ...options })
const singles = (options: ExplainOptions = {}): Promise<ExplanationData[]> =>
  Promise.all(['a1', 'features'].map((featureLayer) => at({ featureLayer, ...options })))

function minmax(values: ArrayLike<number>): number[] {
  const all = Array.from(values)
  const [low, high] = [Math.min(...all), Math.max(...all)]
  return all.map((value) => (value - low) / (high - low))
}

function resized({ width, height, data }: Grid, size: number): number[] {
  const [rows, columns] = [interpolation(height, size, 'bicubic'), interpolation(width, size, 'bicubic')]
  return Array.from({ length: size * size }, (_, place) => {
    let sum = 0
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++)
        sum += (rows[Math.floor(place / size) * height + i] ?? 0) * (columns[(place % size) * width + j] ?? 0) * (data[i * width + j] ?? 0)
    return sum
  })
}

describe('several feature layers', () => {
  test.each<['mean' | 'max' | 'product', (a: number, b: number) => number]>([
    ['mean', (a, b) => (a + b) / 2],
    ['max', Math.max],
    ['product', (a, b) => a * b],
  ])('%s of the finished maps, normalised again', async (fusion, together) => {
    const [early, late] = (await singles()).map(({ map }) => map.data)
    const fused = Array.from(early ?? [], (value, i) => together(value, late?.[i] ?? 0))
    const why = await at({ featureLayer: both, fusion })
    expect([why.map.width, why.map.height, why.raw.width]).toEqual([8, 8, 8])
    expectClose(why.raw.data, fused, exact)
    expectClose(why.map.data, minmax(fused), exact)
  })

  test('mean unless told', async () => {
    const [one, other] = await Promise.all([at({ featureLayer: both }), at({ featureLayer: both, fusion: 'mean' })])
    expect(one.map.data).toEqual(other.map.data)
  })

  test('layer-cam: tanh(2 M/max M) of the earlier layer, M/max M of the last, then the maximum', async () => {
    const [early, late] = await singles({ method: 'layer-cam' })
    const scaled = ({ width, height, data }: Grid, lift: (value: number) => number): Grid => {
      const positive = data.map((value) => Math.max(0, value))
      const largest = Math.max(...positive)
      return { width, height, data: positive.map((value) => lift(value / largest)) }
    }
    const a = resized(
      scaled(early?.raw as Grid, (value) => Math.tanh(2 * value)),
      8,
    )
    const b = resized(
      scaled(late?.raw as Grid, (value) => value),
      8,
    )
    const fused = a.map((value, i) => Math.max(value, b[i] ?? 0))
    const why = await at({ featureLayer: both, fusion: 'layer-cam', method: 'layer-cam', normalize: 'none' })
    expectClose(why.map.data, fused, exact)
  })

  test('signed maps keep their zero: each divided by its largest size', async () => {
    const signed = { activation: 'none', normalize: 'none', method: 'hires-cam', target: 0 } as const
    const [early, late] = (await singles(signed)).map(({ map }) => {
      const largest = Math.max(...map.data.map(Math.abs))
      return map.data.map((value) => value / largest)
    })
    const why = await at({ featureLayer: both, ...signed })
    expect(Math.min(...why.map.data)).toBeLessThan(0)
    expectClose(
      why.map.data,
      Array.from(early ?? [], (value, i) => (value + (late?.[i] ?? 0)) / 2),
      exact,
    )
  })

  test('without upsampling: as large as the largest of them', async () => {
    const why = await at({ featureLayer: both, upsample: 'none' })
    expect([why.map.width, why.map.height]).toEqual([8, 8])
  })

  test('procedures: ablation-cam at both layers', async () => {
    const [early, late] = (await singles({ method: 'ablation-cam' })).map(({ map }) => map.data)
    const fused = Array.from(early ?? [], (value, i) => (value + (late?.[i] ?? 0)) / 2)
    const why = await at({ featureLayer: both, method: 'ablation-cam' })
    expectClose(why.map.data, minmax(fused), { atol: 1e-4, rtol: 1e-4 })
    expect(why.featureLayer).toBe('a1 + features')
  })

  test('a batch and several targets in one run', async () => {
    const all = await explainAll(model, images(2), { target: [0, target], featureLayer: both, method: ['grad-cam', 'layer-cam'] })
    expect(all.map((row) => row.map(({ index, method }) => `${index} ${method}`))).toEqual(
      Array.from({ length: 2 }, () => ['0 grad-cam', '0 layer-cam', '2 grad-cam', '2 layer-cam']),
    )
    const alone = await at({ featureLayer: both, method: 'layer-cam' })
    expectClose(all[0]?.[3]?.map.data ?? [], alone.map.data, exact)
  })

  test('all layers are named, in the order of the graph, each once', async () => {
    const why = await at({ featureLayer: ['features', 'a1', 'features'] })
    expect(why.featureLayer).toBe('a1 + features')
    expect(why.provenance).toMatchObject({ featureLayers: ['a1', 'features'], fusion: 'mean', featureLayer: { name: 'features' } })
    expect(explanationJson(why)).toMatchObject({ featureLayers: ['a1', 'features'], fusion: 'mean' })
    const one = await at({ featureLayer: ['features'] })
    expect(one.map.data).toEqual((await at({ featureLayer: 'features' })).map.data)
    expect(explanationJson(one).featureLayers).toBeUndefined()
  })

  test.each<[ExplainOptions, string]>([
    [{ featureLayer: [] }, 'bad-option'],
    [{ featureLayer: ['features', 'nowhere'] }, 'unknown-layer'],
    [{ featureLayer: both, fusion: 'median' as never }, 'bad-option'],
    [{ featureLayer: ['features', 'prob'] }, 'no-features'],
  ])('%j is refused', async (options, code) => {
    expect((await refusal(() => at(options))).code).toBe(code)
  })
})

describe('presets', () => {
  test('matlab: the softmax is differentiated, bicubic, not normalised', async () => {
    const why = await at({ preset: 'matlab' })
    const same = await at({ reductionLayer: 'prob', normalize: 'none' })
    expect(why.reductionLayer).toBe('prob')
    expect(why.map.data).toEqual(same.map.data)
    expect((await at({ preset: 'matlab', reductionLayer: 'logits' })).reductionLayer).toBe('logits')
  })

  test('what is said goes first', async () => {
    const why = await at({ preset: 'captum', activation: 'abs', upsample: 'nearest' })
    expect(why.provenance.settings).toEqual({ activation: 'abs', upsample: 'nearest', normalize: 'none' })
    const plus = await at({ preset: 'pytorch-grad-cam', method: 'grad-cam++', options: { denominator: 'paper' } })
    expect(plus.provenance.options).toEqual({ denominator: 'paper' })
    expect((await at({ preset: 'pytorch-grad-cam', method: 'grad-cam++' })).provenance.options).toEqual({ denominator: 'pytorch-grad-cam' })
  })

  test('normalising before upsampling: the largest value is 1 at the size of the feature layer', async () => {
    const options = { upsample: 'nearest', normalize: 'none', featureLayer: 'a1' } as const
    const raw = await at(options)
    const why = await at({ ...options, normalizeFirst: 'max' })
    const largest = Math.max(...raw.map.data)
    expect(largest).not.toBeCloseTo(1, 1)
    expectClose(
      why.map.data,
      raw.map.data.map((value) => value / largest),
      exact,
    )
  })

  test('an unknown one is refused with those that there are', async () => {
    const error = await refusal(() => at({ preset: 'keras' as never }))
    expect(error).toMatchObject({ code: 'bad-option' })
    expect(error.hint).toMatch(/matlab, pytorch-grad-cam, torchcam, captum/)
    expect((await refusal(() => at({ normalizeFirst: 'percentile' as never }))).code).toBe('bad-option')
  })
})
