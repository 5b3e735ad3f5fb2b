/** @file What is known of a graph without a run: sizes for one, two and three images, as sizes that grow with the batch. */
import type { Dim, Graph } from '../graph.ts'
import { freeDims, type InputShapes, type Knowledge } from '../tensor-info.ts'
import { keepValue } from './keep-value.ts'
import { seenFor, tensorOfSeen } from './infer.ts'
import type { Seen } from './seen.ts'

/** What is seen with one image and, where the batch is free, with two and three. */
export type Runs = readonly ReadonlyMap<string, Seen>[]

/**
 * Adds types and shapes that follow from those of the inputs. What is known already stays.
 *
 * @param hidden tensors that nothing is to be said of
 */
export function workOutShapes(graph: Graph, inputShapes: InputShapes, known: Knowledge, hidden: ReadonlySet<string>): Runs {
  const [batch] = freeDims(inputShapes)
  const runs = (batch === undefined ? [1] : [1, 2, 3]).map((images) => seenFor(graph, inputShapes, images, known))
  const [one = new Map<string, Seen>()] = runs
  for (const [name, { type }] of one) {
    if (hidden.has(name) || !runs.every((run) => run.has(name))) continue
    if (!known.types.has(name)) known.types.set(name, type)
    const shape = grown(runs, name, batch ?? '')
    if (shape && !known.shapes.has(name)) known.shapes.set(name, shape)
  }
  return runs
}

/** A shape as it grows with the batch; undefined where it is not known for every number of images, or grows in another way. */
function grown(runs: Runs, name: string, batch: string): Dim[] | undefined {
  const shapes = runs.map((run) => run.get(name)?.shape)
  const [one, two = one, three = two] = shapes
  if (!one || shapes.some((shape) => shape?.length !== one.length)) return undefined
  const dims = one.map((size, axis) => {
    const slope = (two?.[axis] as number) - size
    return runs.length > 1 && three?.[axis] !== size + 2 * slope ? undefined : growth(size, size + slope, batch)
  })
  return dims.includes(undefined) ? undefined : (dims as Dim[])
}

/** A dimension from its sizes with one and with two images: fixed, the batch itself, or linear in the batch. */
export function growth(one: number, two: number, batch: string): Dim {
  const slope = two - one
  if (slope === 0) return one
  const start = one - slope
  if (slope === 1 && start === 0) return batch
  return start === 0 ? `${slope}*${batch}` : `${slope}*${batch}+${start}`
}

/** Adds values that were seen; returns the names of those that were not. */
export function workOutValues(runs: Runs, names: readonly string[], known: Knowledge): string[] {
  const [first, second = first] = runs
  return names.filter((name) => {
    const [one, two] = [first, second].map((run) => {
      const seen = run?.get(name)
      return seen && tensorOfSeen(seen)
    })
    keepValue(known, name, one, two)
    return !one || !two
  })
}
