/** @file Rows as aligned columns, as wide as the terminal. */
import { printable } from './printable.ts'

const gap = '  '

const segmenter = new Intl.Segmenter()
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u

/** Columns that text takes on a terminal. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1
  return width
}

// shapes as in [N, 640, 8, 8] stay whole
const wordsOf = (text: string): string[] => text.split(/ (?![^[]*\])/)

/** Breaks text between words into lines of at most `width` columns; a longer word keeps a line to itself. */
function wrapped(text: string, width: number): string[] {
  if (widthOf(text) <= width) return [text]
  const lines = ['']
  for (const word of wordsOf(text)) {
    const last = lines.at(-1) as string
    if (last === '') lines[lines.length - 1] = word
    else if (widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const isNumber = (cell: string): boolean => /^(< )?-?\d*\.?\d*$/.test(cell)
const fraction = (cell: string): number => (cell.includes('.') ? cell.length - cell.indexOf('.') : 0)

/** Numbers stand with their points under each other, and to the right of their column. */
function numbersAligned(cells: readonly string[]): readonly string[] {
  if (!cells.every(isNumber)) return cells
  const longest = Math.max(...cells.map(fraction))
  const padded = cells.map((cell) => cell + ' '.repeat(longest - fraction(cell)))
  const width = Math.max(...padded.map(({ length }) => length))
  return padded.map((cell) => cell.padStart(width))
}

/** Widths of the columns: where the rows are too wide, the widest columns give way, down to their longest words. */
function fitted(columns: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map((cells) => Math.max(...cells.map(widthOf)))
  const least = columns.map((cells) => Math.max(...cells.flatMap((cell) => wordsOf(cell).map(widthOf))))
  const total = (): number => widths.reduce((sum, each) => sum + each + gap.length, -gap.length)
  while (total() > width) {
    const shrinkable = widths.map((each, c) => (each > (least[c] as number) ? each : 0))
    const widest = shrinkable.indexOf(Math.max(...shrinkable))
    if (!shrinkable[widest]) break
    widths[widest] = (widths[widest] as number) - 1
  }
  return widths
}

/**
 * Rows as columns, two spaces apart, each with a final newline. Cells are made safe to show.
 *
 * @param width of the terminal; without one every row is a line
 */
export const table = (rows: readonly (readonly string[])[], width?: number): string => tableRows(rows, width).join('')

/** The same, row by row; a row may be several lines. */
export function tableRows(rows: readonly (readonly string[])[], width: number | undefined = process.stdout.columns): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const columns = Array.from({ length: count }, (_, c) => numbersAligned(rows.map((row) => printable(row[c] ?? ''))))
  const widths = fitted(columns, width || Number.POSITIVE_INFINITY)
  const pad = (cell: string, c: number): string => cell + ' '.repeat(Math.max(0, (widths[c] as number) - widthOf(cell)))
  return rows.map((_, r) => {
    const cells = columns.map((column, c) => wrapped(column[r] as string, widths[c] as number))
    const lines = Math.max(...cells.map(({ length }) => length))
    const line = (n: number): string => cells.map((parts, c) => pad(parts[n] ?? '', c)).join(gap)
    return Array.from({ length: lines }, (_, n) => `${line(n).trimEnd()}\n`).join('')
  })
}
