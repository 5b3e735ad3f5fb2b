/** @file What a person sees: results on stdout, messages on stderr, below them on a terminal one line of progress. */
import { once } from 'node:events'
import picocolors from 'picocolors'

/** Colours for a stream: none when it is no terminal or NO_COLOR is set. */
export function colors(stream: NodeJS.WriteStream): ReturnType<typeof picocolors.createColors> {
  const plain = !stream.isTTY || process.env['NO_COLOR'] || process.env['TERM'] === 'dumb'
  // always a value: without one picocolors decides itself, and colours pipes where CI is set
  return picocolors.createColors(!plain)
}

/** Writes to stdout, waiting while the reader is slow. */
export async function print(data: string | Uint8Array): Promise<void> {
  hideStatus()
  if (!process.stdout.write(data)) await once(process.stdout, 'drain')
}

/** Writes a message to stderr. */
export function tell(text: string): void {
  hideStatus()
  process.stderr.write(text)
}

let statusShown = false

/** Shows a line below everything, in place of the one before; whatever is written takes it away. */
export function showStatus(text: string): void {
  // a line that wraps cannot be taken back
  process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`)
  statusShown = true
}

export function hideStatus(): void {
  if (statusShown) process.stderr.write('\r\x1b[K')
  statusShown = false
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
