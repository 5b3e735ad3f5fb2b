/** @file The places of a detector's grids, which raw coordinates are relative to: points, strides and anchors, candidate by candidate. */
import type { Places } from '../../contract/decoding.ts'
import type { Size } from '../../core/pixels.ts'
import { misfit, type Placed } from './channels.ts'

/** A place: its point in pixels of the network's input, the stride of its level, and its anchor there. */
export interface Place {
  x: number
  y: number
  level: number
  stride: number
  width: number
  height: number
}

interface Grid {
  rows: number
  columns: number
  stride: number
}

/** The place of every candidate, in their order. */
export function placesOf(places: Places, levels: readonly Placed[], input: Size): Place[] {
  const grids = places.strides.map(
    (stride): Grid => ({ stride, rows: Math.ceil(input.height / stride), columns: Math.ceil(input.width / stride) }),
  )
  const counts = perPlace(places, grids, levels, input)
  const counted = (i: number): readonly number[] => (levels.length === 1 ? levels[0] : levels[i])?.counted ?? []
  return grids.flatMap((grid, i) => ofLevel(places, grid, i, counts[i] as number, counted(i), input))
}

/** How many candidates there are at each place of each level. */
function perPlace({ strides, anchors }: Places, grids: readonly Grid[], levels: readonly Placed[], input: Size): number[] {
  const cells = grids.map(({ rows, columns }) => rows * columns)
  const all = cells.reduce((sum, n) => sum + n, 0)
  const total = levels.reduce((sum, { candidates }) => sum + candidates, 0)
  const fault = (): Error =>
    misfit(
      'places',
      `${levels.map(({ candidates }) => candidates).join(' + ')} candidates do not lie on the cells of ${input.width}×${input.height} pixels at ${strides.length > 1 ? 'strides' : 'stride'} ${strides.join(', ')}`,
    )
  if (anchors && anchors.length !== strides.length)
    throw misfit('places', `${anchors.length} lists of anchors for ${strides.length} strides`)
  const counts =
    levels.length === strides.length
      ? levels.map(({ candidates }, i) => candidates / (cells[i] as number))
      : levels.length === 1
        ? (anchors?.map((each) => each.length) ?? cells.map(() => total / all))
        : []
  if (levels.length === strides.length && levels.some(({ counted }, i) => !liesOn(counted, grids[i] as Grid, counts[i] as number)))
    throw fault()
  const reached = counts.reduce((sum, n, i) => sum + n * (cells[i] as number), 0)
  if (counts.length === 0 || reached !== total || !counts.every((n) => Number.isInteger(n) && n > 0)) throw fault()
  const wrong = anchors ? counts.findIndex((n, i) => n !== anchors[i]?.length) : -1
  if (wrong >= 0)
    throw misfit('places', `${anchors?.[wrong]?.length} anchors for ${counts[wrong]} candidates at each place of level ${wrong}`)
  return counts
}

/** Whether the axes of a tensor are those of a grid, with its anchors before or behind; in one axis any number may be. */
function liesOn(counted: readonly number[], { rows, columns }: Grid, per: number): boolean {
  const grids = [`${rows},${columns}`, `${rows * columns}`].flatMap((grid) => [grid, `${per},${grid}`, `${grid},${per}`])
  return counted.length === 1 || grids.includes(counted.join())
}

function ofLevel(
  places: Places,
  { rows, columns, stride }: Grid,
  level: number,
  per: number,
  counted: readonly number[],
  input: Size,
): Place[] {
  const { offset = 0, anchors, order, spacing } = places
  const [dx, dy] = spacing === 'floor' ? [Math.floor(input.width / columns), Math.floor(input.height / rows)] : [stride, stride]
  const anchorsFirst = order === undefined ? counted.length > 1 && counted[0] === per : order === 'anchors'
  return Array.from({ length: rows * columns * per }, (_, i): Place => {
    const [cell, anchor] = anchorsFirst ? [i % (rows * columns), Math.floor(i / (rows * columns))] : [Math.floor(i / per), i % per]
    const [width, height] = anchors?.[level]?.[anchor] ?? [stride, stride]
    return { x: ((cell % columns) + offset) * dx, y: (Math.floor(cell / columns) + offset) * dy, level, stride, width, height }
  })
}
