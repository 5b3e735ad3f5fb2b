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
  rank: number
}

/** A head at one level or at all of them, as channels of a decoding. */
export interface Place {
  tensor: readonly string[]
  axis: number
  rank: number
}

export const at = ({ tensor, axis }: Place): { tensor: readonly string[]; axis: number } => ({ tensor, axis })

/** The output as `per` candidates at each place of one grid, or of all of them behind each other. */
export function headOn({ name, shape }: Candidate, grids: readonly Grid[], per: number): Head | undefined {
  const [a, b, c] = shape.slice(1).map(fixed)
  const head = (axis: number, channels: number | undefined): Head | undefined =>
    channels === undefined ? undefined : { tensor: name, axis, channels, rank: shape.length }
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
function acrossLevels(heads: readonly (Head | undefined)[]): (Place & { channels: number }) | undefined {
  const [first] = heads
  if (!first || heads.some((head) => head?.axis !== first.axis || head.channels !== first.channels)) return undefined
  return { tensor: heads.flatMap((head) => head?.tensor ?? []), axis: first.axis, channels: first.channels, rank: first.rank }
}

/** What a head holds: so many channels, or a name. */
export interface Role {
  /** Undefined: any number. */
  channels: number | undefined
  names: RegExp
}

/** A head for each role, by its channels, and where several have as many by its name. The first roles choose first. */
export function inRoles(heads: readonly Head[], roles: readonly Role[]): Head[] | undefined {
  const left = new Set(heads)
  const found: Head[] = []
  for (const { channels, names } of roles) {
    const fits = [...left].filter((head) => channels === undefined || head.channels === channels)
    const named = fits.filter(({ tensor }) => names.test(tensor))
    const own = fits.length === 1 ? fits : named
    const [only, ...others] = own
    if (!only || others.length > 0) return undefined
    left.delete(only)
    found.push(only)
  }
  return left.size === 0 ? found : undefined
}

export const boxRole: Role = { channels: 4, names: /box|reg|loc|delta/i }

/** Heads of roles at all levels, each as channels of a decoding. */
export function rolesAcross(levels: readonly (readonly Head[])[], roles: readonly Role[]): (Place & { channels: number })[] | undefined {
  const chosen = levels.map((heads) => inRoles(heads, roles))
  const across = roles.map((_, i) => acrossLevels(chosen.map((heads) => heads?.[i])))
  return across.every((each) => each !== undefined) ? across : undefined
}
