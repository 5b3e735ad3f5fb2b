/** @file Work that is asked to stop, and says so in gradcam's own terms. */
import { GradcamError } from './errors.ts'

/** Lets waiting events in between two pieces of work that hold the thread. */
export const letEventsIn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

/** Lets waiting events in, so that a signal can be heard where runs follow upon each other and each holds the thread, then stops if it was. */
export async function listenForCancelling(signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return
  await letEventsIn()
  stopWhenCancelled(signal)
}

// of milliseconds: well below what a person or a server's other requests would notice
const longestTurn = 8

/** The same for runs that do not hold the thread: events are let in when what is done between them has held it for a while. */
export function turns(signal: AbortSignal | undefined): () => Promise<void> {
  let began = performance.now()
  return async () => {
    if (performance.now() - began > longestTurn) {
      await letEventsIn()
      began = performance.now()
    }
    stopWhenCancelled(signal)
  }
}

/**
 * Between two runs is where work can stop: a single run of a network cannot be ended from outside.
 *
 * @throws GradcamError `cancelled`, caused by the signal's reason, once the signal is aborted
 */
export function stopWhenCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new GradcamError('cancelled', 'the work was cancelled before it was done', {
    hint: 'start it again with a signal that is not aborted; nothing of it was kept',
    cause: signal.reason,
  })
}
