/** @file Lines of equal value through a map, by marching squares (Lorensen and Cline 1987, in the plane). */
import type { Grid } from '../core/pixels.ts'
import { checkGrid } from '../image/sampling.ts'

/**
 * The lines on which the map, bilinear between the centres of its cells and constant beyond the outermost ones, has the value
 * `level`. Cells that touch NaN or infinity have none; where a cell could be read in two ways, its middle decides.
 *
 * @returns line segments x0, y0, x1, y1 in cells: the map's left border is 0, the centre of its first cell 0.5
 * @example contourLines({ width: 2, height: 1, data: Float32Array.of(0, 1) }, 0.5) // one upright line at x = 1
 */
export function contourLines(map: Grid, level: number): Float64Array {
  checkGrid(map)
  const { width, height, data } = map
  const lines: number[] = []
  // corners: the centres of cells, framed by the map's border
  const place = (i: number, count: number): number => Math.max(0, Math.min(count, i + 0.5))
  const value = (x: number, y: number): number =>
    data[Math.max(0, Math.min(height - 1, y)) * width + Math.max(0, Math.min(width - 1, x))] as number
  for (let y = -1; y < height; y++) {
    for (let x = -1; x < width; x++) {
      const [a, b, c, d] = [value(x, y), value(x + 1, y), value(x + 1, y + 1), value(x, y + 1)]
      if (!Number.isFinite(a + b + c + d)) continue
      const over = (a >= level ? 8 : 0) | (b >= level ? 4 : 0) | (c >= level ? 2 : 0) | (d >= level ? 1 : 0)
      if (over === 0 || over === 15) continue
      const [left, right, top, bottom] = [place(x, width), place(x + 1, width), place(y, height), place(y + 1, height)]
      const between = (from: number, to: number, start: number, end: number): number =>
        from + ((level - start) / (end - start)) * (to - from)
      const edges = {
        top: () => [between(left, right, a, b), top],
        right: () => [right, between(top, bottom, b, c)],
        bottom: () => [between(left, right, d, c), bottom],
        left: () => [left, between(top, bottom, a, d)],
      }
      const middle = (a + b + c + d) / 4 >= level
      for (const [from, to] of crossings(over, middle)) lines.push(...edges[from](), ...edges[to]())
    }
  }
  return Float64Array.from(lines)
}

type Edge = 'top' | 'right' | 'bottom' | 'left'

/** Which edges of a square the line joins, by the corners that lie over the level (a b / d c as bits 8 4 / 1 2). */
function crossings(over: number, middle: boolean): readonly (readonly [Edge, Edge])[] {
  switch (over) {
    case 1:
    case 14:
      return [['left', 'bottom']]
    case 2:
    case 13:
      return [['bottom', 'right']]
    case 3:
    case 12:
      return [['left', 'right']]
    case 4:
    case 11:
      return [['top', 'right']]
    case 6:
    case 9:
      return [['top', 'bottom']]
    case 7:
    case 8:
      return [['left', 'top']]
    default: {
      // two corners opposite each other: the middle joins either them or the other two
      const joined = (over === 5) === middle
      return joined
        ? [
            ['left', 'top'],
            ['bottom', 'right'],
          ]
        : [
            ['top', 'right'],
            ['left', 'bottom'],
          ]
    }
  }
}
