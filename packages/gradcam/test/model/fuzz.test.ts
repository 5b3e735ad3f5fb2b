/** @file Hostile models: reading and deriving 100,000 mutants ends in a result or a GradcamError, in bounded time and memory. */
import { expect, test } from 'vitest'
import { GradcamError } from '../../src/core/errors.ts'
import { learnTensorInfo } from '../../src/graph/learn-tensor-info.ts'
import { readModel } from '../../src/graph/model.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { explainBestClass } from '../support/explained-graph.ts'
import { fuzzSeeds } from '../support/fuzz-seeds.ts'

// FUZZ_RUNS=1000000 for a night
const runs = Number(process.env['FUZZ_RUNS'] ?? 100_000)

/** A runtime that knows nothing: what a model does not declare itself stays unknown, and nothing native sees the mutants. */
const blind: Runtime = {
  name: 'blind',
  provider: 'cpu',
  open: async () => {
    throw new GradcamError('model-refused', 'not opened here', { hint: 'fuzzing' })
  },
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x08, 0x12, 0x3a]

/** One to four wounds: bytes changed, cut out, doubled, a huge varint put in, the end cut off. */
function mutant(bytes: Uint8Array, random: () => number): Uint8Array {
  let out = Uint8Array.from(bytes)
  const below = (n: number): number => Math.floor(random() * n)
  for (let wounds = 1 + below(4); wounds > 0 && out.length > 0; wounds--) {
    const at = below(out.length)
    const span = 1 + below(24)
    switch (below(7)) {
      case 0:
        out[at] = below(256)
        break
      case 1:
        out[at] = interesting[below(interesting.length)] ?? 0
        break
      case 2:
        out[at] = (out[at] ?? 0) ^ (1 << below(8))
        break
      case 3:
        out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(at + span)])
        break
      case 4:
        out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(at, at + span), ...out.subarray(at)])
        break
      case 5:
        out = Uint8Array.from([...out.subarray(0, at), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, ...out.subarray(at)])
        break
      default:
        out = out.slice(0, at)
    }
  }
  return out
}

async function readAndDerive(bytes: Uint8Array): Promise<'derived' | 'refused'> {
  try {
    const model = readModel(bytes)
    const shapes = Object.fromEntries(
      model.graph.inputs.map(({ name, shape }) => [name, (shape ?? []).map((dim) => (dim === '' ? 1 : dim))]),
    )
    const info = await learnTensorInfo(model, blind, shapes)
    explainBestClass(model, info, 16)
    return 'derived'
  } catch (error) {
    if (error instanceof GradcamError && error.code !== 'internal' && error.hint !== '') return 'refused'
    throw new Error(`not a GradcamError: ${String(error)}`, { cause: error })
  }
}

test('the seeds themselves are derived', async () => {
  for (const seed of fuzzSeeds) expect(await readAndDerive(seed)).toBe('derived')
})

test(`${runs} mutants end in a result or a GradcamError`, async () => {
  const random = generator(1)
  const counts = { derived: 0, refused: 0 }
  let slowest = 0
  for (let i = 0; i < runs; i++) {
    const seed = fuzzSeeds[i % fuzzSeeds.length] as Uint8Array
    const bytes = mutant(seed, random)
    const start = performance.now()
    const end = await readAndDerive(bytes).catch((cause: unknown) => {
      throw new Error(`mutant ${i}: ${String(cause)}\n${Buffer.from(bytes).toString('base64')}`, { cause })
    })
    counts[end]++
    slowest = Math.max(slowest, performance.now() - start)
  }
  expect(counts.derived).toBeGreaterThan(runs / 50)
  expect(counts.refused).toBeGreaterThan(runs / 50)
  // generous: a busy machine, a garbage collection
  expect(slowest).toBeLessThan(5000)
  expect(process.memoryUsage().rss).toBeLessThan(1.5e9)
}, 600_000)

test('every truncation of a model is refused or derived', async () => {
  for (const seed of fuzzSeeds) for (let length = 0; length < seed.length; length++) await readAndDerive(seed.slice(0, length))
}, 600_000)

test('noise is refused', async () => {
  const random = generator(2)
  for (let i = 0; i < 5000; i++) {
    const noise = Uint8Array.from({ length: Math.floor(random() * 400) }, () => Math.floor(random() * 256))
    expect(await readAndDerive(noise)).toBe('refused')
  }
}, 600_000)
