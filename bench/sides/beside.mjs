/** @file One row of the table: sides asked in turn, so that a change of the machine's speed meets all, and whether their maps agree. */
import { availableParallelism } from 'node:os'
import { suits } from './tasks.mjs'
import { fastest, inARow, inTurn, leastOf } from './turns.mjs'

/**
 * @typedef {import('./side.mjs').Side} Side
 * @typedef {import('./tasks.mjs').Task} Task
 * @typedef {import('./tasks.mjs').Peer} Peer
 * @typedef {{ ours: Side, plain: Side, peers?: Side | undefined }} Sides
 * @typedef {{ name: string, file: string, target: number }} Network
 * @typedef {{ batch: number, sideBySide: boolean }} Way
 * @typedef {import('./turns.mjs').Asked} Asked
 * @typedef {import('./turns.mjs').Effort} Effort
 * @typedef {object} Row
 * @property {string} row
 * @property {string} network
 * @property {string} side ours is compared with
 * @property {number} ours milliseconds, as all medians
 * @property {number} other
 * @property {number} rounds
 * @property {object} [options] the fastest of those that were tried
 * @property {number | null} [apart] how far maps differ, as a part of their size; null: chance of its own, or no maps
 */

/** Root mean square of the differences, as a part of that of the expected; 1 where there is nothing to compare. @param {readonly number[]} map @param {readonly number[]} expected */
function apart(map, expected) {
  if (map.length !== expected.length) return 1
  const size = expected.reduce((sum, value) => sum + value ** 2, 0)
  const difference = map.reduce((sum, value, i) => sum + (value - (expected[i] ?? Number.NaN)) ** 2, 0)
  return size > 0 && Number.isFinite(difference) ? Math.sqrt(difference / size) : 1
}

/** What the plain runtime is called in rows. */
export const plainName = 'ONNX Runtime'

/** Ways of threading the plain runtime. One image alone has one way: all threads. */
const ways = [1, 8].flatMap((batch) => [true, false].map((sideBySide) => ({ batch, sideBySide })))

/** The plain runtime's way of most images a second. @param {Sides} sides @param {Network} network @returns {Promise<Way>} */
export async function bestWay({ plain }, network) {
  const count = 16 * Math.max(1, Math.round(availableParallelism() / 2))
  const times = []
  for (const way of ways) {
    const run = (/** @type {number} */ images) => plain.ask({ ...asking(network, 'run'), times: 1, options: { ...way, count: images } })
    await run(8 * availableParallelism())
    times.push((await run(count)).ms[0] ?? Number.NaN)
  }
  return leastOf(ways, times)
}

/** @param {Network} network @param {string} task */
const asking = ({ name, file, target }, task) => ({ network: name, file, task, target, options: {} })

/** @typedef {Effort & { way: () => Promise<Way>, trials: Map<string, object> }} RowEffort `trials`: the fastest options of a network's peers so far */

/**
 * The plain runtime's call for a task, ready to be timed.
 *
 * @param {Sides} sides
 * @param {Network} network
 * @param {Task} task
 * @param {RowEffort} effort
 */
async function plainCall({ plain }, network, { runs }, { way }) {
  const options = runs === 1 ? { batch: 1, sideBySide: false } : await way()
  const ask = (/** @type {number} */ times, count = runs, fresh = false) =>
    plain.ask({ ...asking(network, 'run'), options: { ...options, count }, times, fresh })
  const few = Math.min(runs, 2 * options.batch * availableParallelism())
  await ask(1, few)
  return { ask: (/** @type {number} */ times) => ask(times), renew: () => ask(inARow, few, true), options }
}

/**
 * A library's call by its fastest options, ready to be timed.
 *
 * @param {Side} side
 * @param {Network} network
 * @param {Peer} peer
 * @param {RowEffort & { short: boolean }} effort
 */
async function peerCall(side, network, { task, trial = task, tries = [{}] }, { tries: all, trials, short }) {
  const by = (/** @type {object} */ options) => ({
    ask: (/** @type {number} */ times, map = false) => side.ask({ ...asking(network, task), options, times, map }),
  })
  const found = trials.get(trial)
  // what one method was fastest with is taken for the next, with its own number of runs
  const best = found ? { ...tries[0], ...found } : await fastest(all ? tries : tries.slice(0, 1), by)
  const { batch, layout } = /** @type {{ batch?: number, layout?: string }} */ (best)
  const options = { ...(batch ? { batch } : {}), ...(layout ? { layout } : {}) }
  trials.set(trial, options)
  if (short) await by(best).ask(1)
  return { ...by(best), options }
}

/**
 * @param {Sides} sides
 * @param {Network} network
 * @param {Task} task
 * @param {RowEffort} effort
 * @returns {Promise<Row[]>}
 */
export async function rowsOf(sides, network, task, effort) {
  const { peers: other } = sides
  const peers = other ? task.peers.filter((peer) => suits(peer, network.name)) : []
  if (task.runs === 0 && peers.length === 0) return []
  const short = !task.many
  const explain = (/** @type {Partial<import('./serve.mjs').Ask>} */ ask, more = {}) =>
    sides.ours.ask({ ...asking(network, 'explain'), times: 1, ...ask, options: { ...task.options, ...more } })
  const renew = () => explain({ times: inARow, fresh: true })
  /** @type {Record<string, Asked & { options?: object }>} */
  const asked = { ours: { ask: (times, map = false) => explain({ times, map }), renew } }
  // opens what it needs, in as many threads as it will use
  await explain({ times: short ? inARow : 1 })
  if (task.runs > 0) asked[plainName] = await plainCall(sides, network, task, effort)
  if (other) for (const peer of peers) asked[peer.side] = await peerCall(other, network, peer, { ...effort, short })
  const measured = await inTurn(asked, { ...effort, short })
  const rows = []
  for (const [side, { options = {} }] of Object.entries(asked).slice(1)) {
    const preset = peers.find((peer) => peer.side === side)?.preset ?? null
    const own = preset === null || preset === task.options.preset
    const ours = own ? measured.map('ours') : (await explain({ map: true }, { preset })).map
    const map = measured.map(side)
    rows.push({
      ...{ row: task.title, network: network.name, side, ours: measured.ms('ours'), other: measured.ms(side), rounds: measured.rounds },
      ...(Object.keys(options).length > 0 ? { options } : {}),
      ...(side === plainName ? {} : { apart: preset !== null && ours && map ? apart(ours, map) : null }),
    })
  }
  return rows
}
