/** @file What a person sees: results on stdout, messages on stderr, colours and a progress bar only on a terminal. */
import { once } from 'node:events'
import type { SingleBar } from 'cli-progress'
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

/** Ends quietly when the reader of a pipe has seen enough (`gradcam layers | head -1`), and with `failed` where nothing can be written. */
export function endWithReader(failed: (error: NodeJS.ErrnoException) => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
      failed(error)
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

export interface PhotoBar {
  /** Counts one more photo as done. */
  advance: () => void
  /** Clears the bar's line, so that a message can be written; the bar comes back by itself. */
  clear: () => void
  stop: () => void
}

/** What is used of a bar. */
type Bar = Pick<SingleBar, 'start' | 'increment' | 'update' | 'stop'>

async function newBar(format: string): Promise<Bar> {
  const { SingleBar } = (await import('cli-progress')).default
  return new SingleBar({ format, stream: process.stderr, hideCursor: null, clearOnComplete: true })
}

const eraseLine = '\r\x1b[K'

/** Photos on stderr where that is a terminal, nothing elsewhere. */
export async function photoBar(total: number, wanted: boolean): Promise<PhotoBar> {
  if (!wanted || !process.stderr.isTTY) return { advance() {}, clear() {}, stop() {} }
  const bar = await newBar('{bar} {value}/{total} photos, {eta_formatted} left')
  bar.start(total, 0)
  return {
    advance: () => bar.increment(),
    clear: () => tell(eraseLine),
    stop: () => bar.stop(),
  }
}

export interface RunBar {
  /** How many runs of how many are done; a new total, or fewer done than before, begins anew. */
  progress: (done: number, total: number) => void
  /** Takes the bar away; the next progress brings it back. */
  clear: () => void
}

// fewer are over before a bar is read
const fewestRuns = 16

/** The runs of a method on stderr where that is a terminal, nothing elsewhere. */
export async function runBar(
  wanted: boolean,
  terminal = process.stderr.isTTY,
  make: (format: string) => Promise<Bar> = newBar,
): Promise<RunBar> {
  if (!wanted || !terminal) return { progress() {}, clear() {} }
  const bar = await make('{bar} {value}/{total} runs, {eta_formatted} left')
  let shown: { done: number; total: number } | undefined
  const clear = (): void => {
    if (shown) bar.stop()
    shown = undefined
  }
  return {
    clear,
    progress(done, total) {
      if (shown && (shown.total !== total || done < shown.done)) clear()
      if (done >= total || total < fewestRuns) return clear()
      if (shown) bar.update(done)
      else bar.start(total, done)
      shown = { done, total }
    },
  }
}
