/** @file Work that is asked to stop, and says so in gradcam's own terms. */
import { GradcamError } from './errors.ts'

/** Lets waiting events in, so that a signal can be heard where runs follow upon each other and each holds the thread, then stops if it was. */
export async function listenForCancelling(signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return
  await new Promise((resolve) => setTimeout(resolve))
  stopWhenCancelled(signal)
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
