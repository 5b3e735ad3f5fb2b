/** @file How several figures are set out: targets down, methods across, and no row longer than a page is wide. */

/** More figures than this are no longer looked at side by side. */
export const maxPanels = 24

const maxColumns = 6

/** Columns for `count` figures of equal rank: one row of up to four, then rows about as full as each other. */
export function columnsFor(count: number): number {
  if (count <= 4) return count
  const rows = Math.ceil(count / Math.min(maxColumns, Math.ceil(Math.sqrt(count * 1.5))))
  return Math.ceil(count / rows)
}

/** Rows of `columnsFor(count)` figures, the last one perhaps shorter. */
function wrapped(count: number): number[] {
  const columns = columnsFor(count)
  return Array.from({ length: Math.ceil(count / columns) }, (_, row) => Math.min(columns, count - row * columns))
}

/** What tells figures apart. */
export interface Subject {
  method: string
  label: string
  index: number | undefined
}

/** The number of methods of a list that goes target by target, and for each target through the same methods; undefined for any other list. */
export function methodsOf(subjects: readonly Subject[]): number | undefined {
  const same = (a: Subject | undefined, b: Subject | undefined): boolean => a?.label === b?.label && a?.index === b?.index
  const other = subjects.findIndex((each) => !same(each, subjects[0]))
  const methods = other < 0 ? subjects.length : other
  const regular = subjects.every((each, i) => each.method === subjects[i % methods]?.method && same(each, subjects[i - (i % methods)]))
  return regular && subjects.length % methods === 0 ? methods : undefined
}

/**
 * The number of figures in each row: a row for every target where several methods explain several targets, else wrapped.
 *
 * @example rowsOf([{ method: 'grad-cam', label: 'cat', index: 281 }]) // [1]
 */
export function rowsOf(subjects: readonly Subject[]): number[] {
  const methods = methodsOf(subjects)
  if (methods === undefined || methods === 1 || methods === subjects.length) return wrapped(subjects.length)
  const own = methods <= maxColumns ? [methods] : wrapped(methods)
  return Array.from({ length: subjects.length / methods }, () => own).flat()
}
