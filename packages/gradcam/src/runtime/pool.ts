/** @file placeholder until merge */
export interface Lease<T> {
  readonly value: T
  release(): void
}
export interface Pool<T> {
  lease(key: string, make: () => Promise<T>): Promise<Lease<T>>
  use<R>(key: string, make: () => Promise<T>, work: (value: T) => Promise<R>): Promise<R>
  close(): Promise<void>
}
import { memory } from '../core/memory.ts'
export function createPool<T>({ limit, dispose }: { limit: number; dispose?: (value: T) => Promise<void> }): Pool<T> {
  const kept = memory<T>(limit, dispose)
  return {
    lease: async (key, make) => ({ value: await kept.get(key, make), release: () => undefined }),
    use: async (key, make, work) => work(await kept.get(key, make)),
    close: () => kept.clear(),
  }
}
