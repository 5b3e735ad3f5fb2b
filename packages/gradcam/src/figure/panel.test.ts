import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { nodeHost } from '../node/host.ts'
import { shownSize } from './fit.ts'
import { loadFonts } from './fonts.ts'
import type { Legend } from './legend.ts'
import { missingGlyphs, shorten, textWidth, tidy } from './lettering.ts'
import { type Panel, panel } from './panel.ts'
import type { Pixels } from '../core/pixels.ts'
import { fillShape } from '../image/raster.ts'

const flat = (width: number, height: number, value = 120): Pixels => ({
  width,
  height,
  channels: 3,
  data: new Uint8Array(width * height * 3).fill(value),
})
const legend: Legend = {
  colormap: 'jet',
  ticks: [
    { at: 1, text: '1', note: 'high' },
    { at: 0.5, text: '0.5' },
    { at: 0, text: '0', note: 'low' },
  ],
}
const fonts = await loadFonts(nodeHost)
const every = await loadFonts(nodeHost, 'Ω')
const dark = ({ data }: Pixels): number => Array.from(data).reduce((n, v) => n + (v < 100 ? 1 : 0), 0)

test('a square covers what it covers', () => {
  const canvas = flat(4, 3, 0)
  fillShape(canvas, [[0.5, 1, 3, 1, 3, 2.25, 0.5, 2.25]], [200, 200, 200])
  const red = Array.from(canvas.data).filter((_, i) => i % 3 === 0)
  expect(red).toEqual([0, 0, 0, 0, 100, 200, 200, 0, 25, 50, 50, 0])
})

test('a triangle covers half, a hole is left out, overlaps count once', () => {
  const canvas = flat(10, 10, 0)
  fillShape(canvas, [[0, 0, 10, 0, 0, 10]], [200, 0, 0])
  expect(Array.from(canvas.data).reduce((a, b) => a + b, 0)).toBe(200 * 50)
  const ring = flat(6, 6, 0)
  fillShape(
    ring,
    [
      [0, 0, 6, 0, 6, 6, 0, 6],
      [2, 2, 2, 4, 4, 4, 4, 2],
    ],
    [1, 0, 0],
  )
  expect(Array.from(ring.data).reduce((a, b) => a + b, 0)).toBe(32)
  const twice = flat(2, 1, 0)
  fillShape(
    twice,
    [
      [0, 0, 2, 0, 2, 1, 0, 1],
      [0, 0, 1, 0, 1, 1, 0, 1],
    ],
    [9, 0, 0],
  )
  expect(Array.from(twice.data)).toEqual([9, 0, 0, 9, 0, 0])
})

test('shapes beyond the canvas are cut, not wrapped', () => {
  const canvas = flat(3, 3, 0)
  fillShape(canvas, [[-5, -5, 1, -5, 1, 9, -5, 9]], [1, 0, 0])
  expect(Array.from(canvas.data).filter((_, i) => i % 3 === 0)).toEqual([1, 0, 0, 1, 0, 0, 1, 0, 0])
  fillShape(canvas, [[50, 50, 60, 50, 60, 60]], [1, 0, 0])
  fillShape(canvas, [[Number.NaN, 0, 1, 1, 0, 1]], [1, 0, 0])
})

test('the same panel gives the same bytes on every machine', () => {
  const figure = flat(300, 200)
  const result = panel([{ figure, title: 'golden retriever', score: '0.98', subtitle: 'grad-cam · inception_5b/output' }], {
    fonts,
    legends: [legend],
  })
  expect([result.width, result.height]).toMatchInlineSnapshot(`
    [
      400,
      277,
    ]
  `)
  expect(createHash('sha256').update(result.data).digest('hex').slice(0, 16)).toMatchInlineSnapshot(`"279fc356380957c7"`)
})

test('without titles and legend only margins are added; the figure lies there untouched', () => {
  const result = panel([{ figure: flat(300, 300, 7) }], { fonts })
  expect(result.width).toBe(result.height)
  expect(result.data.filter((v) => v === 7)).toHaveLength(300 * 300 * 3)
})

test('several panels stand side by side', () => {
  const one = panel([{ figure: flat(300, 300) }], { fonts })
  const three = panel(
    [flat(300, 300), flat(300, 200), flat(300, 300)].map((figure, i) => ({ figure, title: `number ${i}` })),
    { fonts },
  )
  expect(three.width).toBeGreaterThan(3 * 300)
  expect(three.height).toBeGreaterThan(one.height)
  expect(() => panel([], { fonts })).toThrow('no panels')
})

test('tiny photos are enlarged by whole numbers, large ones made smaller where there is a bound', () => {
  const sides = (width: number, height: number, bound?: number): number[] =>
    Object.values(shownSize({ width, height }, bound === undefined ? undefined : { width: bound, height: bound }))
  expect([sides(32, 20), sides(1080, 4), sides(1, 1)]).toEqual([
    [288, 180],
    [1080, 4],
    [288, 288],
  ])
  expect([sides(32, 20, 100), sides(1080, 4, 100), sides(90, 90, 100)]).toEqual([
    [96, 60],
    [100, 1],
    [90, 90],
  ])
})

test('two legends stand beside each other', () => {
  const width = (legends: Legend[]): number => panel([{ figure: flat(300, 200) }], { fonts, legends }).width
  const none = width([])
  expect(width([legend, legend]) - none).toBe(2 * (width([legend]) - none))
})

test('hostile labels neither break nor overflow the panel', () => {
  const figure = flat(320, 240)
  const plain = panel([{ figure, title: 'x', score: '0.5', subtitle: 'y' }], { fonts: every })
  const labels = [
    '\0\u0007\u001b[31m',
    '\u202egnp.exe',
    'שלום עולם',
    '😀👨‍👩‍👧 漢字',
    `${'\u0301'.repeat(2000)}a`,
    'W'.repeat(100_000),
    '\ud800\udfff\ud800',
    'a\nb\tc',
    ' \u200b ',
    'ﷺ'.repeat(50),
  ]
  for (const title of labels) {
    const one: Panel = { figure, title, score: title.slice(0, 30), subtitle: title }
    const result = panel([one], { fonts: every, legends: [{ colormap: 'jet', ticks: [{ at: 0.3, text: title.slice(0, 5) }] }] })
    expect(result.height, JSON.stringify(title.slice(0, 20))).toBe(plain.height)
  }
})

test('text is tidied and shortened', () => {
  expect(tidy(' a\n\tb\u202e\u0000 c\u0301 ')).toBe('a b ć')
  expect(tidy('x'.repeat(1e6))).toBe(`${'x'.repeat(399)}…`)
  expect(tidy('\u001b[31mred\u2066')).toBe('[31mred')
  const short = shorten('golden retriever', 80, 16, fonts.bold)
  expect(short).toMatch(/^gol.*…$/)
  expect(textWidth(short, 16, fonts.bold)).toBeLessThanOrEqual(80)
  expect(shorten('golden', 500, 16, fonts.bold)).toBe('golden')
  expect(shorten('golden', 3, 16, fonts.bold)).toBe('')
})

test('letters are drawn from the script they belong to, unknown ones as boxes', () => {
  const ink = (title: string): number => dark(panel([{ figure: flat(400, 100), title }], { fonts: every }))
  for (const title of ['A', 'Ж', 'Ω', 'ő', '漢']) expect(ink(title), title).toBeGreaterThan(50)
  expect(ink('Ж')).not.toBe(ink('漢'))
  expect(missingGlyphs('A Ж 漢 漢 😀', every.bold)).toEqual(['漢', '😀'])
})

test('panels stand in the rows that are asked for, and the legend beside the first', () => {
  const figures = Array.from({ length: 5 }, (_, i) => ({ figure: flat(300, 200, 10 * (i + 1)) }))
  const result = panel(figures, { fonts, rows: [3, 2], legends: [{ ...legend, caption: 'each its own scale' }] })
  const value = (x: number, y: number): number => result.data[(y * result.width + x) * 3] as number
  const [gap, margin] = [18, 18]
  const lefts = [0, 1, 2].map((i) => margin + i * (300 + gap))
  expect(lefts.map((x) => value(x + 5, margin + 5))).toEqual([10, 20, 30])
  expect(lefts.map((x) => value(x + 5, margin + 200 + gap + 5))).toEqual([40, 50, 255])
  expect(result.height).toBe(2 * margin + 2 * 200 + gap)
  expect(() => panel(figures, { fonts, rows: [3, 3] })).toThrow('5 panels do not stand in rows of 3, 3')
})

test('a caption shortens the bar, and is left out where there is no room', () => {
  const captioned = { ...legend, caption: 'same scale' }
  for (const height of [200, 3]) {
    const result = panel([{ figure: flat(300, height) }], { fonts, legends: [captioned] })
    expect(result.height).toBe(height + 36)
  }
})
