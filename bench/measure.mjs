/** @file Timings that can be trusted: alternating runs, medians, ratios within one process. */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/**
 * Runs two tasks in turn, many times, so that a change of the machine's speed meets both.
 *
 * @param {() => Promise<unknown>} reference
 * @param {() => Promise<unknown>} other
 * @param {{ rounds: number, warmup: number }} options
 * @returns {Promise<{ reference: number, other: number, ratio: number }>} median milliseconds of each, and the ratio of the medians
 */
export async function alternate(reference, other, { rounds, warmup }) {
  /** @type {{ task: () => Promise<unknown>, times: number[] }[]} */
  const both = [reference, other].map((task) => ({ task, times: [] }))
  for (let round = -warmup; round < rounds; round++) {
    // every other round backwards: neither always follows the other
    for (const { task, times } of round % 2 === 0 ? both : [...both].reverse()) {
      const start = performance.now()
      await task()
      if (round >= 0) times.push(performance.now() - start)
    }
  }
  const [first = Number.NaN, second = Number.NaN] = both.map(({ times }) => median(times))
  return { reference: first, other: second, ratio: second / first }
}
