/** @file Work that is done several pieces at a time, its results taken in the order of the pieces. */

interface Pieces<T> {
  count: number
  /** How many are under way at a time. */
  atOnce: number
  /** Waited for before a piece is begun. */
  before?: () => Promise<void>
  begin(piece: number): Promise<T>
  /** Ends the work by returning 'stop': what is under way is dropped. */
  take(result: T, piece: number): 'stop' | undefined | void
}

/** Ends when nothing is under way any more, also where a piece failed. */
export async function inOrder<T>({ count, atOnce, before, begin, take }: Pieces<T>): Promise<void> {
  const begun: Promise<T>[] = []
  let next = 0
  try {
    for (let piece = 0; piece < count; piece++) {
      for (; next < count && next - piece < atOnce; next++) {
        await before?.()
        const result = begin(next)
        // it is waited for in its turn
        result.catch(() => undefined)
        begun.push(result)
      }
      const result = await (begun.shift() as Promise<T>)
      if (take(result, piece) === 'stop') return
    }
  } finally {
    await Promise.allSettled(begun)
  }
}
