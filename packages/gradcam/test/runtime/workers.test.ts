/** @file Sessions that live in a worker: nothing but copies crosses the port, and the explanations are those of the plain runtime. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gradient } from '../../src/gradient/gradient.ts'
import { readModel } from '../../src/graph/model.ts'
import { createNetwork, type ExplainOptions } from '../../src/network.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { buildModel } from '../support/build.ts'
import { runtime } from '../support/explain.ts'
import { refusal } from '../support/refusal.ts'
import { headed, images } from '../support/small-nets.ts'
import { workerRuntime } from './workers.ts'

const bytes = buildModel(headed())
const about = { name: 'test', labels: [], preprocessing: undefined, singleLabel: true }
const given = { tensor: images(2), region: undefined, photo: undefined }

let away: Awaited<ReturnType<typeof workerRuntime>>
beforeAll(async () => {
  away = await workerRuntime()
})
afterAll(() => away.end())

/** The same of both runtimes. */
async function both<T>(work: (network: ReturnType<typeof createNetwork>) => Promise<T>): Promise<[T, T]> {
  const of = async (place: Runtime): Promise<T> => {
    const network = createNetwork(readModel(bytes), place, about)
    try {
      return await work(network)
    } finally {
      await network.close()
    }
  }
  return [await of(away), await of(runtime)]
}

describe('a runtime in a worker', () => {
  const requests: ExplainOptions[] = [
    { method: 'grad-cam', target: 'top-2' },
    { method: ['saliency', 'hires-cam'], target: [1, 3] },
    { method: 'rise', target: 2, options: { samples: 30 } },
    { method: 'smooth-grad', target: 'top-1', options: { samples: 5 } },
    { method: 'lrp', target: 0 },
    { target: 'all' },
  ]
  test.each(requests)('explains as the plain one: %j', async (options) => {
    const [there, here] = await both((network) => network.explain(given, options))
    const of = (results: typeof here) =>
      results.map((row) => row.map(({ raw, map, score, index, top }) => ({ raw, map, score, index, top })))
    expect(of(there)).toEqual(of(here))
  })

  test('predicts, and follows the gradient', async () => {
    const [there, here] = await both(async (network) => [await network.predict(given, 3), await network.path(given, { target: 1 })])
    expect(there).toEqual(here)
  })

  test('differentiates', async () => {
    const request = { of: [{ tensor: 'logits', index: 1 }], wrt: ['x', 'w2'], inputs: { x: images(1) } }
    expect(await gradient(readModel(bytes), away, request)).toEqual(await gradient(readModel(bytes), runtime, request))
  })

  test('refuses in the same words', async () => {
    const broken = { bytes: new Uint8Array([1, 2, 3]), external: [] }
    const [there, here] = [await refusal(() => away.open(broken)), await refusal(() => runtime.open(broken))]
    expect([there.code, there.message, there.hint]).toEqual([here.code, here.message, here.hint])
  })
})
