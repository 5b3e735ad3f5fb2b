/** @file How far work has come: parts of parts, reported as one share that only rises. */

/** Called with how far work has come: done/total rises from call to call, and is 1 at the end. The total may change. */
export type Progress = (done: number, total: number) => void

/** Ignores progress. */
export const noProgress: Progress = () => undefined

/** The progress of the k-th of `of` parts, each taken to be as long as the one that runs. */
export const partOf =
  (whole: Progress, k: number, of: number): Progress =>
  (done, total) =>
    whole(k * total + done, of * total)

/** Leaves out reports that are no further than the last one. */
export function monotonic(onProgress: Progress | undefined): Progress {
  if (!onProgress) return noProgress
  let last = 0
  return (done, total) => {
    const share = done / total
    // the sums of parts of different length round
    if (!(share > last + 1e-9)) return
    last = share
    onProgress(done, total)
  }
}
