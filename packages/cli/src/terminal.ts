/** @file What a person sees: results on stdout, messages on stderr, colours and a progress bar only on a terminal. */
import { once } from 'node:events'
import picocolors from 'picocolors'

/** Colours for a stream: none when it is no terminal or NO_COLOR is set. */
export function colors(stream: NodeJS.WriteStream): ReturnType<typeof picocolors.createColors> {
  const plain = !stream.isTTY || process.env['NO_COLOR'] || process.env['TERM'] === 'dumb'
  // a value, always: without one picocolors decides for itself, and colours pipes where CI is set
  return picocolors.createColors(!plain)
}

/** Writes to stdout, waiting while the reader is slow. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** Writes a message to stderr. */
export function tell(text: string): void {
  process.stderr.write(text)
}

/** Ends quietly when the reader of a pipe has seen enough (`gradcam layers | head -1`). */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
      throw error
    })
  }
}

/** Rows as aligned columns, two spaces apart; a column of numbers is aligned right. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)))
  const numeric = widths.map((_, c) => rows.every((row) => /^-?[\d.]*$/.test(row[c] ?? '')))
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (numeric[c] ? cell.padStart(widths[c] ?? 0) : cell.padEnd(widths[c] ?? 0))).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}

export interface Progress {
  /** Counts one more photo as done. */
  advance: () => void
  /** Clears the bar's line, so that a message can be written; the bar comes back by itself. */
  clear: () => void
  stop: () => void
}

/** A bar on stderr where that is a terminal, nothing elsewhere. */
export async function progressBar(total: number, wanted: boolean): Promise<Progress> {
  if (!wanted || !process.stderr.isTTY) return { advance() {}, clear() {}, stop() {} }
  const { SingleBar } = (await import('cli-progress')).default
  const format = '{bar} {value}/{total} photos, {eta_formatted} left'
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: null, clearOnComplete: true })
  bar.start(total, 0)
  return {
    advance: () => bar.increment(),
    clear: () => tell('\r\x1b[K'),
    stop: () => bar.stop(),
  }
}
