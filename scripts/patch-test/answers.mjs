/** @file Whether the places of a layer are places of the picture: one patch is changed at a time, and the right order must fit the answers best. */
import { excess, fitting } from './fit.mjs'
import { rowByRow, shuffled, wrongOrders } from './orders.mjs'

/**
 * @typedef {import('./fit.mjs').Grids} Grids
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
 * @property {number} fit correlation of the answers with what is near, 0 … 1
 * @property {string} other the order that fits best of all others
 * @property {number} otherFit
 * @property {number} margin 1 − otherFit / fit
 * @property {number} runs how often a patch was changed
 */

// a picture is cut into so many patches a side: more where the grid has few places
const [few, fewest, most] = [4, 6, 8]
// a whole change moves all of a deep network, a slight one is lost between the levels of a quantised one
const strengths = [1, 0.01]
// after so many rounds of both it is judged; a margin that more would not overturn ends it at once, any from `enough` on
const looks = [1, 2, 4, 8, 16]
const [clear, enough] = [0.1, 4]

/**
 * Changes one patch after the other.
 *
 * @param {Asked} asked
 * @returns {Promise<Verdict>}
 */
export async function patchTest({ height, width, answer }) {
  const grids = { rows: patchesAlong(height), columns: patchesAlong(width), height, width }
  const patches = patchesOf(grids)
  /** @type {(readonly Float64Array[])[][]} */
  const rounds = strengths.map(() => [])
  let runs = 0
  const others = [...wrongOrders(height, width), ...shuffled(height, width)]
  let verdict = judge([], grids, others, clear)
  for (const look of looks) {
    for (let round = look === 1 ? 0 : look / 2; round < look; round++)
      for (const [i, strength] of strengths.entries()) {
        const answers = []
        for (const patch of patches) answers.push(await answer(patch, ++runs, strength))
        rounds[i]?.push(answers)
      }
    const needed = look >= enough ? Number.MIN_VALUE : clear
    /** @type {Omit<Verdict, 'runs'>[]} */
    const tried = []
    for (const each of [rounds.flat(), ...rounds])
      if (!tried.some(({ margin }) => margin >= needed)) tried.push(judge(each, grids, others, needed))
    verdict = tried.reduce((a, b) => (b.answers && (!a.answers || b.margin > a.margin) ? b : a))
    if (!verdict.answers || verdict.margin >= needed) break
  }
  return { ...verdict, runs }
}

/** @param {number} places */
const patchesAlong = (places) => (places === 1 ? 1 : places > few ? Math.min(places, most) : places * Math.ceil(fewest / places))

/** @param {Grids} grids @returns {Patch[]} */
const patchesOf = ({ rows, columns }) =>
  Array.from({ length: rows * columns }, (_, i) => {
    return { top: Math.floor(i / columns) / rows, left: (i % columns) / columns, height: 1 / rows, width: 1 / columns }
  })

/**
 * What holds by chance does not hold in every second round and in all others as well: the smallest margin counts.
 *
 * @param {readonly (readonly Float64Array[])[]} rounds answers by patch and place
 * @param {Grids} grids
 * @param {readonly Order[]} others
 * @param {number} needed margin: halves of what has less are not looked at
 * @returns {Omit<Verdict, 'runs'>}
 */
export function judge(rounds, grids, others, needed) {
  const all = judgeAll(rounds, grids, others)
  if (all.margin < needed || rounds.length === 1) return all
  const everySecond = (/** @type {number} */ from) => rounds.filter((_, i) => i % 2 === from)
  const halves = [everySecond(0), everySecond(1)].map((each) => judgeAll(each, grids, others))
  return [all, ...halves].reduce((a, b) => (b.answers && b.margin < a.margin ? b : a))
}

/** @param {readonly (readonly Float64Array[])[]} rounds @param {Grids} grids @param {readonly Order[]} others @returns {Omit<Verdict, 'runs'>} */
function judgeAll(rounds, grids, others) {
  const weights = meanOf(rounds.map(excess).filter((each) => each !== undefined))
  if (!weights) return { pass: false, answers: false, fit: 0, other: '', otherFit: 0, margin: 0 }
  const fitOf = fitting(weights, grids)
  const own = fitOf(rowByRow(grids.height, grids.width))
  const best = own.map(() => ({ other: 'none', otherFit: -1 }))
  for (const order of others)
    for (const [i, each] of fitOf(order).entries()) if (each > (best[i]?.otherFit ?? 1)) best[i] = { other: order.name, otherFit: each }
  const ahead = best.map(({ otherFit }, i) => (own[i] ?? 0) - otherFit)
  const at = ahead.indexOf(Math.max(...ahead))
  const { fit, other, otherFit } = { fit: own[at] ?? 0, other: '', otherFit: 1, ...best[at] }
  const margin = fit > 0 ? 1 - otherFit / fit : -1
  return { pass: margin > 0, answers: true, fit, other, otherFit, margin }
}

/** @param {readonly (readonly Float64Array[])[]} tables @returns {Float64Array[] | undefined} undefined where there are none */
const meanOf = (tables) =>
  tables[0]?.map((first, patch) => first.map((_, i) => tables.reduce((sum, table) => sum + (table[patch]?.[i] ?? 0), 0) / tables.length))
