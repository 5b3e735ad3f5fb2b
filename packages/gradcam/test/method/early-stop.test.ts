/** @file Methods that count through channels or windows stop when their map moves no more: with fewer runs, and nearly the same map. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { load, type Explanation, type Network } from '../../src/node/index.ts'
import { pearson } from '../support/close.ts'

const repository = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
const photo = repository('examples/photos/coffee.png')
let network: Network
beforeAll(async () => {
  network = await load(repository('packages/models/embedded'), { threads: 1, size: 96 })
})
afterAll(() => network.close())

const by = (method: string, options: Record<string, number | string>): Promise<Explanation> =>
  network.explain(photo, { method, options, target: 'espresso', featureLayer: 'block_12/expand/output' })

test.each([
  ['score-cam', 'channels', {}, 0.05, 672, 128],
  // 17×17 windows; of every second row and column 9×9, between them 8×8
  ['occlusion', 'windows', { stride: 0.05 }, 0.2, 289, 145],
] as const)('%s', async (method, counted, options, tolerance, all, soonest) => {
  const whole = await by(method, { ...options, tolerance: 1e-9 })
  expect(whole.details).toMatchObject({ [counted]: all, converged: false })
  expect(pearson(whole.raw.data, (await by(method, options)).raw.data)).toBeGreaterThan(1 - 1e-6)

  const early = await by(method, { ...options, tolerance })
  const used = early.details?.[counted] as number
  expect(early.details?.['converged']).toBe(true)
  expect(used).toBeLessThan(all)
  expect(pearson(early.raw.data, whole.raw.data)).toBeGreaterThan(0.9)

  // two maps are needed to see that one is like the other
  expect((await by(method, { ...options, tolerance: 1 })).details).toMatchObject({ [counted]: soonest, converged: true })
})

test('a grid of drops needs every window', async () => {
  await expect(by('occlusion', { tolerance: 0.1, output: 'grid' })).rejects.toThrow('a grid has a value for every window')
})
