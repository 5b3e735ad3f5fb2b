/** @file Tests of the pool, with things that know whether they are in use, disposed of, or both. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPool, holding, type Lease, type Pool } from './pool.ts'

class Thing {
  disposed = 0
  users = 0
  readonly key: string
  constructor(key: string) {
    this.key = key
  }
}

const later = async (ticks = 3): Promise<void> => {
  for (let i = 0; i < ticks; i++) await Promise.resolve()
}

/** A pool of things, all that were made, and ways to use them. */
function pooled(limit: number, dispose: (thing: Thing) => void = () => undefined) {
  const made: Thing[] = []
  const pool: Pool<Thing> = createPool<Thing>({
    limit,
    async dispose(thing) {
      await later(1)
      if (thing.users > 0) throw new Error(`${thing.key} is in use`)
      thing.disposed++
      dispose(thing)
    },
  })
  const make = (key: string) => async (): Promise<Thing> => {
    await later()
    const thing = new Thing(key)
    made.push(thing)
    return thing
  }
  return {
    pool,
    made,
    lease: (key: string): Promise<Lease<Thing>> => pool.lease(key, make(key)),
    use: (key: string): Promise<boolean> =>
      pool.use(key, make(key), async (thing) => {
        thing.users++
        await later()
        thing.users--
        return thing.disposed === 0
      }),
    open: (): string[] => made.filter(({ disposed }) => disposed === 0).map(({ key }) => key),
  }
}

const refused = { code: 'bad-option', message: 'the network is closed' }

describe('under concurrency', () => {
  test('two equal calls at a full pool make one thing, and nothing is lost', async () => {
    const { pool, made, use } = pooled(1)
    await use('old')
    await Promise.all([use('new'), use('new')])
    expect(made.map(({ key }) => key)).toEqual(['old', 'new'])
    await pool.close()
    expect(made.map(({ disposed }) => disposed)).toEqual([1, 1])
  })

  test('twelve keys at a limit of eight: none is used after its disposal', async () => {
    const { pool, made, use, open } = pooled(8)
    const keys = Array.from({ length: 12 }, (_, i) => `${i}`)
    expect(await Promise.all(keys.map(use))).toEqual(keys.map(() => true))
    await later()
    expect(open()).toEqual(keys.slice(4))
    await pool.close()
    expect(made.map(({ disposed }) => disposed)).toEqual(keys.map(() => 1))
  })

  test('what is leased stays, though the pool is larger than its limit, and the first idle thing goes', async () => {
    const { lease, open } = pooled(1)
    const [a, b] = await Promise.all([lease('a'), lease('b')])
    const again = await lease('a')
    await later()
    expect(open()).toEqual(['a', 'b'])
    a?.release()
    a?.release()
    await later()
    expect(open()).toEqual(['a', 'b'])
    again.release()
    await later()
    expect(open()).toEqual(['b'])
    b?.release()
    await later()
    expect(open()).toEqual(['b'])
  })

  test('a limit of nothing keeps nothing', async () => {
    const { made, use } = pooled(0)
    await Promise.all([use('a'), use('a')])
    await use('a')
    await later()
    expect(made.map(({ disposed }) => disposed)).toEqual([1, 1])
  })
})

test('the thing that was used least recently goes first, by its return', async () => {
  const { lease, use, open } = pooled(2)
  const a = await lease('a')
  await use('b')
  a.release()
  await use('c')
  await later()
  expect(open()).toEqual(['a', 'c'])
})

test('a failure to make goes to all who wait for it, and is forgotten', async () => {
  const { pool, use, open } = pooled(2)
  const failing = async (): Promise<Thing> => {
    await later()
    throw new Error('cannot be made')
  }
  const results = await Promise.allSettled([pool.lease('a', failing), use('a'), use('b')])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  expect(await use('a')).toBe(true)
  expect(open()).toEqual(['b', 'a'])
  await pool.close()
})

test('work that fails returns its thing', async () => {
  const { pool, made, use } = pooled(1)
  const failed = pool.use(
    'a',
    async () => new Thing('a'),
    async () => {
      throw new Error('failed')
    },
  )
  await expect(failed).rejects.toThrow('failed')
  await use('b')
  await pool.close()
  expect(made.map(({ disposed }) => disposed)).toEqual([1])
})

describe('closing', () => {
  test('waits for leases, also those whose thing is still being made, and refuses new ones', async () => {
    const { pool, made, lease, use } = pooled(2)
    const a = await lease('a')
    const making = lease('b')
    let closed = false
    const closing = pool.close().then(() => (closed = true))
    await expect(lease('a')).rejects.toMatchObject(refused)
    await expect(use('c')).rejects.toMatchObject(refused)
    ;(await making).release()
    await later(9)
    expect([closed, made.map(({ disposed }) => disposed)]).toEqual([false, [0, 1]])
    a.release()
    await closing
    expect(made.map(({ disposed }) => disposed)).toEqual([1, 1])
  })

  test('does not wait for ever on what cannot be made', async () => {
    const { pool } = pooled(2)
    const failing = pool.lease('a', async () => {
      await later()
      throw new Error('cannot be made')
    })
    const results = await Promise.allSettled([failing, pool.close()])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })

  test('is done once, and may be asked for again', async () => {
    const { pool, made, use } = pooled(2)
    await use('a')
    await Promise.all([pool.close(), pool.close()])
    await pool.close()
    expect(made.map(({ disposed }) => disposed)).toEqual([1])
  })

  test('tells the failures of disposals, those of evicted things too, once, and disposes of the others', async () => {
    const { pool, made, use } = pooled(2, ({ key }) => {
      if (key !== 'c') throw new Error(`${key} stays`)
    })
    for (const key of ['a', 'b', 'c']) await use(key)
    await expect(pool.close()).rejects.toMatchObject({ code: 'run-failed', message: expect.stringMatching(/a stays.*b stays/) })
    await pool.close()
    expect(made.map(({ disposed }) => disposed)).toEqual([1, 1, 1])
  })
})

test('what work holds is returned after it, though one lease fails while another is under way', async () => {
  const { pool, made, lease } = pooled(0)
  const work = holding(async (hold) => {
    const failing = async (): Promise<Thing> => {
      throw new Error('cannot be made')
    }
    await hold(lease('a'))
    expect(made[0]?.disposed).toBe(0)
    await Promise.all([hold(pool.lease('b', failing)), hold(lease('c'))])
  })
  await expect(work).rejects.toThrow('cannot be made')
  await pool.close()
  expect(made.map(({ key, disposed }) => `${key} ${disposed}`)).toEqual(['a 1', 'c 1'])
})

type Step =
  | { do: 'lease'; key: string; fails: boolean }
  | { do: 'release'; which: number }
  | { do: 'wait'; ticks: number }
  | { do: 'close' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('lease'), key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), fails: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('release'), which: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), ticks: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close') }) },
) as fc.Arbitrary<Step>

test('whatever the order of leases, returns and closing: nothing is disposed of in use, all once, idle things within the limit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(3), fc.array(step, { maxLength: 60 }), async (limit, steps) => {
      const { pool, made, lease, open } = pooled(limit)
      const out: { lease: Lease<Thing>; end: () => void }[] = []
      const waiting: Promise<unknown>[] = []
      const closings: Promise<void>[] = []
      for (const each of steps) {
        if (each.do === 'lease') {
          const failing = async (): Promise<Thing> => {
            await later(2)
            throw new Error('cannot be made')
          }
          const taken = (each.fails ? pool.lease(each.key, failing) : lease(each.key)).then(
            (given) => {
              expect(given.value.disposed).toBe(0)
              given.value.users++
              const end = (): void => {
                given.value.users--
                given.release()
              }
              out.push({ lease: given, end })
            },
            () => undefined,
          )
          waiting.push(taken)
        } else if (each.do === 'release') {
          out.splice(each.which % Math.max(out.length, 1), 1)[0]?.end()
        } else if (each.do === 'wait') await later(each.ticks)
        else closings.push(pool.close())
        for (const { lease: given } of out) expect(given.value.disposed).toBe(0)
      }
      await Promise.all(waiting)
      await later(9)
      const used = new Set(out.map(({ lease: given }) => given.value))
      // one living thing for each key, and of those that nobody uses not more than the limit
      expect(new Set(open()).size).toBe(open().length)
      expect(made.filter((thing) => thing.disposed === 0 && !used.has(thing)).length).toBeLessThanOrEqual(limit)
      for (const { end } of out) end()
      await Promise.all([...closings, pool.close()])
      expect(made.map(({ disposed }) => disposed)).toEqual(made.map(() => 1))
    }),
    { numRuns: 500 },
  )
})
