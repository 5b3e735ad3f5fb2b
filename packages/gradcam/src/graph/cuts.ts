/** @file Tensors that every way from the image to a score passes through. */
import type { Way } from './reach.ts'

/** Whether every way to any of these ends passes through a tensor; the images themselves do not count. */
export type IsCut = (name: string, ends: readonly string[]) => boolean

/**
 * Cuts of the ways from the images, which are in the order of the graph. For each tensor the nearest one that all ways to it pass through is
 * noted: that in which the ways to the inputs of its node meet. (The dominators of a graph without circles.)
 */
export function cutsOf(images: readonly string[], ways: readonly Way[]): IsCut {
  const sources = new Set(images)
  const above = new Map<string, string | undefined>(images.map((image) => [image, undefined]))
  const depths = new Map<string | undefined, number>([[undefined, 0], ...images.map((image) => [image, 1] as const)])
  const depth = (name: string | undefined): number => depths.get(name) as number
  const meet = (a: string | undefined, b: string | undefined): string | undefined => {
    let [low, high] = [a, b]
    while (low !== high) {
      if (depth(low) >= depth(high)) low = above.get(low as string)
      else high = above.get(high as string)
    }
    return low
  }
  for (const { from, to } of ways) {
    const [first, ...rest] = from.filter((name) => above.has(name))
    if (first === undefined) continue
    const shared = rest.reduce<string | undefined>(meet, first)
    for (const output of to) {
      if (above.has(output)) continue
      above.set(output, shared)
      depths.set(output, depth(shared) + 1)
    }
  }
  const passes = (end: string, name: string): boolean => {
    for (let at: string | undefined = end; at !== undefined && depth(at) >= depth(name); at = above.get(at)) if (at === name) return true
    return false
  }
  return (name, ends) => ends.every((end) => !above.has(end) || (above.has(name) && !sources.has(name) && passes(end, name)))
}
