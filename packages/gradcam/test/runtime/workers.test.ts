/** @file A runtime whose sessions live in a worker: nothing but copies crosses, the explanations are those of the plain runtime, and the thread goes on. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test } from 'vitest'
import { gradient } from '../../src/gradient/gradient.ts'
import { readModel } from '../../src/graph/model.ts'
import { createExplainer } from '../../src/explain/explainer.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { load } from '../../src/node/index.ts'
import { startThread, workerFile } from '../../src/node/thread.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { inThread } from '../../src/runtime/side-by-side.ts'
import type { Answer } from '../../src/runtime/messages.ts'
import type { Opened } from '../../src/runtime/remote.ts'
import { buildModel, node } from '../support/build.ts'
import { runtime } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'
import { headed, images } from '../support/small-nets.ts'

const bytes = buildModel(headed())
const about = { name: 'test', labels: [], preprocessing: undefined, singleLabel: true }
const given = { tensor: images(2), region: undefined, photo: undefined }

const away = inThread(runtime, () => startThread(workerFile() ?? '', { engine: 'native', threads: 1 }))
afterAll(() => away.close?.())

/** The same of both runtimes. */
async function both<T>(work: (network: ReturnType<typeof createExplainer>) => Promise<T>): Promise<[T, T]> {
  const of = async (place: Runtime): Promise<T> => {
    const network = createExplainer(readModel(bytes), place, about)
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

describe('with `worker: true`', () => {
  // a run of some hundred milliseconds on one thread
  const side = 256
  const heavy = buildModel({
    inputs: { x: [1, 3, side, side] },
    outputs: { scores: [1, 4] },
    weights: { first: numbers(1, [64, 3, 3, 3]), second: numbers(2, [64, 64, 3, 3]), fc: numbers(3, [64, 4]) },
    nodes: [
      node('Conv', ['x', 'first'], 'c1', { pads: [1, 1, 1, 1] }),
      node('Relu', ['c1'], 'a1'),
      node('Conv', ['a1', 'second'], 'c2', { pads: [1, 1, 1, 1] }),
      node('Relu', ['c2'], 'features'),
      node('GlobalAveragePool', ['features'], 'pooled'),
      node('Flatten', ['pooled'], 'flat'),
      node('MatMul', ['flat', 'fc'], 'scores'),
    ],
  })
  const photo = numbers(4, [1, 3, side, side], -1, 1)

  test.each(['grad-cam', 'saliency', 'smooth-grad'])('%s: events are heard while the network runs', async (method) => {
    const network = await load(heavy, { worker: true, threads: 1, workers: 2 })
    const options: ExplainOptions = { method, target: 1, ...(method === 'smooth-grad' ? { options: { samples: 10 } } : {}) }
    // sessions are open, and code is compiled
    for (let i = 0; i < 2; i++) await network.explain(photo, options)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const began = performance.now()
    await network.explain(photo, options)
    const took = performance.now() - began
    delay.disable()
    await network.close()
    // beside other work on the machine both grow alike
    expect(delay.max / 1e6).toBeLessThan(Math.max(20, took / 3))
  })

  test('ended while the engine works, a thread ends between two runs, and takes nothing with it', async () => {
    for (const wait of [0, 5, 10, 20, 40]) {
      const thread = startThread(workerFile() ?? '', { engine: 'native', threads: 1 })
      const answers: Answer[] = []
      const opened = new Promise<void>((resolve) =>
        thread.listen((answer) => {
          answers.push(answer)
          resolve()
        }),
      )
      thread.send({ call: 0, name: 'open', args: [{ bytes: heavy, external: [] }, {}] })
      await opened
      const { id, inputs } = (answers[0] as { value: Opened }).value
      const feeds = { [inputs[0]?.name ?? '']: photo }
      for (let call = 1; call <= 20; call++) thread.send({ call, name: 'run', args: [id, feeds, undefined] })
      await new Promise((resolve) => setTimeout(resolve, wait))
      await thread.end()
      expect(answers.length).toBeLessThan(21)
      expect(answers.filter((answer) => 'failure' in answer)).toEqual([])
    }
  })

  test('closed, it leaves no thread, and the process may end', async () => {
    const started: Worker[] = []
    const note = (worker: Worker): void => void started.push(worker)
    process.on('worker', note)
    const network = await load(bytes, { worker: true, workers: 0 })
    await network.explain(images(1), { method: 'rise', options: { samples: 200, cells: 4 } })
    await network.close()
    process.off('worker', note)
    // single runs, and those of many, which have one thread
    expect(started.length).toBe(2)
    expect(started.filter(({ threadId }) => threadId > 0)).toEqual([])
  })
})
