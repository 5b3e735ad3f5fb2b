/** @file Rows as aligned columns, as wide as the terminal. */
import { printable } from './printable.ts'

export interface TableOptions {
  /** The column that is broken into lines where the table is too wide; the last one by default. */
  flexible?: number
  /** Columns of the terminal; without a number a row is a line. */
  width?: number | undefined
}

const gap = '  '
// narrower text is not read any more
const narrowest = 16

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

/** Breaks text between words into lines of at most `width` columns; a longer word keeps a line to itself. */
function wrapped(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
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

/** Rows as columns, two spaces apart, each with a final newline. Cells are made safe to show. */
export const table = (rows: readonly (readonly string[])[], options: TableOptions = {}): string => tableRows(rows, options).join('')

/** The same, row by row; a row may be several lines. */
export function tableRows(rows: readonly (readonly string[])[], { flexible, width = process.stdout.columns }: TableOptions = {}): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const columns = Array.from({ length: count }, (_, c) => numbersAligned(rows.map((row) => printable(row[c] ?? ''))))
  const widths = columns.map((cells) => Math.max(...cells.map(widthOf)))
  const bent = flexible ?? count - 1
  const others = widths.reduce((sum, each, c) => sum + (c === bent ? 0 : each + gap.length), 0)
  const room = Math.min(widths[bent] ?? 0, width ? Math.max(narrowest, width - others) : Number.POSITIVE_INFINITY)
  if (bent in widths) widths[bent] = room
  const pad = (cell: string, c: number): string => cell + ' '.repeat(Math.max(0, (widths[c] ?? 0) - widthOf(cell)))
  return rows.map((_, r) => {
    const cells = columns.map((column) => column[r] as string)
    return wrapped(cells[bent] ?? '', room)
      .map(
        (part, line) =>
          `${cells
            .map((cell, c) => pad(c === bent ? part : line === 0 ? cell : '', c))
            .join(gap)
            .trimEnd()}\n`,
      )
      .join('')
  })
}
