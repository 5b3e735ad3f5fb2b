/** @file One row of the table: sides asked in turn, so that a change of the machine's speed meets all, and whether their maps agree. */
import { availableParallelism } from 'node:os'
import { median } from '../measure.mjs'
import { suits } from './tasks.mjs'

/**
 * @typedef {import('./side.mjs').Side} Side
 * @typedef {import('./tasks.mjs').Task} Task
 * @typedef {import('./tasks.mjs').Peer} Peer
 * @typedef {{ ours: Side, plain: Side, peers?: Side | undefined }} Sides
 * @typedef {{ name: string, file: string, target: number }} Network
 * @typedef {{ batch: number, threads: boolean }} Way
 * @typedef {{ seconds: number, least: number, tries: boolean }} Effort for one row: at least so long, and so many rounds; whether options are tried out
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

/** One run of a side: its milliseconds, and its map. @typedef {{ ask: (times: number, map?: boolean) => Promise<import('./serve.mjs').Answer> }} Asked */

/** Runs in a row of what takes so long. The first of several is not counted: threads of the other side may still be spinning then. @param {number} ms */
const inARow = (ms) => (ms < 1000 ? 4 : 1)

/**
 * @param {Readonly<Record<string, Asked>>} sides
 * @param {Effort} effort
 */
async function inTurn(sides, { seconds, least }) {
  /** @type {Map<string, { times: number[], map: number[] | undefined }>} */
  const found = new Map(Object.keys(sides).map((name) => [name, { times: [], map: undefined }]))
  const until = performance.now() + 1000 * seconds
  let rounds = 0
  while (rounds < least || performance.now() < until) {
    for (const [name, { ask }] of Object.entries(sides)) {
      const kept = /** @type {{ times: number[], map: number[] | undefined }} */ (found.get(name))
      const answer = await ask(inARow(kept.times[0] ?? Number.POSITIVE_INFINITY), rounds === 0)
      kept.times.push(...answer.ms.slice(answer.ms.length > 1 ? 1 : 0))
      kept.map ??= answer.map
    }
    rounds++
  }
  const of = (/** @type {string} */ name) => found.get(name) ?? { times: [], map: undefined }
  return { rounds, ms: (/** @type {string} */ name) => median(of(name).times), map: (/** @type {string} */ name) => of(name).map }
}

/** Root mean square of the differences, as a part of that of the expected. @param {readonly number[]} map @param {readonly number[]} expected */
function apart(map, expected) {
  if (map.length !== expected.length) return Number.POSITIVE_INFINITY
  const size = expected.reduce((sum, value) => sum + value ** 2, 0)
  const difference = map.reduce((sum, value, i) => sum + (value - (expected[i] ?? Number.NaN)) ** 2, 0)
  return size === 0 ? Number.NaN : Math.sqrt(difference / size)
}

/** @template Item @param {readonly Item[]} items @param {readonly number[]} times @returns {Item} the item of the shortest time */
function leastOf(items, times) {
  const found = items[times.indexOf(Math.min(...times))]
  if (found === undefined) throw new Error('nothing was timed')
  return found
}

/** The fastest of several options, by one run of each. @template Options @param {readonly Options[]} tries @param {(options: Options) => Asked} asked @returns {Promise<Options>} */
async function fastest(tries, asked) {
  const times = []
  for (const each of tries) times.push(tries.length > 1 ? ((await asked(each).ask(1)).ms[0] ?? Number.NaN) : 0)
  return leastOf(tries, times)
}

/** Ways of threading the plain runtime. One image alone has one way: all threads. */
const ways = [1, 8].flatMap((batch) => [true, false].map((threads) => ({ batch, threads })))

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

/**
 * @param {Sides} sides
 * @param {Network} network
 * @param {Task} task
 * @param {Effort & { way: () => Promise<Way> }} effort
 * @returns {Promise<Row[]>}
 */
export async function rowsOf(sides, network, task, { way, ...effort }) {
  const peers = sides.peers ? task.peers.filter((peer) => suits(peer, network.name)) : []
  if (task.runs === 0 && peers.length === 0) return []
  const explain = (/** @type {object} */ more) => ({ ...asking(network, 'explain'), options: { ...task.options, ...more } })
  /** @type {Record<string, Asked>} */
  const asked = { ours: { ask: (times, map = false) => sides.ours.ask({ ...explain({}), times, map }) } }
  const options = new Map()
  if (task.runs > 0) {
    const best = task.runs === 1 ? { batch: 1, threads: false } : await way()
    const plain = { ...asking(network, 'run'), options: { ...best, count: task.runs } }
    options.set('ONNX Runtime', best)
    asked['ONNX Runtime'] = { ask: (times) => sides.plain.ask({ ...plain, times }) }
    await sides.plain.ask({ ...plain, times: 1, options: { ...best, count: Math.min(task.runs, 2 * best.batch * availableParallelism()) } })
  }
  await sides.ours.ask({ ...explain(task.few ?? {}), times: task.few ? 1 : 4 })
  for (const peer of peers) {
    const of = (/** @type {object} */ some) => ({
      ask: (/** @type {number} */ times, map = false) =>
        /** @type {Side} */ (sides.peers).ask({ ...asking(network, peer.task), options: some, times, map }),
    })
    const best = await fastest((peer.tries ?? [{}]).slice(0, effort.tries ? undefined : 1), of)
    if (peer.tries) options.set(peer.side, best)
    asked[peer.side] = of(best)
  }
  const measured = await inTurn(asked, effort)
  const rows = []
  for (const side of Object.keys(asked).filter((name) => name !== 'ours')) {
    const peer = peers.find((each) => each.side === side)
    const ours =
      !peer?.preset || peer.preset === /** @type {{ preset?: string }} */ (task.options).preset
        ? measured.map('ours')
        : (await sides.ours.ask({ ...explain({ preset: peer.preset }), times: 1, map: true })).map
    const map = measured.map(side)
    rows.push({
      ...{ row: task.title, network: network.name, side, ours: measured.ms('ours'), other: measured.ms(side), rounds: measured.rounds },
      ...(options.has(side) ? { options: options.get(side) } : {}),
      ...(peer ? { apart: peer.preset && ours && map ? apart(ours, map) : null } : {}),
    })
  }
  return rows
}
