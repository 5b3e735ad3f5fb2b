/** @file The page on performance is what one run's figures say, and rows compare like with like. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { headlineOf, pageOf, type Results } from '../../../../bench/page.mjs'
import { plot, ticksFor } from '../../../../bench/plot.mjs'
import { rowsOf } from '../../../../bench/sides/beside.mjs'
import type { Ask, Side } from '../../../../bench/sides/side.mjs'
import { tasks } from '../../../../bench/sides/tasks.mjs'
import { root } from './blocks.ts'

const row = { row: 'Grad-CAM', network: 'ResNet-50', side: 'ONNX Runtime', ours: 51, other: 50, rounds: 9 }
const captum = { ...row, row: 'saliency', side: 'Captum', ours: 100, other: 150, apart: 0.001 }
const results: Results = {
  date: '2026-01-02',
  machine: { cpu: 'a processor', cores: 2, memory: 16, system: 'linux 6', load: 0.1 },
  versions: { gradcam: '0.1.0', torch: '2.0' },
  rows: [row, { ...row, network: 'ViT-B/16', ours: 216, other: 200 }, captum, { ...captum, network: 'MobileNetV2', ours: 20, other: 36 }],
  figures: [{ name: 'cold start', value: 0.75, unit: 's', bound: 0.7, better: 'less', detail: '7 starts' }],
  growth: [],
}

describe('the page', () => {
  const page = pageOf(results)

  test('names networks in the order of the table, those that were measured', () => {
    expect(page).toContain('| | ResNet-50 | MobileNetV2 | ViT-B/16 |')
  })

  test('says what we cost beside the plain runtime, and how much longer others take', () => {
    expect(page).toContain('| Grad-CAM: ours ÷ ONNX Runtime | 1.02 (≤ 1.02) | – | **1.08** (≤ 1.05) |')
    expect(page).toContain('| saliency: Captum ÷ ours | 1.50 (≥ 1.4) | **1.80** (≥ 2) | – |')
    expect(page).toContain('| saliency: Captum ÷ ours | 100, 150 | 20.0, 36.0 | – |')
    expect(page).toContain('| cold start | **0.75 s** (≤ 0.7) | 7 starts |')
  })

  test('names who is faster, and whose answer is another', () => {
    expect(page).toContain('None of these is slower than a library, and none has another answer.')
    const worse = pageOf({
      ...results,
      rows: [
        { ...captum, other: 90, apart: 0.3 },
        { ...captum, apart: 1 },
      ],
    })
    expect(worse).toContain('- ResNet-50, saliency: slower than Captum, which takes 0.90 of our time.')
    expect(worse).toContain('- ResNet-50, saliency: the map is not that of Captum, 3e-1 apart.')
    expect(worse).toContain('- ResNet-50, saliency: the map is not that of Captum, 1e+0 apart.')
  })

  test('has a headline of ranges', () => {
    const times = (side: string, other: number) => ({ ...row, side, ours: 50, other })
    const some = [times('pytorch-grad-cam', 150), { ...times('Captum', 75), row: 'integrated gradients, 32 steps' }]
    const text = headlineOf({ ...results, rows: [...results.rows, ...some, { ...times('pytorch-grad-cam', 260), network: 'ViT-B/16' }] })
    expect(text).toContain('1.02–1.08 of a plain run')
    expect(text).toContain('takes 3.0–5.2 times')
    expect(text).toContain('integrated gradients 1.5 times')
  })

  test('and README are what the last run gave', () => {
    const text = (path: string): string | undefined => {
      const file = fileURLToPath(new URL(path, root))
      return existsSync(file) ? readFileSync(file, 'utf8') : undefined
    }
    const json = text('bench/results/performance.json')
    const last = json === undefined ? undefined : (JSON.parse(json) as Results)
    expect(text('docs/performance.md')).toBe(last && pageOf(last))
    expect(text('docs/images/growth.svg')).toBe(last && plot(last.growth))
    if (last) expect(text('README.md')).toContain(headlineOf(last))
  })
})

describe('the plot', () => {
  test('has ticks around the values', () => {
    expect(ticksFor([3, 18])).toEqual([2, 5, 10, 20])
    expect(ticksFor([1, 90])).toEqual([1, 3, 10, 30, 100])
    expect(ticksFor([4, 4000])).toEqual([1, 10, 100, 1000, 10000])
  })

  test('has logarithmic axes: ten is in the middle of one and a hundred', () => {
    const points: [number, number][] = [
      [1, 1],
      [10, 10],
      [100, 100],
    ]
    const svg = plot([{ title: 'a < b', about: 'places', lines: [{ name: 'line', points }] }])
    // 64 … 286 across, 200 … 52 up
    expect(svg).toContain('M64 200L175 126L286 52')
    expect(svg).toContain('a &lt; b')
  })
})

describe('a row', () => {
  const asked: string[] = []
  const side = (name: string, ms: (ask: Ask) => number, map: number[]): Side => ({
    about: {},
    ask: async (ask) => {
      asked.push(`${name} ${ask.times}`)
      return { ms: Array.from({ length: ask.times }, (_, i) => ms(ask) + (ask.times > 1 && i === 0 ? 1000 : 0)), map }
    },
    close: () => undefined,
  })
  const network = { name: 'ResNet-50', file: 'r.onnx', target: 3 }
  const effort = { seconds: 0, least: 2, tries: true, way: async () => ({ batch: 8, sideBySide: true }), trials: new Map<string, object>() }
  const batchOf = ({ options }: Ask): number => (options as { batch?: number }).batch ?? 0
  const task = (title: string) => tasks.find((each) => each.title === title && each.peers.length > 0) ?? expect.fail(title)

  test('asks sides in turn, leaves out the first of several in a row, and holds maps together', async () => {
    const sides = {
      ours: side('ours', () => 10, [1, 2, 2]),
      plain: side('plain', () => 5, []),
      peers: side('peers', () => 15, [1, 2, 2.3]),
    }
    asked.length = 0
    const rows = await rowsOf(sides, network, task('saliency'), effort)
    expect(asked.slice(-4)).toEqual(['ours 4', 'peers 4', 'ours 4', 'peers 4'])
    // |(0, 0, 0.3)| / |(1, 2, 2.3)|
    const apart = 0.3 / Math.sqrt(1 + 4 + 5.29)
    expect(rows).toEqual([{ ...captum, ours: 10, other: 15, rounds: 2, apart: expect.closeTo(apart, 6) }])
  })

  test.each([
    ['of another size', [1, 2]],
    ['of nothing', [0, 0, 0]],
    ['of no numbers', [1, Number.NaN, 1]],
  ])('holds a map %s for another answer', async (_, map) => {
    const sides = { ours: side('ours', () => 10, [0, 1, 2]), plain: side('plain', () => 5, []), peers: side('peers', () => 15, map) }
    expect(await rowsOf(sides, network, task('saliency'), effort)).toMatchObject([{ apart: 1 }])
  })

  test('takes the batch in which a library is fastest, and the plain runtime as it is fastest', async () => {
    const sides = {
      ours: side('ours', () => 2000, [1]),
      plain: side('plain', () => 1900, []),
      peers: side('peers', (ask) => (batchOf(ask) === 1 ? 2100 : 3000), [1]),
    }
    const rows = await rowsOf(sides, network, task('occlusion, 100 windows'), effort)
    expect(rows.map(({ side, other, options }) => ({ side, other, options }))).toEqual([
      { side: 'ONNX Runtime', other: 1900, options: { batch: 8, sideBySide: true } },
      { side: 'Captum', other: 2100, options: { batch: 1 } },
    ])
  })
})
