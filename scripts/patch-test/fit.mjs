/** @file How well an order of places fits what they answered: the correlation with how near each place lies to each patch. */

/**
 * @typedef {import('./orders.mjs').Order} Order
 * @typedef {{ rows: number, columns: number, height: number, width: number }} Grids of patches and of places
 * @typedef {{ values: Float64Array, square: number, byPatch: number, byPlace: number, mean: number }} Bumps along one side, with means of
 *   their squares: of all, of each patch's mean, of each place's mean, of the mean
 */

// how far a place sees differs from network to network, and strided convolutions move maps by a part of a place: all orders are compared at
// several extents, each, right or wrong, with the shift that suits it best; in patches, or in places where those are larger
const extents = [0.5, 1, 2, 4]
const shifts = [-0.5, 0, 0.5]

/**
 * The answers in relation to how strongly a place answers to all patches, and a patch moves all places: logarithms, centred both ways.
 *
 * @param {readonly Float64Array[]} answers by patch and place
 * @returns {Float64Array[] | undefined} undefined where nothing answers
 */
export function excess(answers) {
  const largest = answers.reduce((most, each) => each.reduce((a, b) => Math.max(a, b), most), 0)
  if (!(largest > 0 && largest < Infinity)) return undefined
  const logs = answers.map((each) => Float64Array.from(each, (value) => Math.log(value + largest * 1e-4)))
  const places = logs[0]?.length ?? 0
  const byPatch = logs.map((each) => each.reduce((a, b) => a + b, 0) / places)
  const byPlace = Float64Array.from({ length: places }, (_, i) => logs.reduce((sum, each) => sum + (each[i] ?? 0), 0) / logs.length)
  const mean = byPatch.reduce((a, b) => a + b, 0) / logs.length
  return logs.map((each, patch) => each.map((value, i) => value - (byPatch[patch] ?? 0) - (byPlace[i] ?? 0) + mean))
}

/**
 * @param {readonly Float64Array[]} weights the excess of answers
 * @param {Grids} grids
 * @returns {(order: Order) => number[]} for each extent, 0 … 1: no order fits worse than none
 */
export function fitting(weights, { rows, columns }) {
  const length = Math.sqrt(weights.reduce((sum, each) => each.reduce((a, b) => a + b * b, sum), 0))
  /** @type {Map<string, Bumps[]>} */
  const known = new Map()
  const along = (/** @type {number} */ patches, /** @type {number} */ places) => {
    const key = `${patches} ${places}`
    const found = known.get(key) ?? extents.flatMap((extent) => shifts.map((shift) => bumps(patches, places, extent, shift)))
    known.set(key, found)
    return found
  }
  return (order) => {
    const [down, across] = [along(rows, order.height), along(columns, order.width)]
    const table = inOrder(weights, order)
    const best = extents.map(() => 0)
    for (const [i, one] of across.entries()) {
      const byRow = summed(table, one.values, { rows, columns, height: order.height, width: order.width })
      const extent = Math.floor(i / shifts.length)
      for (const other of down.slice(extent * shifts.length, (extent + 1) * shifts.length)) {
        const sum = other.values.reduce((total, value, k) => total + value * (byRow[k] ?? 0), 0)
        const size = length * spread(one, other) * Math.sqrt(table.length)
        if (size > 0) best[extent] = Math.max(best[extent] ?? 0, sum / size)
      }
    }
    return best
  }
}

/**
 * How near each place is to each patch, along one side.
 *
 * @param {number} patches
 * @param {number} places
 * @param {number} extent
 * @param {number} shift
 * @returns {Bumps}
 */
function bumps(patches, places, extent, shift) {
  const values = Float64Array.from({ length: patches * places }, (_, i) => {
    const between = ((i % places) + 0.5) / places - (Math.floor(i / places) + 0.5) / patches
    const distance = (between * Math.min(patches, places) - shift) / extent
    return Math.exp(-(distance * distance) / 2)
  })
  const mean = (/** @type {(i: number) => number} */ of, /** @type {number} */ count) => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += of(i)
    return sum / count
  }
  const at = (/** @type {number} */ i) => values[i] ?? 0
  const ofPatch = (/** @type {number} */ patch) => mean((i) => at(patch * places + i), places)
  const ofPlace = (/** @type {number} */ place) => mean((i) => at(i * places + place), patches)
  return {
    values,
    square: mean((i) => at(i) ** 2, values.length),
    byPatch: mean((i) => ofPatch(i) ** 2, patches),
    byPlace: mean((i) => ofPlace(i) ** 2, places),
    mean: mean(at, values.length) ** 2,
  }
}

/** Of a product of bumps centred both ways, the root of the mean of squares. @param {Bumps} a @param {Bumps} b */
const spread = (a, b) => Math.sqrt(Math.max(0, a.square * b.square - a.byPatch * b.byPatch - a.byPlace * b.byPlace + a.mean * b.mean))

/** The answers with places where an order has them. @param {readonly Float64Array[]} weights @param {Order} order */
function inOrder(weights, { places }) {
  const table = new Float64Array(weights.length * places.length)
  for (const [patch, each] of weights.entries())
    for (const [i, value] of each.entries()) table[patch * places.length + (places[i] ?? 0)] = value
  return table
}

/**
 * The answers weighted by how near places are across, summed over columns of both: by row of patches and row of places.
 *
 * @param {Float64Array} table
 * @param {Float64Array} near
 * @param {Grids} grids
 */
function summed(table, near, { rows, columns, height, width }) {
  const result = new Float64Array(rows * height)
  for (let patch = 0; patch < rows * columns; patch++) {
    const [row, column] = [Math.floor(patch / columns), patch % columns]
    for (let y = 0; y < height; y++) {
      const [from, across, to] = [(patch * height + y) * width, column * width, row * height + y]
      let sum = 0
      for (let x = 0; x < width; x++) sum += (table[from + x] ?? 0) * (near[across + x] ?? 0)
      result[to] = (result[to] ?? 0) + sum
    }
  }
  return result
}
