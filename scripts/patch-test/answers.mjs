/** @file Whether the places of a layer are places of the picture: one patch is changed at a time, and the right order must fit the answers best. */
import { rowByRow, wrongOrders } from './orders.mjs'

/**
 * @typedef {import('./orders.mjs').Order} Order
 *
 * @typedef {object} Asked
 * @property {number} height rows of the layer's grid
 * @property {number} width
 * @property {(patch: Patch, seed: number, strength: number) => Promise<Float64Array>} answer how much each place of the grid changes with a
 *   patch of the picture; `strength`: 1 puts other values there, less mixes them in
 *
 * @typedef {{ top: number, left: number, height: number, width: number }} Patch in shares of the picture
 *
 * @typedef {object} Verdict
 * @property {boolean} pass whether the grid, as it is read, fits the answers better than any other
 * @property {boolean} answers whether any place answers at all
 * @property {number} fit correlation of the answers with what is near, −1 … 1
 * @property {string} other the order that fits best of all others
 * @property {number} otherFit
 * @property {number} margin 1 − otherFit / fit
 * @property {number} runs how often a patch was changed
 */

// a picture is cut into so many patches a side: more where the grid has few places
const [fewest, most] = [4, 8]
const shuffles = 200
// a whole change moves all of a deep network, a slight one is lost between the levels of a quantised one
const strengths = [1, 0.01]
// a margin that more rounds would not overturn, and how many are made without one: small maps of deep networks answer to everything
const clear = 0.1
const [enough, last] = [6, 24]

/**
 * Changes one patch after the other.
 *
 * @param {Asked} asked
 * @returns {Promise<Verdict>}
 */
export async function patchTest({ height, width, answer }) {
  const [rows, columns] = [patchesAlong(height), patchesAlong(width)]
  const tables = strengths.map(() => Array.from({ length: rows * columns }, () => new Float64Array(height * width)))
  /** @type {Verdict | undefined} */
  let verdict
  for (let round = 0; !verdict || isOpen(verdict, round); round++) {
    const sums = tables[round % tables.length] ?? []
    for (const [i, sum] of sums.entries()) {
      const patch = { top: Math.floor(i / columns) / rows, left: (i % columns) / columns, height: 1 / rows, width: 1 / columns }
      const change = await answer(patch, round * sums.length + i + 1, strengths[round % strengths.length] ?? 1)
      for (const [place, value] of change.entries()) sum[place] = (sum[place] ?? 0) + value
    }
    const judged = tables.slice(0, round + 1).map((each) => judge(each, { rows, columns, height, width }))
    const [clearest] = judged.sort((a, b) => Number(b.answers) - Number(a.answers) || b.margin - a.margin)
    verdict = clearest && { ...clearest, runs: (round + 1) * sums.length }
  }
  return verdict
}

/** Whether more changes could tell more. @param {Verdict} verdict @param {number} round */
const isOpen = ({ answers, margin, pass }, round) => answers && (round < enough ? margin < clear : !pass && round < last)

/** @param {number} places */
const patchesAlong = (places) => (places === 1 ? 1 : places >= fewest ? Math.min(places, most) : places * Math.ceil(fewest / places))

/**
 * @typedef {{ rows: number, columns: number, height: number, width: number }} Grids of patches and of places
 *
 * @param {readonly Float64Array[]} answers by patch and place
 * @param {Grids} grids
 * @returns {Omit<Verdict, 'runs'>}
 */
export function judge(answers, grids) {
  const { height, width } = grids
  const weights = excess(answers)
  if (!weights) return { pass: false, answers: false, fit: 0, other: '', otherFit: 0, margin: 0 }
  const own = rowByRow(height, width)
  const fitOf = fitting(weights, grids)
  const fit = fitOf(own)
  const others = [...wrongOrders(height, width), ...shuffled(own)]
  let best = { name: 'none', fit: -1 }
  for (const order of others) {
    const each = fitOf(order)
    if (each > best.fit) best = { name: order.name, fit: each }
  }
  const margin = fit > 0 ? 1 - best.fit / fit : -1
  return { pass: margin > 0, answers: true, fit, other: best.name, otherFit: best.fit, margin }
}

/**
 * The answers in relation to how strongly a place answers to all patches, and a patch moves all places: logarithms, centred both ways.
 *
 * @param {readonly Float64Array[]} answers
 * @returns {Float64Array[] | undefined} undefined where nothing answers
 */
function excess(answers) {
  const largest = answers.reduce((max, each) => each.reduce((a, b) => Math.max(a, b), max), 0)
  if (!(largest > 0 && largest < Infinity)) return undefined
  const logs = answers.map((each) => Float64Array.from(each, (value) => Math.log(value + largest * 1e-4)))
  const places = logs[0]?.length ?? 0
  const byPatch = logs.map((each) => each.reduce((a, b) => a + b, 0) / places)
  const byPlace = Float64Array.from({ length: places }, (_, i) => logs.reduce((sum, each) => sum + (each[i] ?? 0), 0) / logs.length)
  const mean = byPatch.reduce((a, b) => a + b, 0) / logs.length
  return logs.map((each, patch) => each.map((value, i) => value - (byPatch[patch] ?? 0) - (byPlace[i] ?? 0) + mean))
}

/**
 * How well an order fits: the correlation of the answers with how near a place is to a patch.
 *
 * @param {readonly Float64Array[]} weights
 * @param {Grids} grids
 * @returns {(order: Order) => number}
 */
function fitting(weights, { rows, columns }) {
  const length = Math.sqrt(weights.reduce((sum, each) => each.reduce((a, b) => a + b * b, sum), 0))
  /** @type {Map<number, { near: Float64Array[], length: number }>} */
  const known = new Map()
  const nearness = (/** @type {Order} */ { height, width }) => {
    const found = known.get(height)
    if (found) return found
    const near = weights.map((_, patch) => {
      const [y, x] = [(Math.floor(patch / columns) + 0.5) / rows, ((patch % columns) + 0.5) / columns]
      return Float64Array.from({ length: height * width }, (__, place) => {
        const down = ((Math.floor(place / width) + 0.5) / height - y) * Math.min(rows, height)
        const across = (((place % width) + 0.5) / width - x) * Math.min(columns, width)
        return Math.exp(-(down * down + across * across) / 2)
      })
    })
    const made = { near, length: spread(near) }
    known.set(height, made)
    return made
  }
  return (order) => {
    const { near, length: other } = nearness(order)
    let sum = 0
    for (const [patch, each] of weights.entries()) {
      const close = near[patch] ?? each
      for (const [i, place] of order.places.entries()) sum += (each[i] ?? 0) * (close[place] ?? 0)
    }
    return length * other === 0 ? 0 : sum / (length * other)
  }
}

/** Of a table centred both ways, the root of the sum of squares. @param {readonly Float64Array[]} table */
function spread(table) {
  const places = table[0]?.length ?? 0
  const byPatch = table.map((each) => each.reduce((a, b) => a + b, 0) / places)
  const byPlace = Float64Array.from({ length: places }, (_, i) => table.reduce((sum, each) => sum + (each[i] ?? 0), 0) / table.length)
  const mean = byPatch.reduce((a, b) => a + b, 0) / table.length
  let sum = 0
  for (const [patch, each] of table.entries())
    for (const [i, value] of each.entries()) sum += (value - (byPatch[patch] ?? 0) - (byPlace[i] ?? 0) + mean) ** 2
  return Math.sqrt(sum)
}

/** Orders by chance, the same every time: where places are none of the picture, one of these fits as well. @param {Order} own */
function shuffled({ height, width, places }) {
  const next = uniform(1)
  return Array.from({ length: shuffles }, () => {
    const mixed = places.slice()
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1))
      ;[mixed[i], mixed[j]] = [mixed[j] ?? 0, mixed[i] ?? 0]
    }
    return { name: 'shuffled', height, width, places: mixed }
  }).filter((order) => order.places.some((place, i) => place !== places[i]))
}

/** Numbers from 0 to 1, the same every time (mulberry32). @param {number} seed */
export function uniform(seed) {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
