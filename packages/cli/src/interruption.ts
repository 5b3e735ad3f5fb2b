/** @file Ctrl-C: the work is asked to stop; after a moment the process ends anyway. */
import { refuse } from './errors.ts'
import { endUnfinished } from './output.ts'

const controller = new AbortController()

/** Aborted when a person, or the system, wants the command to end. */
export const interruption: AbortSignal = controller.signal

let howFar: () => string | undefined = () => undefined

/** Registers how to say how far the work has come: `3 of 10 photos`. */
export function countForStop(summary: () => string | undefined): void {
  howFar = summary
}

/** `stopped after 3 of 10 photos` */
export function stopText(): string {
  const done = howFar()
  return done === undefined ? 'stopped\n' : `stopped after ${done}\n`
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * Ends the process with the code of a signal. Node first stops threads that are waited for, and ONNX Runtime aborts the process where one is
 * stopped inside it: then the signal itself ends it, which shells tell by the same code.
 */
export function endWith(code: number): void {
  const signal = code === exitCodes.SIGTERM ? 'SIGTERM' : 'SIGINT'
  if (process.getActiveResourcesInfo().includes('MessagePort')) {
    endUnfinished()
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  }
  process.exit(code)
}

// a run of a large network cannot be interrupted, and is not waited for
const patience = 1000

/** Calls `end` with the exit code, at the latest a moment after the first signal, at once after the second. */
export function stopWhenAsked(end: (code: number) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const code = exitCodes[signal]
    process.on(signal, () => {
      if (interruption.aborted) return end(code)
      controller.abort(Object.assign(refuse('cancelled', 'stopped', 'run it again to go on'), { exitCode: code }))
      setTimeout(() => end(code), patience).unref()
    })
  }
}
