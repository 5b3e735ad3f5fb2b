/** @file The grids that candidates of raw heads lie on: which outputs belong to which stride, as counts show that fit exactly. */
import { type Candidate, type DetectorQuestion, fixed } from './detector.ts'

type Size = NonNullable<DetectorQuestion['size']>

/** A grid of places. */
export interface Grid {
  stride: number
  rows: number
  columns: number
}

export const gridsOf = (size: Size, strides: readonly number[]): Grid[] =>
  strides.map((stride) => ({ stride, rows: Math.ceil(size.height / stride), columns: Math.ceil(size.width / stride) }))

/** An output as numbers of candidates: the axis of the channels, and how many there are. */
export interface Head {
  tensor: string
  axis: number
  channels: number
}

/** The output as `per` candidates at each place of one grid, or of all of them behind each other. */
export function headOn({ name, shape }: Candidate, grids: readonly Grid[], per: number): Head | undefined {
  const [a, b, c] = shape.slice(1).map(fixed)
  const head = (axis: number, channels: number | undefined): Head | undefined =>
    channels === undefined ? undefined : { tensor: name, axis, channels }
  if (shape.length === 4) {
    const [grid, ...others] = grids
    if (!grid || others.length > 0 || per !== 1) return undefined
    if (b === grid.rows && c === grid.columns) return head(1, a)
    return a === grid.rows && b === grid.columns ? head(3, c) : undefined
  }
  const count = grids.reduce((n, { rows, columns }) => n + rows * columns * per, 0)
  if (shape.length !== 3 || a === b) return undefined
  if (a === count) return head(2, b)
  return b === count ? head(1, a) : undefined
}

/** Heads of each stride; undefined unless every output lies on one of the grids, and as many on each. */
export function headsByStride({ outputs, size }: DetectorQuestion, strides: readonly number[], per = 1): Head[][] | undefined {
  if (!size || outputs.length % strides.length !== 0) return undefined
  const grids = gridsOf(size, strides)
  const levels = grids.map((grid) => outputs.flatMap((output) => headOn(output, [grid], per) ?? []))
  const all = levels.flat()
  const apart = new Set(all.map(({ tensor }) => tensor)).size === outputs.length && all.length === outputs.length
  return apart && levels.every((heads) => heads.length === outputs.length / strides.length) ? levels : undefined
}

/** Heads that count the candidates of all strides, of a network that has no other outputs. */
export function headsOfAll({ outputs, size }: DetectorQuestion, strides: readonly number[], per = 1): Head[] | undefined {
  if (!size) return undefined
  const heads = outputs.flatMap((output) => headOn(output, gridsOf(size, strides), per) ?? [])
  return heads.length === outputs.length ? heads : undefined
}

/** One head at all levels as channels of a decoding; undefined where they lie on different axes. */
export function acrossLevels(heads: readonly (Head | undefined)[]): { tensor: string[]; axis: number } | undefined {
  const [first] = heads
  if (!first || heads.some((head) => head?.axis !== first.axis || head.channels !== first.channels)) return undefined
  return { tensor: heads.flatMap((head) => head?.tensor ?? []), axis: first.axis }
}

/** An element of a head: a channel of its first candidate. */
export const firstOf = ({ axis }: Pick<Head, 'axis'>, rank: number, channel: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i === axis ? channel : 0))
