/** @file LRU cache of promises, for values that need no disposal. */

export interface Cache<T> {
  /** What was made for this key, or what `make` makes: once, however many ask at the same time. A failure is forgotten. */
  get(key: string, make: () => Promise<T>): Promise<T>
}

/** Keeps at most `limit` values; the least recently asked for goes first. */
export function createCache<T>(limit: number): Cache<T> {
  const kept = new Map<string, Promise<T>>()
  return {
    get(key, make) {
      const value = kept.get(key) ?? make()
      kept.delete(key)
      kept.set(key, value)
      const [oldest] = kept.keys()
      if (kept.size > limit && oldest !== undefined) kept.delete(oldest)
      value.catch(() => kept.get(key) === value && kept.delete(key))
      return value
    },
  }
}
