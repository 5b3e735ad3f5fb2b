/** @file What is known of a model, with where it is known from. */

/**
 * Where a fact comes from, strongest first. `given`: by the user; `stated`: in the file or in a config beside it; `graph`: read off the
 * graph; `class`: default of the processor class that the config names; `convention`: what files of this kind usually mean;
 * `assumed`: nothing says it.
 */
export type FactSource = 'given' | 'stated' | 'graph' | 'class' | 'convention' | 'assumed'

/** Where a fact comes from. */
export type Origin = Pick<Fact<unknown>, 'source' | 'from'>

/** A value, with its evidence. Plain data: JSON holds it. */
export interface Fact<T> {
  value: T
  source: FactSource
  /** Where exactly, in words: "the first Conv contracts axis 1". */
  from: string
  /** What else it could be. */
  otherwise?: readonly T[]
}

/** A fact's origin alone. */
export const originOf = ({ source, from }: Origin): Origin => ({ source, from })

/** A fact; alternatives that are none are left out. */
export const fact = <T>(value: T, source: FactSource, from: string, otherwise: readonly T[] = []): Fact<T> =>
  otherwise.length > 0 ? { value, source, from, otherwise } : { value, source, from }
