/** @file Tests of the queue that runtimes of one module share. */
import { expect, test } from 'vitest'
import { createQueue, serialRuntime } from './serial.ts'
import type { ModelBytes, Runtime } from './runtime.ts'

const model: ModelBytes = { bytes: new Uint8Array(), external: [] }
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

/** A runtime that tells what begins and ends; running fails for the feed `bad`. */
function telling(name: string, log: string[]): Runtime {
  const told = async (what: string, fails = false): Promise<void> => {
    log.push(`${name} ${what}`)
    await tick()
    log.push('done')
    if (fails) throw new Error(`${name} failed`)
  }
  return {
    name,
    provider: 'wasm',
    async open() {
      await told('open')
      return {
        inputs: [],
        outputs: [],
        async run(feeds) {
          await told('run', 'bad' in feeds)
          return {}
        },
        release: () => told('release'),
      }
    },
  }
}

const alternating = (log: readonly string[]): boolean => log.every((line, i) => (line === 'done') === (i % 2 === 1))

test('work is done one by one, in the order of asking, and a failure stops nothing else', async () => {
  const queue = createQueue()
  const log: number[] = []
  const work = (n: number) => async (): Promise<number> => {
    await tick()
    log.push(n)
    if (n === 1) throw new Error('failed')
    return n
  }
  const results = await Promise.allSettled([0, 1, 2, 3].map((n) => queue(work(n))))
  expect(log).toEqual([0, 1, 2, 3])
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([0, 'failed', 2, 3])
})

test('runtimes of one module open, run and release in turn', async () => {
  const log: string[] = []
  const module = {}
  const [a, b] = ['a', 'b'].map((name) => serialRuntime(telling(name, log), module))
  if (!a || !b) throw new Error('two runtimes were expected')
  const [one, two, three] = await Promise.all([a.open(model), b.open(model), a.open(model)])
  const failing = one.run({ bad: { type: 'float32', dims: [], data: new Float32Array(1) } })
  const results = await Promise.allSettled([failing, two.run({}), one.run({}), three.release(), two.run({})])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'])
  expect(alternating(log)).toBe(true)
  const order = log.filter((line) => line !== 'done')
  expect(order).toEqual(['a open', 'b open', 'a open', 'a run', 'b run', 'a run', 'a release', 'b run'])
})

test('other modules do not wait', async () => {
  const log: string[] = []
  await Promise.all(['a', 'b'].map((name) => serialRuntime(telling(name, log), {}).open(model)))
  expect(log).toEqual(['a open', 'b open', 'done', 'done'])
})
