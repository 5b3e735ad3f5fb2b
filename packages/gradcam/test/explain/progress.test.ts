/** @file Work that is watched or ended: progress only rises and is whole at the end, a cancelled call says so, timings do not add up. */
import { describe, expect, test } from 'vitest'
import { methods } from '../../src/method/method.ts'
import type { OptionValue } from '../../src/method/options.ts'
import { partOf, monotonic } from '../../src/core/progress.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { buildModel } from '../support/build.ts'
import { explainAll } from '../support/explain.ts'
import { headed, images } from '../support/small-nets.ts'

const model = buildModel(headed())

/** What is told while a model is explained, as shares. */
async function toldOf(options: ExplainOptions, count = 1, bytes = model): Promise<number[]> {
  const told: number[] = []
  await explainAll(bytes, images(count), { ...options, progress: (done, total) => told.push(done / total) })
  return told
}

function expectRising(told: readonly number[]): void {
  expect(told.at(-1)).toBe(1)
  for (const [i, share] of told.entries()) expect(share).toBeGreaterThan(told[i - 1] ?? 0)
}

/** Settings that make a method quick. */
const quick = ({ options = {} }: { options?: object }): Record<string, OptionValue> =>
  Object.fromEntries(
    Object.entries({ samples: 48, steps: 20, cells: 4, features: 4, segmentation: 'grid' }).filter(([name]) => name in options),
  )

describe('progress', () => {
  test('parts within parts', () => {
    const told: [number, number][] = []
    const whole = monotonic((done, total) => told.push([done, total]))
    for (const k of [0, 1]) for (const done of [1, 2]) partOf(whole, k, 2)(done, 2)
    // a part of another length does not fall back
    partOf(whole, 1, 2)(50, 100)
    expect(told).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ])
  })

  const classifying = methods.filter(({ name }) => name !== 'd-rise')
  test.each(classifying.map((method) => [method.name, method] as const))('%s: two images, two targets', async (name, method) => {
    expectRising(await toldOf({ method: name, target: [0, 2], options: quick(method) }, 2))
  })

  test('several methods, several feature layers, other targets', async () => {
    expectRising(await toldOf({ method: ['grad-cam', 'rise', 'ablation-cam'], target: [1, 'difference:0|2'], options: { samples: 64 } }))
    expectRising(await toldOf({ method: ['recipro-cam', 'score-cam'], target: 'top-2', featureLayer: ['features', 'features'] }))
    expectRising(await toldOf({ method: 'layer-cam', target: ['all', 'sum:0|1'] }, 2))
    expectRising(await toldOf({ method: 'occlusion', targets: [0, 'sum:0|1'] }, 2))
  })

  test.each([{ augment: 'flip+scale' }, { noise: 3 }, { augment: 'flip', noise: 2 }] as const)('smoothing by %j', async (smoothing) => {
    for (const method of ['grad-cam', 'occlusion']) expectRising(await toldOf({ ...smoothing, method, target: [0, 1] }))
    expectRising(await toldOf({ ...smoothing, method: 'recipro-cam' }, 2))
  })

  test('a procedure that converges is whole, too', async () => {
    expectRising(await toldOf({ method: 'rise', target: [0, 1], options: { samples: 4000, tolerance: 0.5 } }))
  })
})

describe('cancelling', () => {
  const cancelled = { name: 'GradcamError', code: 'cancelled' }

  test.each([
    ['one run', { method: 'grad-cam' }],
    ['many runs', { method: 'rise', options: { samples: 4000 } }],
    ['many classes', { target: 'all' }],
    ['smoothing', { noise: 4 }],
  ])('%s: aborted before it begins', async (_, options) => {
    const reason = new Error('the page was left')
    const error = await explainAll(model, images(1), { ...options, signal: AbortSignal.abort(reason) }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ ...cancelled, cause: reason })
    expect((error as { hint: string }).hint).toMatch(/signal/)
  })

  test.each([
    ['many runs', { method: 'rise', options: { samples: 4000 } }],
    ['smoothing', { noise: 100 }],
    ['the next method', { method: ['occlusion', 'rise'], options: { samples: 4000 } }],
  ])('%s: aborted on the way', async (_, options) => {
    const aborting = new AbortController()
    let told = 0
    const progress = (): void => {
      told++
      aborting.abort()
    }
    await expect(explainAll(model, images(1), { ...options, progress, signal: aborting.signal })).rejects.toMatchObject(cancelled)
    expect(told).toBe(1)
  })
})

test('an event that waits is heard before the next run', async () => {
  const aborting = new AbortController()
  let told = 0
  const progress = (): void => {
    told++
    setTimeout(() => aborting.abort())
  }
  const work = explainAll(model, images(1), { method: 'rise', options: { samples: 4000 }, progress, signal: aborting.signal })
  await expect(work).rejects.toMatchObject({ code: 'cancelled' })
  expect(told).toBe(1)
})

test('preparing is timed by itself: what other targets took is no part of it', async () => {
  const started = performance.now()
  const [row = []] = await explainAll(model, images(1), { method: 'rise', target: [0, 1, 2, 3], options: { samples: 2000 } })
  const elapsed = performance.now() - started
  expect(row.every(({ timings }) => timings['prepare'] === row[0]?.timings['prepare'])).toBe(true)
  const runs = row.reduce((sum, { timings }) => sum + (timings['run'] ?? 0), 0)
  expect(runs + (row[0]?.timings['prepare'] ?? 0)).toBeLessThanOrEqual(elapsed)
})
