/** @file Timings that can be trusted: alternating runs, medians, ratios within one process. */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Runs of one task in a row. The first of them is not counted: threads of the other task may still be spinning then. */
const inARow = 4

/**
 * Runs two tasks in turn, many times, so that a change of the machine's speed meets both.
 *
 * @param {() => Promise<unknown>} reference
 * @param {() => Promise<unknown>} other
 * @param {{ rounds: number, warmup: number }} options how many runs of each are counted at least
 * @returns {Promise<{ reference: number, other: number, ratio: number }>} median milliseconds of each, and the ratio of the medians
 */
export async function alternate(reference, other, { rounds, warmup }) {
  /** @type {{ task: () => Promise<unknown>, times: number[] }[]} */
  const both = [reference, other].map((task) => ({ task, times: [] }))
  for (let i = 0; i < warmup; i++) for (const { task } of both) await task()
  while (both.some(({ times }) => times.length < rounds)) {
    for (const { task, times } of both) {
      for (let i = 0; i < inARow; i++) {
        const start = performance.now()
        await task()
        if (i > 0) times.push(performance.now() - start)
      }
    }
  }
  const [first = Number.NaN, second = Number.NaN] = both.map(({ times }) => median(times))
  return { reference: first, other: second, ratio: second / first }
}

/**
 * Two models in turn, by several pairs of sessions: where a session's memory happens to lie makes it up to twice as slow.
 *
 * @param {import('../packages/gradcam/dist/index.js').Runtime} runtime
 * @param {import('../packages/gradcam/dist/index.js').ModelBytes} reference
 * @param {import('../packages/gradcam/dist/index.js').ModelBytes} other
 * @param {Readonly<Record<string, import('../packages/gradcam/dist/index.js').Tensor>>} feed
 * @param {{ rounds: number, pairs: number }} options `rounds`: of all pairs together
 * @returns {Promise<{ reference: number, other: number, ratio: number, ratios: number[] }>} medians over the pairs
 */
export async function alternateModels(runtime, reference, other, feed, { rounds, pairs }) {
  const measured = []
  for (let pair = 0; pair < pairs; pair++) {
    const [first, second] = [await runtime.open(reference), await runtime.open(other)]
    measured.push(
      await alternate(
        () => first.run(feed),
        () => second.run(feed),
        { rounds: Math.ceil(rounds / pairs), warmup: 4 },
      ),
    )
    await first.release()
    await second.release()
  }
  const ratios = measured.map(({ ratio }) => ratio)
  return {
    reference: median(measured.map((each) => each.reference)),
    other: median(measured.map((each) => each.other)),
    ratio: median(ratios),
    ratios,
  }
}
