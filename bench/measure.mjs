/** @file Timings that can be trusted: alternating runs, medians, ratios within one process. */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Runs each of the tasks in turn, many times, so that a change of the machine's speed meets all of them.
 *
 * @param {Record<string, () => Promise<unknown>>} tasks the first one is the reference
 * @param {{ rounds: number, warmup: number }} options
 * @returns {Promise<Record<string, { median: number, ratio: number }>>} milliseconds, and the median of the ratios round by round
 */
export async function alternate(tasks, { rounds, warmup }) {
  const names = Object.keys(tasks)
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -warmup; round < rounds; round++) {
    // every other round backwards: none always follows the same one
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const start = performance.now()
      await tasks[name]()
      if (round >= 0) times[name].push(performance.now() - start)
    }
  }
  const reference = times[names[0]]
  return Object.fromEntries(
    names.map((name) => [name, { median: median(times[name]), ratio: median(times[name].map((time, i) => time / reference[i])) }]),
  )
}
