/** @file The orders in which places of a grid could be read wrongly: turned, mirrored, shifted by a token, in windows, of other sides. */
import { uniform } from './uniform.mjs'

/**
 * An order: the place, row · width + column, of each element as the layer has them one behind the other.
 *
 * @typedef {{ name: string, height: number, width: number, places: Int32Array }} Order
 * @typedef {(row: number, column: number) => readonly [row: number, column: number]} Move
 */

/**
 * Row by row.
 *
 * @param {number} height
 * @param {number} width
 * @param {string} [name]
 * @returns {Order}
 */
export const rowByRow = (height, width, name = 'as read') => ({
  ...{ name, height, width },
  places: Int32Array.from({ length: height * width }, (_, i) => i),
})

/**
 * All orders other than row by row that a wrong reading of a layer would give.
 *
 * @param {number} height
 * @param {number} width
 * @returns {Order[]}
 */
export function wrongOrders(height, width) {
  const orders = [...mirrored(height, width), ...shifted(height, width), ...rolled(height, width), ...inWindows(height, width)]
  const own = rowByRow(height, width)
  const seen = new Set([own.places.join()])
  const different = orders.filter(({ places }) => !seen.has(places.join()) && seen.add(places.join()))
  return [...different, ...ofOtherSides(height, width)]
}

/**
 * @param {number} count
 * @returns {number[]}
 */
const divisors = (count) => Array.from({ length: count }, (_, i) => i + 1).filter((each) => count % each === 0)

/**
 * @param {number} height
 * @param {number} width
 * @returns {(name: string, move: Move) => Order}
 */
const movedIn = (height, width) => (name, move) => ({
  ...{ name, height, width },
  places: Int32Array.from({ length: height * width }, (_, i) => {
    const [row, column] = move(Math.floor(i / width), i % width)
    return row * width + column
  }),
})

/** @type {(height: number, width: number) => Order[]} */
function mirrored(height, width) {
  const moved = movedIn(height, width)
  const columnByColumn = Int32Array.from({ length: height * width }, (_, i) => (i % height) * width + Math.floor(i / height))
  return [
    { name: 'column by column', height, width, places: columnByColumn },
    moved('upside down', (row, column) => [height - 1 - row, column]),
    moved('mirrored', (row, column) => [row, width - 1 - column]),
    moved('turned by 180°', (row, column) => [height - 1 - row, width - 1 - column]),
  ]
}

/** Class or register tokens that were taken for places. @type {(height: number, width: number) => Order[]} */
function shifted(height, width) {
  const count = height * width
  return [1, 2, 4, -1, -2, -4]
    .filter((by) => Math.abs(by) < count)
    .map((by) => ({
      ...{ name: `${Math.abs(by)} tokens ${by > 0 ? 'late' : 'early'}`, height, width },
      places: Int32Array.from({ length: count }, (_, i) => (i + by + count) % count),
    }))
}

/** Rolls that were not undone. @type {(height: number, width: number) => Order[]} */
function rolled(height, width) {
  const moved = movedIn(height, width)
  const steps = [...new Set([1, Math.floor(Math.min(height, width) / 4), Math.floor(Math.min(height, width) / 2)])].filter(Boolean)
  return steps.flatMap((by) => [
    moved(`rows rolled by ${by}`, (row, column) => [(row + by) % height, column]),
    moved(`columns rolled by ${by}`, (row, column) => [row, (column + by) % width]),
    moved(`rolled by ${by}`, (row, column) => [(row + by) % height, (column + by) % width]),
  ])
}

/** Windows, or grids of every n-th place, that were not put together, or were twice. @type {(height: number, width: number) => Order[]} */
function inWindows(height, width) {
  const count = height * width
  return divisors(height).flatMap((tall) =>
    divisors(width).flatMap((wide) => {
      if (tall * wide === 1 || tall * wide === count) return []
      const [down, across] = [height / tall, width / wide]
      const windows = Int32Array.from({ length: count }, (_, i) => {
        const [window, inside] = [Math.floor(i / (tall * wide)), i % (tall * wide)]
        const row = Math.floor(window / across) * tall + Math.floor(inside / wide)
        return row * width + (window % across) * wide + (inside % wide)
      })
      const everyNth = Int32Array.from(windows, (__, i) => {
        const [part, inside] = [Math.floor(i / (tall * wide)), i % (tall * wide)]
        const row = Math.floor(inside / wide) * down + Math.floor(part / across)
        return row * width + (inside % wide) * across + (part % across)
      })
      return [
        { name: `windows of ${tall}×${wide}`, height, width, places: windows },
        { name: `windows of ${tall}×${wide}, twice undone`, height, width, places: inverse(windows) },
        { name: `grids of ${tall}×${wide}`, height, width, places: everyNth },
        { name: `grids of ${tall}×${wide}, twice undone`, height, width, places: inverse(everyNth) },
      ]
    }),
  )
}

/** @param {Int32Array} places */
function inverse(places) {
  const result = new Int32Array(places.length)
  for (const [i, place] of places.entries()) result[place] = i
  return result
}

/** 6 × 6 in the place of 4 × 9. @type {(height: number, width: number) => Order[]} */
const ofOtherSides = (height, width) =>
  divisors(height * width)
    .filter((side) => side !== height)
    .map((side) => rowByRow(side, (height * width) / side, `${side} × ${(height * width) / side}`))

/**
 * Orders by chance, the same every time: where places are none of the picture, one of these fits as well. In a large map none comes near
 * the wrong readings.
 *
 * @param {number} height
 * @param {number} width
 * @returns {Order[]}
 */
export function shuffled(height, width) {
  const next = uniform(1)
  const { places } = rowByRow(height, width)
  return Array.from({ length: places.length > 100 ? 20 : places.length > 25 ? 200 : 500 }, () => {
    const mixed = places.slice()
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1))
      ;[mixed[i], mixed[j]] = [mixed[j] ?? 0, mixed[i] ?? 0]
    }
    return { name: 'shuffled', height, width, places: mixed }
  }).filter((order) => order.places.some((place, i) => place !== places[i]))
}
