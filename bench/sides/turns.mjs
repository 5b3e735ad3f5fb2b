/** @file Sides asked in turn, so that a change of the machine's speed meets all. */
import { median } from '../measure.mjs'

/**
 * @typedef {import('./serve.mjs').Answer} Answer
 * @typedef {{ ask: (times: number, map?: boolean) => Promise<Answer>, renew?: (() => Promise<unknown>) | undefined }} Asked a call of one side;
 *   `renew` opens its network anew
 * @typedef {{ seconds: number, least: number, tries: boolean }} Effort for one row: at least so long, and so many rounds; whether options are
 *   tried out
 */

/** Runs of a short call in a row. The first of them is not counted: threads of the other side may still be spinning then. */
export const inARow = 4
/** No further round is asked for after so many seconds. */
const enough = 40
/** Where a session's memory happens to lie makes it up to twice as slow: short calls are asked of so many. */
const sessions = 5

/**
 * @param {Readonly<Record<string, Asked>>} sides
 * @param {Effort & { short: boolean }} effort `short`: calls that are asked for several in a row
 */
export async function inTurn(sides, { seconds, least, short }) {
  /** @type {Map<string, { times: number[], map: number[] | undefined }>} */
  const found = new Map(Object.keys(sides).map((name) => [name, { times: [], map: undefined }]))
  const of = (/** @type {string} */ name) => found.get(name) ?? { times: [], map: undefined }
  const parts = short && seconds > 0 ? sessions : 1
  let rounds = 0
  for (let part = 0; part < parts; part++) {
    if (part > 0) for (const { renew } of Object.values(sides)) await renew?.()
    const start = performance.now()
    const passed = () => (performance.now() - start) / 1000
    for (let own = 0; (own * parts < least && passed() < enough) || passed() < seconds / parts; own++) {
      for (const [name, { ask }] of Object.entries(sides)) {
        const { ms, map } = await ask(short ? inARow : 1, rounds === 0)
        of(name).times.push(...ms.slice(short ? 1 : 0))
        if (map) found.set(name, { ...of(name), map })
      }
      rounds++
    }
  }
  return { rounds, ms: (/** @type {string} */ name) => median(of(name).times), map: (/** @type {string} */ name) => of(name).map }
}

/** @template Item @param {readonly Item[]} items @param {readonly number[]} times @returns {Item} the item of the shortest time */
export function leastOf(items, times) {
  const found = items[times.indexOf(Math.min(...times))]
  if (found === undefined) throw new Error('nothing was timed')
  return found
}

/** The fastest of several options, by one run of each. @template Options @param {readonly Options[]} tries @param {(options: Options) => Asked} asked @returns {Promise<Options>} */
export async function fastest(tries, asked) {
  const times = []
  for (const each of tries) times.push(tries.length > 1 ? ((await asked(each).ask(1)).ms[0] ?? Number.NaN) : 0)
  return leastOf(tries, times)
}
