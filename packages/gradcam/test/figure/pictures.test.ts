/** @file Figures of real explanations: several targets and methods together, scales that tell the truth, boxes and masks. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGradcam } from '../../src/gradcam.ts'
import { load, maskFigure, type Network, figureOf, nodeHost } from '../../src/node/index.ts'
import { groundOf } from '../../src/image/component.ts'
import { coloursOf } from '../../src/figure/painting.ts'
import { lettering } from '../../src/figure/titles.ts'
import { unnormalised } from '../../src/figure/unnormalised.ts'
import { readPngText } from '../support/png-text.ts'
import { refusal } from '../support/refusal.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const photo = path('../../../../examples/photos/coffee.png')
let network: Network

beforeAll(async () => {
  network = await load(path('../../../models/embedded'), { threads: 1, size: 128 })
})
afterAll(() => network.close())

test('targets by methods: target by target, each with every method and only its own options', async () => {
  const all = await network.explainAll(photo, {
    ...{ target: ['espresso', 0], method: ['occlusion', 'grad-cam', 'saliency'] },
    options: { patch: 0.5, channels: 'abs' },
  })
  expect(all.map(({ index, method }) => `${index} ${method}`)).toEqual([
    ...['967 occlusion', '967 grad-cam', '967 saliency'],
    ...['0 occlusion', '0 grad-cam', '0 saliency'],
  ])
  expect(all.slice(0, 3).map(({ provenance }) => provenance.options)).toMatchObject([{ patch: 0.5 }, {}, { channels: 'abs' }])
  const one = await network.explain(photo, { target: 0, method: 'saliency', options: { channels: 'abs' } })
  expect(all[5]?.map).toEqual(one.map)
  const { width, height } = await figureOf(all).pixels()
  const single = await figureOf(all.slice(0, 1)).pixels()
  expect(width / single.width).toBeGreaterThan(2.5)
  expect(height / single.height).toBeGreaterThan(1.8)
})

test.each(['relu', 'none', 'abs'] as const)('a shared scale shows the values before normalising: %s', async (activation) => {
  const [scaled, bare] = await Promise.all(
    (['minmax', 'none'] as const).map((normalize) => network.explain(photo, { target: 3, activation, normalize })),
  )
  const found = unnormalised({ map: scaled!.map, raw: scaled!.raw, settings: scaled!.provenance.settings }).data
  const most = bare!.map.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
  expect(most).toBeGreaterThan(0)
  expect(found.length).toBe(bare!.map.data.length)
  for (let i = 0; i < found.length; i++) expect(Math.abs(found[i]! - bare!.map.data[i]!)).toBeLessThan(1e-5 * most)
})

test('a shared scale is one for each method: two methods have no common unit', async () => {
  const both = await network.explainAll(photo, { target: [967, 3], method: ['grad-cam', 'ablation-cam'] })
  const { maps, legends } = coloursOf(both, { colorScale: 'shared' })
  const ranges = maps.map(({ range }) => range)
  expect(legends.map(({ caption }) => caption)).toEqual(['same scale for each method'])
  expect([ranges[0], ranges[1]]).toEqual([ranges[2], ranges[3]])
  expect(ranges[0]).not.toEqual(ranges[1])
  expect(coloursOf([both[0]!, both[2]!], { colorScale: 'shared' }).legends[0]?.caption).toBe('same scale')
})

test('a figure is no larger than `maxSize`, letters included, and never enlarged', async () => {
  const several = await network.explainAll(photo, { target: ['top-2'], method: ['grad-cam', 'lrp', 'occlusion'] })
  const sizeOf = async (all: typeof several, options: Parameters<typeof figureOf>[1]) => {
    const { width, height } = await figureOf(all, options).pixels()
    return [width, height] as const
  }
  for (const all of [several.slice(0, 1), several]) {
    const whole = await sizeOf(all, {})
    expect(await sizeOf(all, { maxSize: 10_000 })).toEqual(whole)
    for (const maxSize of [700, 320, 64]) {
      const longest = Math.max(...(await sizeOf(all, { maxSize })))
      expect(longest).toBeLessThanOrEqual(maxSize)
      expect(longest).toBeGreaterThan(0.97 * maxSize)
    }
  }
  const { width, height } = several[0]!.photo!
  expect(await sizeOf(several.slice(0, 1), { title: false, legend: false, maxSize: 100 })).toEqual([
    100,
    Math.round((height / width) * 100),
  ])
})

test('a score that rounds to nothing is written as in text', async () => {
  const why = { ...(await network.explain(photo)), score: 0.0001 }
  expect(lettering(why, [why]).score).toBe('< 0.001')
})

test('labels of a megabyte, of several lines or in a script that the font lacks', async () => {
  const why = await network.explain(photo)
  // whatever fonts are installed here, no drawing of theirs is asked for
  const { drawText: _, ...bare } = nodeHost
  const figure = createGradcam(bare).figureOf([{ ...why, label: '金毛寻回犬 golden' }])
  expect((await figure.warnings()).map(({ code, message }) => [code, message])).toEqual([
    ['no-glyph', 'no font here has 金 毛 寻 回 犬: boxes stand for them'],
  ])
  expect(await figureOf([why]).warnings()).toEqual([])
  const text = readPngText(await figureOf([{ ...why, label: `a\nb\u202e\u001bc ${'x'.repeat(1e6)}` }]).toBuffer())
  expect(text['Title']).toMatch(/^a b c x+… 0/)
  expect(text['Title']?.length).toBeLessThan(220)
})

test('more maps than can be looked at are refused as a figure', async () => {
  const many = await network.explainAll(photo, { target: 'top-25' })
  expect((await refusal(async () => figureOf(many))).message).toContain('25 maps')
  const { width, height } = await figureOf(many.slice(1)).pixels()
  expect(Math.max(width, height)).toBeLessThan(4600)
})

test('the JSON names the box of the largest part over 15 % of the maximum; the mask is white in it', async () => {
  const why = await network.explain(photo)
  const { box, photo: size } = why.toJSON()
  const mask = await maskFigure(why).pixels()
  expect([mask.width, mask.height, mask.channels]).toEqual([size?.width, size?.height, 1])
  const inside = (x: number, y: number): boolean =>
    x >= box!.x - 5 && x < box!.x + box!.width + 5 && y >= box!.y - 5 && y < box!.y + box!.height + 5
  let [white, within] = [0, 0]
  for (let i = 0; i < mask.data.length; i++) {
    if (!mask.data[i]) continue
    white++
    if (inside(i % mask.width, Math.floor(i / mask.width))) within++
  }
  expect(white).toBeGreaterThan(0)
  expect(within / white).toBeGreaterThan(0.95)
  expect(groundOf(why).region).toEqual(why.region)
})

test('docs/json.md tells of every field', async () => {
  const docs = await readFile(path('../../../../docs/json.md'), 'utf8')
  for (const field of Object.keys((await network.explain(photo)).toJSON()))
    expect(docs, field).toMatch(new RegExp(`^\\|.*\`${field}\`.*\\|`, 'm'))
})

test('formats that cannot hold a figure say so', async () => {
  const why = await network.explain({ width: 20_000, height: 4, channels: 1, data: new Uint8Array(80_000) })
  const error = await refusal(() => why.overlay({ title: false, legend: false }).toBuffer('webp'))
  expect(error.message).toContain('WEBP')
  expect((await why.overlay({ title: false, legend: false }).toBuffer('png')).length).toBeGreaterThan(100)
})
