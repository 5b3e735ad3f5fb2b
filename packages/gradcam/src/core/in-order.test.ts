import { expect, test } from 'vitest'
import { inOrder } from './in-order.ts'

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Pieces that are done in the opposite order. */
async function working(atOnce: number, ends?: { fail?: number; stop?: number }) {
  const log = { begun: [] as number[], taken: [] as number[], open: 0, most: 0 }
  const done = inOrder({
    count: 6,
    atOnce,
    async begin(piece) {
      log.begun.push(piece)
      log.most = Math.max(log.most, ++log.open)
      await later(20 - 3 * piece)
      log.open--
      if (piece === ends?.fail) throw new Error(`piece ${piece}`)
      return 10 * piece
    },
    take(result, piece) {
      expect(result).toBe(10 * piece)
      log.taken.push(piece)
      return piece === ends?.stop ? 'stop' : undefined
    },
  })
  const [ended] = await Promise.allSettled([done])
  return { ...log, ended }
}

test.each([1, 2, 4, 9])('%i at once: begun and taken in order', async (atOnce) => {
  const { begun, taken, most, ended } = await working(atOnce)
  expect(begun).toEqual([0, 1, 2, 3, 4, 5])
  expect(taken).toEqual(begun)
  expect(most).toBe(Math.min(atOnce, 6))
  expect(ended.status).toBe('fulfilled')
})

test('stopped or failed, it ends when nothing is under way', async () => {
  const stopped = await working(3, { stop: 1 })
  expect([stopped.taken, stopped.begun, stopped.open]).toEqual([[0, 1], [0, 1, 2, 3], 0])
  const failed = await working(3, { fail: 1 })
  expect([failed.taken, failed.open, failed.ended]).toMatchObject([[0], 0, { status: 'rejected', reason: new Error('piece 1') }])
})
