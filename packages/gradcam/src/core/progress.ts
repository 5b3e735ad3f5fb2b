/** @file How far work has come: parts within parts, told as one that only rises. */

/** Told how far work has come: done/total rises from call to call, and is 1 at the end. The total may change. */
export type Progress = (done: number, total: number) => void

/** Of work whose progress nobody wants to know. */
export const noProgress: Progress = () => undefined

/** The progress of the k-th of `of` parts, each taken to be as long as the one that runs. */
export const partOf =
  (whole: Progress, k: number, of: number): Progress =>
  (done, total) =>
    whole(k * total + done, of * total)

/** Leaves out whatever would not be further than what was told before. */
export function monotonic(tell: Progress | undefined): Progress {
  if (!tell) return noProgress
  let told = 0
  return (done, total) => {
    const share = done / total
    // the sums of parts of different length round
    if (!(share > told + 1e-9)) return
    told = share
    tell(done, total)
  }
}
