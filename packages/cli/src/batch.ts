/** @file One photo after the other, the next begun while one is finished: a bad one is reported and does not stop the rest. */
import { reasonOf, withSubject } from './errors.ts'
import type { Inputs } from './inputs.ts'
import { countForStop, interruption } from './interruption.ts'
import type { JsonOutput } from './json.ts'
import { errorText } from './messages.ts'
import { skippedText } from './skipped.ts'
import { countProgress, type Progress } from './progress.ts'
import { tell } from './terminal.ts'

export interface BatchOptions {
  flags: { quiet?: boolean; debug?: boolean }
  /** "explained", "classified": for the summary. */
  verb: string
  /** Takes the reason of every photo that failed. */
  json: JsonOutput | undefined
}

/** The work on one photo of several. */
export interface PhotoJob {
  photo: string
  index: number
  /** Aborted when the command stops. */
  signal: AbortSignal
  /** Called with the photo's own runs as they are done. */
  progress: Progress['runs']
}

/** Errors of a single photo; any other would come again with the next one. */
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

/** What is done with a photo. */
export interface Work<T> {
  /** What takes the network. */
  begin(job: PhotoJob): Promise<T>
  /** What is done with the result, while the next photo is begun. */
  finish(job: PhotoJob, result: T): Promise<void>
}

type Outcome<T> = { result: T } | { error: unknown }

/** Returns whether all went well. Nothing of a photo is kept when its job is done. */
export async function eachPhoto<T>(inputs: Inputs, options: BatchOptions, { begin, finish }: Work<T>): Promise<boolean> {
  const { photos, problems, found } = inputs
  const skipped = [...inputs.skipped]
  const { quiet = false, debug = false } = options.flags
  const total = photos.length + problems.length
  for (const problem of problems) tell(errorText(problem, debug))
  if (skipped.length > 0 && !quiet) tell(`skipped: ${skippedText(skipped)}\n`)
  const progress = countProgress({ photos: photos.length, quiet })
  countForStop(progress.summary)
  const stopped = new AbortController()
  const signal = AbortSignal.any([interruption, stopped.signal])
  const jobs = photos.map((photo, index): PhotoJob => ({ photo, index, signal, progress: progress.runs }))
  const outcomeOf = (job: PhotoJob | undefined): Promise<Outcome<T>> | undefined =>
    job &&
    begin(job).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    )
  let failures = problems.length
  progress.photos(0)
  let ahead = outcomeOf(jobs[0])
  try {
    for (const [index, job] of jobs.entries()) {
      const { photo } = job
      try {
        const outcome = (await ahead) as Outcome<T>
        ahead = outcomeOf(jobs[index + 1])
        if ('error' in outcome) throw outcome.error
        await finish(job, outcome.result)
        interruption.throwIfAborted()
      } catch (error) {
        if (interruption.aborted || !ofOnePhoto.has(reasonOf(error).code)) throw error
        const reason = reasonOf(error)
        // nobody asked for it by its name, and nothing here can read it
        if (found.has(photo) && typeof reason.data?.['unread'] === 'string') {
          skipped.push({ path: photo, reason: reason.data['unread'] })
          if (!quiet) tell(errorText(withSubject(photo, error), debug))
          progress.photos(index + 1)
          continue
        }
        const named = withSubject(photo, error)
        await options.json?.write({ files: { photo }, error: reasonOf(named) })
        failures++
        tell(errorText(named, debug))
      }
      progress.photos(index + 1)
    }
  } finally {
    stopped.abort()
    await ahead
    progress.end()
  }
  const late = skipped.length - inputs.skipped.length
  const parts = [`${total - failures - late} ${options.verb}`]
  if (failures > 0) parts.push(`${failures} failed`)
  if (skipped.length > 0) parts.push(`${skipped.length} skipped`)
  if (total + skipped.length > 1 && (!quiet || failures > 0)) tell(`${parts.join(', ')}\n`)
  return failures === 0
}
