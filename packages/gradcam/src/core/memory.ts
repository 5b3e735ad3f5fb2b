/** @file What has been made once and may be wanted again: the last few, by key. */

export interface Memory<T> {
  /** What was made for this key, or what `make` makes; a failure is forgotten, so that the next call tries again. */
  get(key: string, make: () => Promise<T>): Promise<T>
  clear(): Promise<void>
}

/** Keeps at most `limit` things; what is dropped is given to `dispose`. */
export function memory<T>(limit: number, dispose: (thing: T) => Promise<void> = async () => undefined): Memory<T> {
  const kept = new Map<string, Promise<T>>()
  const drop = async (key: string): Promise<void> => {
    const promise = kept.get(key)
    kept.delete(key)
    // a thing that could not be made needs no disposal
    const thing = await promise?.catch(() => undefined)
    if (thing !== undefined) await dispose(thing)
  }
  return {
    async get(key, make) {
      let promise = kept.get(key)
      if (promise) kept.delete(key)
      else {
        const [oldest] = kept.keys()
        if (oldest !== undefined && kept.size >= limit) await drop(oldest)
        promise = make()
        promise.catch(() => kept.delete(key))
      }
      // last in the order of use
      kept.set(key, promise)
      return promise
    },
    async clear() {
      await Promise.all([...kept.keys()].map(drop))
    },
  }
}
