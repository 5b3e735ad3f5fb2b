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
  const centre = (i: number, count: number): number => Math.max(0, Math.min(count, i + 0.5))
  const value = (x: number, y: number): number =>
    data[Math.max(0, Math.min(height - 1, y)) * width + Math.max(0, Math.min(width - 1, x))] as number
  for (let y = -1; y < height; y++) {
    for (let x = -1; x < width; x++) {
      const [a, b, c, d] = [value(x, y), value(x + 1, y), value(x + 1, y + 1), value(x, y + 1)]
      if (!Number.isFinite(a + b + c + d)) continue
      const over = (a >= level ? 8 : 0) | (b >= level ? 4 : 0) | (c >= level ? 2 : 0) | (d >= level ? 1 : 0)
      if (over === 0 || over === 15) continue
      const [left, right, top, bottom] = [centre(x, width), centre(x + 1, width), centre(y, height), centre(y + 1, height)]
      const between = (from: number, to: number, start: number, end: number): number =>
        from + ((level - start) / (end - start)) * (to - from)
      const edges = {
        top: () => [between(left, right, a, b), top],
        right: () => [right, between(top, bottom, b, c)],
        bottom: () => [between(left, right, d, c), bottom],
        left: () => [left, between(top, bottom, a, d)],
      }
      const joined = (a + b + c + d) / 4 >= level ? over : 15 - over
      for (const [from, to] of crossings[joined] ?? crossings[15 - joined] ?? []) lines.push(...edges[from](), ...edges[to]())
    }
  }
  return Float64Array.from(lines)
}

/**
 * Segments joined end to end: the same lines as paths, for which a length along them can be told.
 *
 * @param segments x0, y0, x1, y1 each; ends that meet are equal to the last digit, as those of `contourLines` are
 * @returns paths x, y, x, y …; a closed one ends where it began
 */
export function joined(segments: Float64Array): number[][] {
  const at = new Map<string, number[]>()
  const end = (i: number): string => `${segments[i]} ${segments[i + 1]}`
  for (let i = 0; i < segments.length; i += 2) at.set(end(i), [...(at.get(end(i)) ?? []), i])
  const used = new Set<number>()
  /** The points that follow an end of a segment, as far as segments go on. */
  const follow = (from: number): number[] => {
    const path: number[] = []
    for (let next: number | undefined = from; next !== undefined; ) {
      used.add(next >> 2)
      const far: number = next ^ 2
      path.push(segments[far] as number, segments[far + 1] as number)
      next = at.get(end(far))?.find((i) => !used.has(i >> 2))
    }
    return path
  }
  const paths: number[][] = []
  for (let i = 0; i < segments.length; i += 4) {
    if (used.has(i >> 2)) continue
    const forward = follow(i)
    const back = at.get(end(i))?.find((j) => !used.has(j >> 2))
    const before = back === undefined ? [] : follow(back)
    const reversed: number[] = []
    for (let j = before.length - 2; j >= 0; j -= 2) reversed.push(before[j] as number, before[j + 1] as number)
    paths.push([...reversed, segments[i] as number, segments[i + 1] as number, ...forward])
  }
  return paths
}

type Edge = 'top' | 'right' | 'bottom' | 'left'

/**
 * Which edges of a square the lines join, by the corners that lie over the level (a b / d c as bits 8 4 / 1 2) or by all others.
 * Two corners opposite each other, 5 and 10, are joined here by the middle.
 */
const crossings: Readonly<Record<number, readonly (readonly [from: Edge, to: Edge])[]>> = {
  1: [['left', 'bottom']],
  2: [['bottom', 'right']],
  3: [['left', 'right']],
  4: [['top', 'right']],
  5: [
    ['left', 'top'],
    ['bottom', 'right'],
  ],
  6: [['top', 'bottom']],
  7: [['left', 'top']],
  10: [
    ['top', 'right'],
    ['left', 'bottom'],
  ],
}
