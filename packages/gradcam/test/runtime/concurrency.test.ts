/** @file Many explanations at once, with few sessions: each is what it would be alone, and nothing stays open. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { readModel } from '../../src/graph/model.ts'
import { createExplainer, type Explainer } from '../../src/explain/explainer.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { load } from '../../src/node/index.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { imageAt } from '../support/net-targets.ts'
import { runtimeFor } from '../support/providers.ts'
import { headedBytes, images } from '../support/small-nets.ts'

const about = { name: 'test', labels: [], preprocessing: undefined, singleLabel: true }

/** Counts what is open, and what is done with a session that is not. */
function counting(runtime: Runtime) {
  const count = { opened: 0, open: 0, faults: 0 }
  const counted: Runtime = {
    ...runtime,
    async open(model, options) {
      const session = await runtime.open(model, options)
      count.opened++
      count.open++
      let released = false
      let running = 0
      return {
        ...session,
        async run(feeds, fetches) {
          if (released) count.faults++
          running++
          try {
            return await session.run(feeds, fetches)
          } finally {
            running--
          }
        },
        async release() {
          if (released || running > 0) count.faults++
          released = true
          await session.release()
          count.open--
        },
      }
    },
  }
  return { runtime: counted, count }
}

const requests: ExplainOptions[] = [
  { method: 'grad-cam', target: 'top-2' },
  { method: ['saliency', 'layer-cam'], target: [1, 'top-1'] },
  { method: 'score-cam', target: 3 },
  { method: 'rise', target: 2, options: { samples: 40 }, seed: 7 },
  { method: 'smooth-grad', target: 0, options: { samples: 20 } },
  { method: 'grad-cam', target: 'all' },
  { method: 'lrp', target: 4, normalize: 'none' },
  { method: 'grad-cam++', target: { kind: 'expression', expression: 'logits[1] - logits[2]' } },
  { method: 'xgrad-cam', target: { kind: 'similar', to: { image: imageAt(images(2), 1) }, tensor: 'pooled' } },
  { method: 'ablation-cam', target: 'top-1', featureLayer: ['a1', 'features'], noise: 2, seed: 3 },
]
const batch = images(5)
/** Fifty pieces of work: every request for every image. */
const work = requests.flatMap((options) => [0, 1, 2, 3, 4].map((n) => ({ options, tensor: imageAt(batch, n) })))

type Piece = (typeof work)[number]
const explain = (network: Explainer, { tensor, options }: Piece, more: ExplainOptions = {}): Promise<ExplanationData[][]> =>
  network.explain({ tensor, region: undefined, photo: undefined }, { ...options, ...more })

/** All numbers of an explanation. */
const told = (results: ExplanationData[][]) =>
  results.flat().map(({ method, index, label, score, scoreKind, top, raw, map }) => ({
    ...{ method, index, label, score, scoreKind, top, raw, map },
  }))
const closed = { code: 'bad-option', message: 'the network is closed' }

describe.each(['cpu', 'wasm'] as const)('on %s', (provider) => {
  const open = async (seed: number, maxSessions?: number) => {
    const { runtime, count } = counting(await runtimeFor(provider))
    const options = maxSessions === undefined ? {} : { maxSessions }
    return { network: createExplainer(readModel(headedBytes(seed)), runtime, about, options), count }
  }
  const alone = new Map<string, ReturnType<typeof told>>()
  /** The results of these pieces of work, one by one. */
  const inTurn = async (seed: number, pieces: readonly Piece[] = work): Promise<ReturnType<typeof told>[]> => {
    const { network } = await open(seed)
    const results = []
    for (const piece of pieces) {
      const key = `${seed} ${work.indexOf(piece)}`
      const result = alone.get(key) ?? told(await explain(network, piece))
      alone.set(key, result)
      results.push(result)
    }
    await network.close()
    return results
  }

  test('fifty explanations of one network at once, two sessions of a kind', async () => {
    const expected = await inTurn(1)
    const { network, count } = await open(1, 2)
    const results = await Promise.all(work.map((piece) => explain(network, piece)))
    expect(results.map(told)).toEqual(expected)
    // explained graphs, forwards, answers and looks, and finishers, which have no weights
    expect(count.open).toBeLessThanOrEqual(4 * 2 + 32)
    await network.close()
    expect(count).toMatchObject({ open: 0, faults: 0 })
  })

  test('fifty explanations over three networks at once', async () => {
    const seeds = [1, 2, 3]
    const piecesOf = (seed: number): Piece[] => work.filter((_, i) => i % 3 === seed - 1)
    const expected = []
    for (const seed of seeds) expected.push(await inTurn(seed, piecesOf(seed)))
    const opened = await Promise.all(seeds.map((seed) => open(seed, 2)))
    const run = ({ network }: { network: Explainer }, k: number) =>
      Promise.all(piecesOf(k + 1).map(async (piece) => told(await explain(network, piece))))
    expect(await Promise.all(opened.map(run))).toEqual(expected)
    await Promise.all(opened.map(({ network }) => network.close()))
    for (const { count } of opened) expect(count).toMatchObject({ open: 0, faults: 0 })
  })

  test('the same explanation fifty times opens as much as once', async () => {
    const [piece] = work as [Piece]
    const counts = []
    for (const times of [1, 50]) {
      const { network, count } = await open(1, 2)
      await Promise.all(Array.from({ length: times }, () => explain(network, piece)))
      counts.push(count.opened)
      await network.close()
    }
    expect(counts[1]).toBe(counts[0])
  })

  test.each([0, 1, 20])('closed after %i of fifty: all others end, well or with the reason, and nothing stays open', async (after) => {
    const expected = await inTurn(1)
    const { network, count } = await open(1, 2)
    let done = 0
    let enough = (): void => undefined
    const closing = new Promise<void>((resolve) => (enough = resolve)).then(() => network.close())
    const running = work.map(async (piece) => {
      const results = await explain(network, piece)
      if (++done === after) enough()
      return results
    })
    if (after === 0) enough()
    const results = await Promise.allSettled(running)
    await closing
    expect(count).toMatchObject({ open: 0, faults: 0 })
    for (const [i, result] of results.entries()) {
      if (result.status === 'fulfilled') expect(told(result.value)).toEqual(expected[i])
      else expect(result.reason).toMatchObject(closed)
    }
    expect(results.some(({ status }) => status === 'rejected')).toBe(true)
    await network.close()
    await expect(explain(network, work[0] as Piece)).rejects.toMatchObject(closed)
    expect(count.open).toBe(0)
  })

  test('closing resolves when everything is released, before those whom it refused have noticed', async () => {
    const { network, count } = await open(1, 2)
    const running = Promise.allSettled(work.map((piece) => explain(network, piece)))
    await explain(network, work[0] as Piece)
    await network.close()
    expect(count.open).toBe(0)
    await running
    expect(count).toMatchObject({ open: 0, faults: 0 })
  })

  test('cancelled ones in between end as cancelled, and the others are what they would be alone', async () => {
    const expected = await inTurn(1)
    const { network, count } = await open(1, 2)
    const results = await Promise.allSettled(
      work.map((piece, i) => {
        const controller = new AbortController()
        // some at once, some when they have begun
        if (i % 5 === 1) controller.abort()
        const progress = i % 5 === 2 ? () => controller.abort() : () => undefined
        return explain(network, piece, { signal: controller.signal, progress })
      }),
    )
    for (const [i, result] of results.entries()) {
      if (result.status === 'fulfilled') expect(told(result.value)).toEqual(expected[i])
      else expect(result.reason).toMatchObject({ code: 'cancelled' })
      if (i % 5 !== 2) expect(result.status).toBe(i % 5 === 1 ? 'rejected' : 'fulfilled')
    }
    expect(results.filter(({ status }, i) => i % 5 === 2 && status === 'rejected').length).toBeGreaterThan(0)
    await network.close()
    expect(count).toMatchObject({ open: 0, faults: 0 })
  })
})

test('a loaded network takes the limit, and its engines share the work', async () => {
  const [few, many] = [await load(headedBytes(1), { threads: 1, maxSessions: 1 }), await load(headedBytes(1), { threads: 1 })]
  const run = ({ options, tensor }: Piece) => Promise.all([few, many].map((network) => network.explainAll(tensor, options)))
  const results = await Promise.all(work.filter((_, i) => i % 3 === 0).map(run))
  for (const [a, b] of results) expect(told([a ?? []])).toEqual(told([b ?? []]))
  await Promise.all([few.close(), many.close()])
})
