/** @file How far the work has come: a bar below everything on a terminal, elsewhere a line every half minute. */
import { hideStatus, showStatus, tell } from './terminal.ts'

/** What is counted, and where it is shown. */
export interface ProgressOptions {
  photos: number
  quiet: boolean
  terminal?: boolean | undefined
  /** Milliseconds. */
  now?: () => number
  show?: (text: string) => void
  tell?: (text: string) => void
}

export interface Progress {
  /** So many photos are done. */
  photos: (done: number) => void
  /** So many runs of the method for the present photo are done. */
  runs: (done: number, total: number) => void
  /** `3 of 10 photos`, of a single photo its runs; undefined where nothing was counted. */
  summary: () => string | undefined
  end: () => void
}

// with fewer, the work is done before a person can read the bar
const minRuns = 16
const barWidth = 20
/** Milliseconds. */
const [betweenDrawings, betweenLines, beforeGuess] = [100, 30_000, 2000]

/** `45 s`, `5 min 40 s`, `2 h 5 min` */
export function duration(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Counts photos, or the runs of a single one. */
export function countProgress(options: ProgressOptions): Progress {
  const { photos, quiet, terminal = process.stderr.isTTY, now = () => performance.now(), show = showStatus, tell: write = tell } = options
  const started = now()
  const counted = { photos: 0, run: 0, runs: 0 }
  let [drawn, told] = [Number.NEGATIVE_INFINITY, started]
  const summary = (): string | undefined => {
    if (photos > 1) return `${counted.photos} of ${photos} photos`
    return counted.runs > 0 ? `${counted.run} of ${counted.runs} runs` : undefined
  }
  const update = (): void => {
    const words = summary()
    if (quiet || words === undefined || (photos === 1 && counted.runs < minRuns)) return
    const time = now()
    const share = (counted.photos + (counted.runs > 0 ? counted.run / counted.runs : 0)) / photos
    if (share >= 1) return
    const known = share > 0 && time - started >= beforeGuess
    const left = known ? `, ${duration(((time - started) * (1 - share)) / share)} left` : ''
    if (terminal && time - drawn >= betweenDrawings) {
      const full = Math.round(share * barWidth)
      show(`${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${words}${left}`)
      drawn = time
    } else if (!terminal && time - told >= betweenLines) {
      write(`${words}${left}\n`)
      told = time
    }
  }
  return {
    summary,
    photos(done) {
      Object.assign(counted, { photos: done, run: 0, runs: 0 })
      // whatever was printed has taken the bar away
      drawn = Number.NEGATIVE_INFINITY
      update()
    },
    runs(done, total) {
      Object.assign(counted, { run: done, runs: total })
      update()
    },
    end: hideStatus,
  }
}
