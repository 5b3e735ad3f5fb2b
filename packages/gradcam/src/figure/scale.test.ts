import { expect, test } from 'vitest'
import { usualPost } from '../method/post.ts'
import { colourScale, type MadeMap } from './scale.ts'
import { unnormalised } from './unnormalised.ts'

const made = (raw: readonly number[], settings: Partial<MadeMap['settings']> = {}, map = raw): MadeMap => ({
  method: 'grad-cam',
  map: { width: map.length, height: 1, data: Float32Array.from(map) },
  raw: { width: raw.length, height: 1, data: Float32Array.from(raw) },
  settings: { ...usualPost, upsample: 'none', ...settings },
})
/** The one scale of maps that are of one kind. */
const scaleOf = (...args: Parameters<typeof colourScale>) => {
  const { maps, legends } = colourScale(...args)
  expect(legends).toHaveLength(1)
  return { ...legends[0]!, maps: maps.map(({ grid }) => grid), ranges: maps.map(({ range }) => range), signed: maps[0]?.signed }
}
const signed = { activation: 'none', normalize: 'none' } as const

test('one map: its own range, without words about others', () => {
  const { ranges, colormap, caption, ticks } = scaleOf([made([0, 2], {}, [0, 1])], undefined, 'shared')
  expect({ ranges, colormap, caption }).toEqual({ ranges: [[0, 1]], colormap: 'jet', caption: '' })
  expect(ticks.map(({ text, note }) => [text, note])).toEqual([
    ['1', 'high'],
    ['0.5', undefined],
    ['0', 'low'],
  ])
})

test('shared: what was there before normalising, from zero to the highest of all', () => {
  const maps = [made([-1, 0, 2], {}, [0, 0, 1]), made([0, 0, 8], {}, [0, 0, 1])]
  const shared = scaleOf(maps, undefined, 'shared')
  expect(shared.ranges).toEqual([
    [0, 8],
    [0, 8],
  ])
  expect(shared.maps.map(({ data }) => Array.from(data))).toEqual([
    [0, 0, 2],
    [0, 0, 8],
  ])
  expect(shared.caption).toBe('same scale')
  const own = scaleOf(maps, undefined, 'own')
  expect([own.ranges, own.caption]).toEqual([
    [
      [0, 1],
      [0, 1],
    ],
    'each its own scale',
  ])
})

test('a shared scale begins at zero where nothing is negative', () => {
  const abs = { activation: 'abs', normalize: 'none' } as const
  expect(scaleOf([made([1, 4], abs), made([2, 8], abs)], undefined, 'shared').ranges[0]).toEqual([0, 8])
})

test('signed maps: zero in the middle, unless a colour map is named', () => {
  const range = (maps: MadeMap[], named?: string): unknown => {
    const { colormap, ranges, signed: zero } = scaleOf(maps, named, 'own')
    return [colormap, ranges[0], zero]
  }
  expect(range([made([-1, 4], signed)])).toEqual(['blue-red', [-4, 4], true])
  expect(range([made([-0.25, 1], { activation: 'none', normalize: 'max' })])).toEqual(['blue-red', [-1, 1], true])
  expect(range([made([-1, 4], signed)], 'viridis')).toEqual(['viridis', [-1, 4], false])
  expect(range([made([0, 1], { activation: 'none' })])).toEqual(['jet', [0, 1], false])
  expect(range([made([1, 4], { activation: 'abs', normalize: 'none' })])).toEqual(['jet', [1, 4], false])
})

const legendsOf = (...maps: MadeMap[]): unknown[] =>
  colourScale(maps, undefined, 'own').legends.map(({ colormap, caption, ticks }) => [
    colormap,
    caption,
    ...ticks.flatMap(({ text, note = '' }) => [text, note]),
  ])

test('unsigned and signed maps: each kind has its colours, its range and its legend, in whatever order they come', () => {
  const [cam, relevance] = [made([0, 1]), { ...made([-0.5, 1], { activation: 'none', normalize: 'symmetric' }), method: 'lrp' }]
  const { maps } = colourScale([relevance, cam, cam], undefined, 'own')
  expect(maps.map(({ colormap, range, signed: zero }) => [colormap, range, zero])).toEqual([
    ['blue-red', [-1, 1], true],
    ['jet', [0, 1], false],
    ['jet', [0, 1], false],
  ])
  expect(legendsOf(relevance, cam, cam)).toEqual([
    ['jet', 'unsigned maps, each its own scale', '1', 'high', '0.5', '', '0', 'low'],
    ['blue-red', 'signed maps', '1', 'for', '0', '', '-1', 'against'],
  ])
  // a colour map that is named is that of all
  expect(colourScale([relevance, cam], 'viridis', 'own').legends.map(({ colormap }) => colormap)).toEqual(['viridis'])
})

test('signs are called evidence where the method says so, and nothing is signed that cannot be negative', () => {
  const words = (method: string, options = {}): unknown => {
    const { legends } = colourScale([{ ...made([-1, 1], { activation: 'none', normalize: 'max' }), method, options }], undefined, 'own')
    return [legends[0]?.ticks.at(0)?.note, legends[0]?.ticks.at(-1)?.note]
  }
  for (const method of ['grad-cam', 'lrp', 'input-x-gradient', 'occlusion']) expect(words(method), method).toEqual(['for', 'against'])
  // the sign of a gradient says whether brighter is better, that of a singular vector nothing
  for (const method of ['saliency', 'eigen-cam', 'an own one'])
    expect(words(method, { channels: 'sum' }), method).toEqual(['positive', 'negative'])
  expect(words('lrp', { channels: 'abs' })).toEqual(['high', 'low'])
  expect(words('saliency', { channels: 'max' })).toEqual(['high', 'low'])
  expect(words('square-grad', { channels: 'sum' })).toEqual(['high', 'low'])
})

test('several ranges share no numbers, only words', () => {
  const { ticks, ranges } = scaleOf([made([-1, 4], signed), made([-9, 2], signed)], undefined, 'own')
  expect(ranges).toEqual([
    [-4, 4],
    [-9, 9],
  ])
  expect(ticks.map(({ text, note }) => `${text} ${note}`.trim())).toEqual(['for', '0 undefined', 'against'])
})

test('empty, constant and infinite maps have a range too', () => {
  for (const raw of [
    [0, 0],
    [3, 3],
    [Number.NaN, 1],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ]) {
    for (const scale of ['own', 'shared'] as const) {
      const { maps } = colourScale([made(raw, signed), made(raw, { normalize: 'none' })], undefined, scale)
      for (const {
        range: [low, high],
      } of maps)
        expect([Number.isFinite(low), low < high]).toEqual([true, true])
    }
  }
})

test('upsampling keeps a constant and interpolates between centres', () => {
  const settings = { ...usualPost, upsample: 'bilinear' as const }
  const raw = { width: 2, height: 2, data: Float32Array.of(0, 4, 0, 4) }
  const map = { width: 4, height: 3, data: new Float32Array(12) }
  expect(Array.from(unnormalised({ map, raw, settings }).data)).toEqual([0, 1, 3, 4, 0, 1, 3, 4, 0, 1, 3, 4])
})

test('signed maps whose largest pixel outshines all others: colours end where 99 of 100 values do', () => {
  const values = Array.from({ length: 1001 }, (_, i) => (i === 500 ? -1 : i === 501 ? 0.9 : ((i % 3) - 1) * 0.1))
  const pixels = { activation: 'none', upsample: 'none', normalize: 'max' } as const
  const { ranges, ticks, maps } = scaleOf([made(values, pixels)], undefined, 'own')
  expect(ranges[0]?.[1]).toBeCloseTo(0.1, 6)
  expect(ranges[0]?.[0]).toBeCloseTo(-0.1, 6)
  expect(ticks.map(({ text }) => text)).toEqual(['0.1', '0', '-0.1'])
  // what is saved stays as it is
  expect(maps[0]?.data[500]).toBe(-1)
  // where many pixels are strong, the range is the whole
  const strong = values.map((value, i) => (i % 10 === 0 ? 0.8 : value))
  expect(scaleOf([made(strong, pixels)], undefined, 'own').ranges[0]).toEqual([-1, 1])
})

test('shared among several methods: the maps of each method share theirs, as values of two have no common unit', () => {
  const maps = (
    [
      ['grad-cam', 0.1],
      ['occlusion', 8],
      ['grad-cam', 0.2],
      ['occlusion', 4],
    ] as const
  ).map(([method, most]) => ({ ...made([0, most], {}, [0, 1]), method }))
  const { ranges, caption, ticks } = scaleOf(maps, undefined, 'shared')
  expect(ranges.map(([, high]) => high)).toEqual([Math.fround(0.2), 8, Math.fround(0.2), 8])
  expect(caption).toBe('same scale for each method')
  expect(ticks.map(({ text }) => text)).toEqual(['', ''])
})
