/** @file A pool of things that are expensive to make and must be disposed of, such as sessions: made once, leased, kept for later. */
import { badOption, GradcamError } from '../core/errors.ts'

/** A thing of the pool, in use until it is returned. */
export interface Lease<T> {
  readonly value: T
  /** Returns the thing; a second call does nothing. */
  release(): void
}

export interface Pool<T> {
  /**
   * What was made for this key, or what `make` makes: once, however many ask at the same time. A failure is forgotten, so that
   * the next call tries again.
   *
   * @throws GradcamError `bad-option` once the pool is closed
   */
  lease(key: string, make: () => Promise<T>): Promise<Lease<T>>
  /** Leases for the duration of `work`. */
  use<R>(key: string, make: () => Promise<T>, work: (value: T) => Promise<R>): Promise<R>
  /**
   * Refuses new leases, waits for those that are out, disposes of everything.
   *
   * @throws GradcamError `run-failed`, once, where something could not be disposed of, now or before
   */
  close(): Promise<void>
}

export interface PoolOptions<T> {
  /** How many things are kept. */
  limit: number
  /** Ends a thing that is no longer kept. Default: nothing is done. */
  dispose?: (value: T) => Promise<void>
}

interface Entry<T> {
  made: Promise<T>
  /** Leases that are out, or wait for the thing to be made. */
  leases: number
}

/**
 * Nothing in use is disposed of: while more than `limit` things are leased the pool is larger than its limit, and shrinks as they
 * return. Beyond the limit the idle thing that was least recently used goes first.
 */
export function createPool<T>({ limit, dispose = async () => undefined }: PoolOptions<T>): Pool<T> {
  // least recently used first
  const entries = new Map<string, Entry<T>>()
  const disposals = new Set<Promise<void>>()
  const failures: unknown[] = []
  let closed = false
  let emptied = (): void => undefined
  const empty = new Promise<void>((resolve) => (emptied = resolve))

  const drop = (key: string, { made }: Entry<T>): void => {
    entries.delete(key)
    const disposal: Promise<void> = made
      .then(dispose)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => disposals.delete(disposal))
    disposals.add(disposal)
  }
  const shrink = (): void => {
    for (const [key, entry] of entries) {
      if (entries.size <= (closed ? 0 : limit)) break
      if (entry.leases === 0) drop(key, entry)
    }
    if (closed && entries.size === 0) emptied()
  }
  const touch = (key: string, entry: Entry<T>, leases: 1 | -1): void => {
    entry.leases += leases
    entries.delete(key)
    entries.set(key, entry)
    shrink()
  }
  const lease: Pool<T>['lease'] = async (key, make) => {
    if (closed) throw badOption('the network is closed', 'load it again, or close it after its last use')
    const entry = entries.get(key) ?? { made: make(), leases: 0 }
    touch(key, entry, 1)
    const value = await entry.made.catch((error: unknown) => {
      // another call may have made the thing anew
      if (entries.get(key) === entry) entries.delete(key)
      shrink()
      throw error
    })
    let out = true
    return {
      value,
      release() {
        if (out) touch(key, entry, -1)
        out = false
      },
    }
  }
  return {
    lease,
    async use(key, make, work) {
      const { value, release } = await lease(key, make)
      try {
        return await work(value)
      } finally {
        release()
      }
    },
    async close() {
      closed = true
      shrink()
      await empty
      await Promise.all(disposals)
      const lost = failures.splice(0)
      if (lost.length === 0) return
      throw new GradcamError('run-failed', `sessions could not be released: ${lost.map(String).join(', ')}`, {
        hint: 'nothing of the network is in use any more; end the process to free what is left',
        cause: lost[0],
      })
    },
  }
}

/** Takes a lease until the work that it is for has ended. */
export type Hold = <T>(lease: Promise<Lease<T>>) => Promise<T>

/** Everything that `work` holds is returned after it, whatever becomes of it. */
export async function holding<R>(work: (hold: Hold) => Promise<R>): Promise<R> {
  const leases: Promise<Lease<unknown>>[] = []
  const hold: Hold = async (lease) => {
    leases.push(lease)
    return (await lease).value
  }
  try {
    return await work(hold)
  } finally {
    for (const lease of await Promise.allSettled(leases)) if (lease.status === 'fulfilled') lease.value.release()
  }
}
