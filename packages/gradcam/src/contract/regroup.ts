/** @file Which axes of a reshaped tensor hold which axes of the tensor before. */

/** What an axis holds of another: all of it, or a part. */
export interface Part {
  axis: number
  whole: boolean
}

/**
 * For each axis after a Reshape the axes before it that it holds; undefined where the sizes do not tell.
 *
 * @param before sizes; undefined where unknown
 * @param after sizes; −1 for what is left, 0 for the same as before
 * @example regroup([2, 3, 8, 8], [2, 3, 64]) // [[0 whole], [1 whole], [2 whole, 3 whole]]
 */
export function regroup(before: readonly (number | undefined)[], after: readonly number[]): (readonly Part[])[] | undefined {
  if (before.includes(undefined)) return undefined
  const from = before as readonly number[]
  const to = resolved(from, after)
  if (!to) return undefined
  const axes: (readonly Part[])[] = []
  let [i, j] = [0, 0]
  while (i < from.length || j < to.length) {
    const [start, first] = [i, j]
    let p = from[i++] ?? 1
    let q = to[j++] ?? 1
    while (p !== q) {
      if (p < q && i < from.length) p *= from[i++] as number
      else if (q < p && j < to.length) q *= to[j++] as number
      else return undefined
    }
    axes.push(...groupOf(from, start, i, to, first, Math.min(j, to.length)))
  }
  return axes
}

/** The axes of one group: as many elements before as after. Axes of one element hold nothing, unless they are all there is. */
function groupOf(from: readonly number[], start: number, end: number, to: readonly number[], first: number, last: number): Part[][] {
  const sources = Array.from({ length: Math.min(end, from.length) - start }, (_, k) => start + k)
  const large = sources.filter((axis) => from[axis] !== 1)
  const held = large.length > 0 ? large : sources.slice(0, 1)
  const holders = to.slice(first, last).filter((size) => size !== 1).length
  return to.slice(first, last).map((size) => {
    if (size === 1 && large.length > 0) return []
    return held.map((axis) => ({ axis, whole: holders <= 1 }))
  })
}

/** The sizes after, with −1 and 0 filled in. */
function resolved(from: readonly number[], after: readonly number[]): number[] | undefined {
  const sizes = after.map((size, i) => (size === 0 ? (from[i] ?? 0) : size))
  const all = from.reduce((product, size) => product * size, 1)
  const rest = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1)
  if (sizes.filter((size) => size === -1).length > 1 || rest === 0) return undefined
  const filled = sizes.map((size) => (size === -1 ? all / rest : size))
  return filled.every((size) => Number.isInteger(size) && size > 0) && filled.reduce((a, b) => a * b, 1) === all ? filled : undefined
}
