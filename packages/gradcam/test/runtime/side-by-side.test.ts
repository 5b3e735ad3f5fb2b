/** @file Runs side by side: the same digits for any number of workers, and what becomes of work when it is cancelled, when a worker dies, and at the end. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { methods } from '../../src/method/method.ts'
import { load, type Network } from '../../src/node/index.ts'
import { filesFor } from '../network/files.ts'
import { buildModel, type ModelSpec } from '../support/build.ts'
import { headed, images } from '../support/small-nets.ts'

/** One image a run: forty samples are forty runs. */
const single: ModelSpec = { ...headed(), inputs: { x: [1, 3, 8, 8] }, outputs: { prob: [1, 5] } }
const bytes = buildModel(single)
const tensor = images(1)

const started: Worker[] = []
const note = (worker: Worker): void => void started.push(worker)
beforeAll(() => void process.on('worker', note))
afterAll(() => void process.off('worker', note))
beforeEach(() => void started.splice(0))

/** Those that have not ended. */
const alive = (): Worker[] => started.filter(({ threadId }) => threadId > 0)

async function withNetwork<T>(workers: number, work: (network: Network) => Promise<T>): Promise<T> {
  const network = await load(bytes, { workers })
  try {
    return await work(network)
  } finally {
    await network.close()
  }
}

const quick = ({ options = {} }: { options?: object }) =>
  Object.fromEntries(
    Object.entries({ samples: 24, steps: 12, cells: 4, features: 4, segmentation: 'grid' }).filter(([name]) => name in options),
  )
const requests: readonly (readonly [string, ExplainOptions])[] = [
  ...methods
    .filter(({ name }) => name !== 'd-rise')
    .map((method) => [method.name, { method: method.name, options: quick(method) }] as const),
  ['many targets', { method: ['integrated-gradients', 'score-cam'], target: [0, 2, 3], options: {} }],
  ['smoothing', { method: 'grad-cam', augment: 'flip+scale', noise: 3, target: [1, 2] }],
  ['all classes', { method: 'saliency', target: 'all' }],
]

/** All numbers of explanations. */
const told = async (network: Network, options: ExplainOptions) =>
  (await network.explainAll(tensor, options)).map(({ index, score, raw, map, details, warnings }) => ({
    ...{ index, score, raw, map, details, warnings },
  }))

describe('the digits do not hang on the number of workers', () => {
  const networks: Network[] = []
  beforeAll(async () => {
    for (const workers of [0, 1, 2, 3]) networks.push(await load(bytes, { workers }))
  })
  afterAll(async () => {
    await Promise.all(networks.map((network) => network.close()))
  })
  test.each(requests)('%s', async (_, options) => {
    const [none, ...others] = await Promise.all(networks.map((network) => told(network, options)))
    for (const other of others) expect(other).toEqual(none)
  })
})

const long: ExplainOptions = { method: 'rise', target: 0, options: { samples: 3000, cells: 4 } }
const short: ExplainOptions = { ...long, options: { samples: 64, cells: 4 } }

test('as many workers as were asked for run, and none with 0 or 1', async () => {
  for (const [workers, threads] of [
    [0, 0],
    [1, 0],
    [3, 3],
  ] as const) {
    started.splice(0)
    await withNetwork(workers, (network) => network.explain(tensor, short))
    expect(started.length).toBe(threads)
  }
})

test('few runs start no worker', async () => {
  await withNetwork(2, (network) => network.explain(tensor, { method: 'grad-cam' }))
  expect(started).toEqual([])
})

test('progress rises to 1', async () => {
  const shares: number[] = []
  await withNetwork(3, (network) => network.explain(tensor, { ...short, progress: (done, total) => shares.push(done / total) }))
  expect(shares.at(-1)).toBe(1)
  for (const [i, share] of shares.entries()) expect(share).toBeGreaterThan(shares[i - 1] ?? 0)
})

test('cancelled: the call ends at once, and the workers go on for others', async () => {
  await withNetwork(2, async (network) => {
    const expected = await told(network, short)
    const controller = new AbortController()
    const began = performance.now()
    const cancelled = network.explain(tensor, { ...long, signal: controller.signal, progress: () => controller.abort() })
    const other = told(network, short)
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
    expect(performance.now() - began).toBeLessThan(5000)
    expect(await other).toEqual(expected)
  })
})

test('a worker that dies in mid-run is an error with its cause; the next call has another one', async () => {
  await withNetwork(2, async (network) => {
    const expected = await told(network, short)
    let killed = false
    const dying = network.explain(tensor, {
      ...long,
      progress: () => {
        if (!killed) void alive()[0]?.terminate()
        killed = true
      },
    })
    await expect(dying).rejects.toMatchObject({
      code: 'run-failed',
      message: expect.stringMatching(/^a worker ended before its work was done: /),
      cause: expect.any(Error),
    })
    expect(await told(network, short)).toEqual(expected)
    expect(alive().length).toBe(2)
  })
})

test('closed in mid-run: the runs are waited for, the call ends, well or with the reason, and no thread is left', async () => {
  const network = await load(bytes, { workers: 3 })
  let closing: Promise<void> | undefined
  const running = network.explain(tensor, { ...long, progress: () => void (closing ??= network.close()) })
  const [ended] = await Promise.allSettled([running])
  await closing
  expect(started.length).toBe(3)
  expect(alive()).toEqual([])
  if (ended.status === 'rejected') expect(ended.reason).toMatchObject({ code: 'bad-option', message: 'the network is closed' })
})

test.each([-1, 1.5, Number.NaN])('%f workers are refused', async (workers) => {
  await expect(load(bytes, { workers })).rejects.toMatchObject({ code: 'bad-option', message: expect.stringContaining('`workers`') })
})

test('more workers than memory has room for are refused, with how many there may be', async () => {
  const asked = load(bytes, { workers: 1_000_000 })
  await expect(asked).rejects.toMatchObject({ code: 'bad-option', hint: expect.stringMatching(/at most \d+ `workers`/) })
  expect(started).toEqual([])
})

test.each(['native', 'wasm'] as const)('weights in files beside the model, by the engine %s', async (engine) => {
  const folder = mkdtempSync(join(tmpdir(), 'gradcam-workers-'))
  const at = (file: string): string => join(folder, file)
  for (const [file, data] of Object.entries(await filesFor(at))) {
    mkdirSync(dirname(at(file)), { recursive: true })
    writeFileSync(at(file), data)
  }
  const results = []
  for (const workers of [0, 2]) {
    started.splice(0)
    const network = await load(at('external'), { engine, workers })
    const { score, raw } = await network.explain(at('image.npy'), { method: 'rise', target: 1, options: { samples: 200, cells: 4 } })
    await network.close()
    results.push({ score, raw })
    expect(started.length).toBe(workers)
  }
  expect(results[1]).toEqual(results[0])
  rmSync(folder, { recursive: true })
})
