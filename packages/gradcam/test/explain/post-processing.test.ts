/** @file From raw to finished map: every activation, upsampling and normalisation on maps known beforehand, and the warnings. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { float32 } from '../../src/core/tensor.ts'
import { bicubic } from '../support/bicubic.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne } from '../support/explain.ts'
import { blockMirror, blocksOf, mirror } from '../support/small-nets.ts'

const exact = { atol: 1e-6, rtol: 1e-6 }
const plain = { activation: 'none', upsample: 'none', normalize: 'none' } as const

/** The explanation whose raw map, of the given width, holds these numbers. */
function mapped(values: readonly number[], width: number, options: ExplainOptions): Promise<ExplanationData> {
  const height = values.length / width
  const x = float32(values, [1, 1, height, width])
  return explainOne(buildModel(mirror(height, width)), x, { featureLayer: 'x', target: 0, upsample: 'none', ...options })
}

/** The same, seen by a feature layer of half the input's size. */
function blocked(values: readonly number[], width: number, options: ExplainOptions): Promise<ExplanationData> {
  const model = buildModel(blockMirror(values.length / width, width))
  return explainOne(model, blocksOf(values, width), { featureLayer: 'blocks', target: 0, ...plain, ...options })
}

const signed = [-3, 1, 0, 5, -1, 2]

describe('activation and normalisation', () => {
  test.each<[ExplainOptions, number[]]>([
    [{ activation: 'none', normalize: 'none' }, signed],
    [{ activation: 'relu', normalize: 'none' }, [0, 1, 0, 5, 0, 2]],
    [{ activation: 'abs', normalize: 'none' }, [3, 1, 0, 5, 1, 2]],
    [{ activation: 'none', normalize: 'minmax' }, [0, 0.5, 0.375, 1, 0.25, 0.625]],
    [{ activation: 'relu', normalize: 'minmax' }, [0, 0.2, 0, 1, 0, 0.4]],
    [{ activation: 'none', normalize: 'max' }, [-0.6, 0.2, 0, 1, -0.2, 0.4]],
    [{ activation: 'relu', normalize: 'max' }, [0, 0.2, 0, 1, 0, 0.4]],
  ])('%j', async (options, expected) => {
    const { map, raw } = await mapped(signed, 3, options)
    expect([map.width, map.height]).toEqual([3, 2])
    expectClose(map.data, expected, exact)
    expectClose(raw.data, signed, exact, 'raw stays as it is')
  })

  test('percentile: numpy.percentile of 0 … 10 at 1 and 99 is 0.1 and 9.9', async () => {
    const values = [7, 0, 3, 10, 1, 9, 2, 8, 5, 4, 6]
    const { map } = await mapped(values, 11, { normalize: 'percentile' })
    expectClose(
      map.data,
      values.map((value) => Math.min(1, Math.max(0, (value - 0.1) / 9.8))),
      exact,
    )
  })

  test('symmetric: the 99th percentile of sizes 0 … 10 is 9.9; signs stay, and so does 0', async () => {
    const values = [-7, 0, 3, -10, 1, 9, -2, 8, 5, -4, 6]
    const { map } = await mapped(values, 11, { activation: 'none', normalize: 'symmetric' })
    expectClose(
      map.data,
      values.map((value) => Math.max(-1, value / 9.9)),
      exact,
    )
  })

  test('symmetric: what is 0 nearly everywhere is divided by its largest size', async () => {
    const values = Array.from({ length: 300 }, (_, i) => (i === 5 ? -4 : i === 9 ? 2 : 0))
    const { map } = await mapped(values, 20, { activation: 'none', normalize: 'symmetric' })
    expect([map.data[5], map.data[9], map.data[10]]).toEqual([-1, 0.5, 0])
  })

  test('the other class has the negative map', async () => {
    const { raw } = await mapped(signed, 3, { ...plain, target: 1 })
    expectClose(
      raw.data,
      signed.map((value) => -value),
      exact,
    )
  })
})

describe('upsampling', () => {
  test('none keeps the size of the feature layer', async () => {
    const { map } = await blocked([0, 1, 2, 3], 2, {})
    expect([map.width, map.height, ...map.data]).toEqual([2, 2, 0, 1, 2, 3])
  })

  test('nearest repeats each place', async () => {
    const { map } = await blocked(signed, 3, { upsample: 'nearest' })
    expect([map.width, map.height]).toEqual([6, 4])
    expectClose(map.data, blocksOf(signed, 3).data as Float32Array, exact)
  })

  test('bilinear at half-pixel centres: 0, ¼, ¾, 1 along each axis of a 2×2 map', async () => {
    const along = [0, 0.25, 0.75, 1]
    const { map } = await blocked([0, 1, 2, 3], 2, { upsample: 'bilinear' })
    expectClose(
      map.data,
      along.flatMap((y) => along.map((x) => 2 * y + x)),
      exact,
    )
  })

  test('bicubic, the default, as written plainly, overshoot included', async () => {
    const spike = [0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0]
    const { map } = await blocked(spike, 4, { upsample: 'bicubic' })
    expectClose(map.data, bicubic(spike, { height: 3, width: 4 }, { height: 6, width: 8 }), { atol: 1e-5, rtol: 0 })
    expect(Math.min(...map.data)).toBeLessThan(-0.1)
    const byDefault = await blocked(spike, 4, { upsample: 'bicubic', normalize: 'minmax', activation: 'relu' })
    const left = await explainOne(buildModel(blockMirror(3, 4)), blocksOf(spike, 4), { featureLayer: 'blocks', target: 0 })
    expect(left.map).toEqual(byDefault.map)
    expect([Math.min(...left.map.data), Math.max(...left.map.data)]).toEqual([0, 1])
  })

  test('activation comes before upsampling: negative neighbours do not pull positive places down', async () => {
    const values = [-9, -9, 1, -9, -9, 1]
    const { map } = await blocked(values, 3, { activation: 'relu', upsample: 'bilinear' })
    const rectified = await blocked(
      values.map((value) => Math.max(0, value)),
      3,
      { upsample: 'bilinear' },
    )
    expectClose(map.data, rectified.map.data, exact)
  })
})

describe('warnings', () => {
  const codes = async (values: readonly number[], options: ExplainOptions = {}): Promise<string[]> => {
    const { warnings, map } = await mapped(values, 2, options)
    for (const { message, hint } of warnings) expect(message.length * hint.length).toBeGreaterThan(0)
    // a degenerate map is all zeros, never a division by zero
    if (warnings.length > 0 && values.every(Number.isFinite)) expect(Array.from(map.data)).toEqual(values.map(() => 0))
    return warnings.map(({ code }) => code)
  }

  test('none for an ordinary map, and none for a negative place among positive ones', async () => {
    expect(await codes([1, 2, 3, 4])).toEqual([])
    expect(await codes([-1, 2, 3, 4])).toEqual([])
  })

  test('zero, constant, negative only, not a number', async () => {
    expect(await codes([0, 0, 0, 0])).toEqual(['map-zero'])
    expect(await codes([2, 2, 2, 2])).toEqual(['map-constant'])
    expect(await codes([-1, -2, -3, -4])).toEqual(['map-negative'])
    // the score is the mean of the features
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(await codes([1, value, 3, 4])).toEqual(['input-not-finite', 'score-not-finite', 'map-not-finite'])
  })

  test('negative evidence that is kept needs no warning', async () => {
    for (const activation of ['none', 'abs'] as const) expect((await mapped([-1, -2, -3, -4], 2, { activation })).warnings).toEqual([])
  })

  test.each([
    ['prob', 9, ['softmax-saturated']],
    ['prob', 0.1, []],
    ['scores', 9, []],
  ])('reduction layer %s, scores ±%f: %j', async (reductionLayer, scale, expected) => {
    const spec = mirror(2, 2)
    const model = buildModel({
      ...spec,
      outputs: { prob: [1, 2] },
      nodes: [...spec.nodes, node('Softmax', ['scores'], 'prob', { axis: 1 })],
    })
    const x = float32(
      [1, 2, 3, 4].map((value) => (scale * value) / 10),
      [1, 1, 2, 2],
    )
    const { warnings } = await explainOne(model, x, { featureLayer: 'x', reductionLayer, target: 0 })
    expect(warnings.map(({ code }) => code)).toEqual(expected)
  })
})
