/** @file What lies along the axes of a tensor: rows and columns of a map, whole or in parts, or something without places. */
import type { Size } from '../core/pixels.ts'
import type { Dim, Shape } from './graph.ts'

/**
 * A factor of an axis. Rows and columns: index i stands for row i · `step` of a map that has `whole` of them, so that
 * windows are parts whose size or step is not that of the whole map. Joined: several axes one behind the other, as class
 * tokens and a map are.
 */
export type Part =
  | { of: 'row' | 'column'; size: number; step: number; whole: number }
  | { of: 'other'; size: number }
  | { of: 'joined'; size: number; pieces: readonly Axis[] }

/** Factors, the outermost first; none where the axis has length 1. A free batch counts as length 1. */
export type Axis = readonly Part[]
export type Axes = readonly Axis[]

/** All rows, or all columns, of a map. */
export const whole = (of: 'row' | 'column', size: number): Axis => (size > 1 ? [{ of, size, step: 1, whole: size }] : [])

/** An axis without places. */
export const other = (size: number): Axis => (size > 1 ? [{ of: 'other', size }] : [])

/** A dimension as a number, a free batch as 1: `4*N` is 4; NaN where it is not a multiple of the batch. */
export function lengthOf(dim: Dim): number {
  if (typeof dim === 'number') return dim
  const [, factor, rest] = /^(?:(\d+)\*)?([^+*]*)$/.exec(dim) ?? []
  return rest === undefined ? Number.NaN : Number(factor ?? 1)
}

/** An axis, or an index along one, that may be counted from the end: counted from the front. */
export const positive = (index: number, length: number): number => (index < 0 ? index + length : index)

export const lengthsOf = (shape: Shape): number[] => shape.map(lengthOf)

/** Axes without places. */
export const others = (shape: Shape): Axes => lengthsOf(shape).map(other)

export const lengthOfAxis = (axis: Axis): number => axis.reduce((n, { size }) => n * size, 1)

/** How many places of the map an axis tells apart; of joined ones the most. */
export const placesAlong = (axis: Axis): number =>
  axis.reduce((n, part) => {
    if (part.of === 'other') return n
    return n * (part.of === 'joined' ? Math.max(...part.pieces.map(placesAlong)) : part.size)
  }, 1)

export const hasPlaces = (axis: Axis): boolean => placesAlong(axis) > 1

/** Whether an axis is all rows, or all columns, in their order. */
export const isWhole = (axis: Axis, of: 'row' | 'column'): boolean => {
  const [part, ...more] = axis
  return part?.of === of && more.length === 0 && part.size === part.whole && part.step === 1
}

/** One behind the other. */
export function joined(axes: readonly Axis[]): Axis {
  const pieces: Axis[] = []
  for (const axis of axes) {
    const [only] = axis
    for (const piece of only?.of === 'joined' && axis.length === 1 ? only.pieces : [axis]) {
      const last = pieces.at(-1)
      if (last && !hasPlaces(last) && !hasPlaces(piece)) pieces[pieces.length - 1] = other(lengthOfAxis(last) + lengthOfAxis(piece))
      else pieces.push(piece)
    }
  }
  const [first = []] = pieces
  if (pieces.length <= 1) return first
  return [{ of: 'joined', size: pieces.reduce((n, piece) => n + lengthOfAxis(piece), 0), pieces }]
}

/** The indices from `start` on, `size` of them, every `step`-th. */
export function sliced(axis: Axis, start: number, size: number, step: number): Axis {
  const length = lengthOfAxis(axis)
  if (size === length && step === 1) return axis
  const [part] = axis
  if (!part || axis.length > 1 || part.of === 'other' || size <= 1) return other(size)
  if (part.of !== 'joined') {
    // every second row, or a map without its border, is a map; a strip of it is not
    const map = isWhole(axis, part.of) && step > 0 && (step > 1 ? step * size >= length : 2 * size > length)
    return map ? whole(part.of, size) : other(size)
  }
  if (step !== 1) return other(size)
  const kept: Axis[] = []
  let at = 0
  for (const piece of part.pieces) {
    const long = lengthOfAxis(piece)
    const [from, to] = [Math.max(start, at), Math.min(start + size, at + long)]
    if (to > from) kept.push(to - from === long ? piece : other(to - from))
    at += long
  }
  return joined(kept)
}

/** The same values under another shape; undefined where that tears pieces apart, as windows of a rolled map do. */
export function regrouped(axes: Axes, lengths: readonly number[]): Axes | undefined {
  const open = axes.flat()
  const result: Axis[] = []
  for (const length of lengths) {
    const axis: Part[] = []
    let rest = length
    while (rest > 1) {
      const part = open.shift()
      if (part && rest % part.size === 0) {
        axis.push(part)
        rest /= part.size
      } else {
        const halves = part && part.size % rest === 0 ? split(part, rest) : undefined
        if (!halves) return undefined
        axis.push(halves[0])
        open.unshift(halves[1])
        rest = 1
      }
    }
    result.push(merged(axis))
  }
  return coarser(finer(result))
}

/** Rows and columns that went among the channels leave a coarser map behind: patches that are merged by a reshape. */
function coarser(axes: Axes): Axes {
  const gone: Part[] = []
  const kept = axes.map((axis): Axis => {
    const inner = axis.filter(({ of }) => of === 'row' || of === 'column')
    if (inner.length === 0 || !axis.some(({ of }) => of === 'other') || !inner.every(isInnermost)) return axis
    gone.push(...inner)
    return other(lengthOfAxis(axis))
  })
  return without(kept, gone)
}

/** Whether a part tells neighbouring rows or columns apart, and not all of them. */
const isInnermost = (part: Part): boolean => (part.of === 'row' || part.of === 'column') && part.step === 1 && part.size < part.whole

/** The map that is left where neighbouring rows and columns became one; as it was where others of its axes tell those apart still. */
export function without(axes: Axes, gone: readonly Part[]): Axes {
  const inner = gone.filter(isInnermost)
  const by = (of: 'row' | 'column'): number => lengthOfAxis(inner.filter((part) => part.of === of))
  const fewer = (part: Part): Part | undefined => {
    if (part.of !== 'row' && part.of !== 'column') return part
    const [step, whole] = [part.step / by(part.of), part.whole / by(part.of)]
    return Number.isInteger(step) && Number.isInteger(whole) ? { ...part, step, whole } : undefined
  }
  const left = axes.map((axis) => axis.map(fewer).filter((part) => part !== undefined))
  return left.every((axis, i) => axis.length === axes[i]?.length) ? left : axes
}

/** Channels that went between rows and between columns, as many each, make a finer map: pixels that are shuffled by a reshape. */
function finer(axes: Axes): Axes {
  const factor = (of: 'row' | 'column'): number | undefined => {
    const [first, second, ...more] = axes.find(([part]) => part?.of === of) ?? []
    return first && second?.of === 'other' && more.length === 0 && isWhole([first], of) ? second.size : undefined
  }
  const rows = factor('row')
  if (axes.length !== 4 || rows === undefined || rows !== factor('column')) return axes
  return axes.map((axis) => {
    const [part] = axis
    return part?.of === 'row' || part?.of === 'column' ? whole(part.of, part.size * rows) : axis
  })
}

function split(part: Part, outer: number): [Part, Part] | undefined {
  const inner = part.size / outer
  if (part.of === 'joined') return undefined
  if (part.of === 'other')
    return [
      { ...part, size: outer },
      { ...part, size: inner },
    ]
  return [
    { ...part, size: outer, step: part.step * inner },
    { ...part, size: inner },
  ]
}

/** Factors that belong together become one. */
function merged(axis: readonly Part[]): Axis {
  const parts: Part[] = []
  for (const part of axis) {
    const last = parts.at(-1)
    if (last?.of === 'other' && part.of === 'other') parts[parts.length - 1] = { of: 'other', size: last.size * part.size }
    else if (
      (last?.of === 'row' || last?.of === 'column') &&
      part.of === last.of &&
      part.whole === last.whole &&
      last.step === part.size * part.step
    )
      parts[parts.length - 1] = { ...part, size: last.size * part.size }
    else parts.push(part)
  }
  return parts
}

/** Where the map lies on an axis of tokens: its size, and how many tokens stand in front of it and behind it. */
export function tokenGrid(axis: Axis): (Size & { skip: number; after: number }) | undefined {
  const [only] = axis
  const pieces = axis.length === 1 && only?.of === 'joined' ? only.pieces : [axis]
  const at = pieces.findIndex(hasPlaces)
  const grid = pieces[at] && gridAlong(pieces[at])
  if (!grid || pieces.filter(hasPlaces).length > 1) return undefined
  const count = (some: readonly Axis[]): number => some.reduce((n, piece) => n + lengthOfAxis(piece), 0)
  return { ...grid, skip: count(pieces.slice(0, at)), after: count(pieces.slice(at + 1)) }
}

/** A map row by row. */
function gridAlong(axis: Axis): Size | undefined {
  const [first, second, ...more] = axis
  if (!first || more.length > 0) return undefined
  if (!second) {
    if (isWhole(axis, 'row')) return { height: first.size, width: 1 }
    return isWhole(axis, 'column') ? { height: 1, width: first.size } : undefined
  }
  return isWhole([first], 'row') && isWhole([second], 'column') ? { height: first.size, width: second.size } : undefined
}
