/** @file Tests of the cache of promises. */
import { expect, test } from 'vitest'
import { createCache } from './cache.ts'

const counted = (cache: ReturnType<typeof createCache<string>>) => {
  const made: string[] = []
  const get = (key: string): Promise<string> =>
    cache.get(key, async () => {
      made.push(key)
      await Promise.resolve()
      return key.toUpperCase()
    })
  return { made, get }
}

test('a value is made once, however many ask at the same time', async () => {
  const { made, get } = counted(createCache(1))
  expect(await Promise.all(['a', 'a', 'b', 'b', 'a'].map(get))).toEqual(['A', 'A', 'B', 'B', 'A'])
  // a was dropped for b, and made anew
  expect(made).toEqual(['a', 'b', 'a'])
})

test('the least recently asked for goes first', async () => {
  const { made, get } = counted(createCache(2))
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key)
  expect(made).toEqual(['a', 'b', 'c', 'b'])
})

test('a failure is forgotten', async () => {
  const cache = createCache<number>(2)
  const failing = async (): Promise<number> => {
    throw new Error('no')
  }
  const both = await Promise.allSettled([cache.get('a', failing), cache.get('a', async () => 1)])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await cache.get('a', async () => 2)).toBe(2)
})
