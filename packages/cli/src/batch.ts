/** @file One photo after the other: a bad one is reported and does not stop the rest. */
import { about, errorText, type Reason, reasonOf } from './exit.ts'
import type { Inputs } from './inputs.ts'
import { interruption } from './interruption.ts'
import { photoBar, runBar, tell } from './terminal.ts'

export interface BatchOptions {
  quiet: boolean
  debug: boolean
  /** What has been done to a photo: "explained". */
  verb: string
  /** Told of every photo that failed. */
  failed: (photo: string, reason: Reason) => Promise<void>
}

/** One photo's turn. */
export interface Turn {
  photo: string
  index: number
  /** To be called before anything is written to the terminal: the progress bar makes room. */
  clear: () => void
  /** To be told how far the photo's own runs have come: shown where there is one photo, and a terminal. */
  progress: (done: number, total: number) => void
}

/** What can be wrong with one photo and right with the next; any other error would come again with every photo. */
const ofOnePhoto: ReadonlySet<string> = new Set([
  'image-missing',
  'image-unreadable',
  'image-too-large',
  'bad-tensor',
  'shape-mismatch',
  'target-absent',
  'run-failed',
  'internal',
])

/** Returns whether all went well. Nothing of a photo is kept when its turn is over. */
export async function eachPhoto(
  { photos, problems }: Inputs,
  options: BatchOptions,
  work: (turn: Turn) => Promise<void>,
): Promise<boolean> {
  const total = photos.length + problems.length
  const bar = await photoBar(photos.length, total > 1 && !options.quiet)
  const runs = await runBar(total === 1 && !options.quiet)
  for (const problem of problems) tell(errorText(problem, options.debug))
  let failures = problems.length
  try {
    for (const [index, photo] of photos.entries()) {
      try {
        const clear = (): void => {
          bar.clear()
          runs.clear()
        }
        await work({ photo, index, clear, progress: runs.progress })
        interruption.throwIfAborted()
      } catch (error) {
        if (interruption.aborted || !ofOnePhoto.has(reasonOf(error).code)) throw error
        const named = about(photo, error)
        await options.failed(photo, reasonOf(named))
        failures++
        bar.clear()
        runs.clear()
        tell(errorText(named, options.debug))
      }
      bar.advance()
    }
  } finally {
    bar.stop()
    runs.clear()
  }
  const summary = `${total - failures} ${options.verb}${failures > 0 ? `, ${failures} failed` : ''}\n`
  if (total > 1 && (!options.quiet || failures > 0)) tell(summary)
  return failures === 0
}
