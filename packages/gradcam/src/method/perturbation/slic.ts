/** @file SLIC superpixels: k-means over colour and place, in the neighbourhood of each centre (Achanta et al., IEEE TPAMI 34(11), 2012). */
import { gridCells, type Segmentation } from './grid.ts'
import { connected } from './slic-connected.ts'

export interface SlicSettings {
  /** Upper limit of superpixels. */
  count: number
  /** How much a distance of one grid step counts, in units of colour (m of equation 3). */
  compactness: number
}

const rounds = 10

/** Superpixels of an image given as planes of colour [channels, height, width], each connected. */
export function slic(colours: Float32Array, height: number, width: number, { count, compactness }: SlicSettings): Segmentation {
  const places = height * width
  const channels = colours.length / places
  const { rows, columns } = gridCells(height, width, count)
  const clusters = rows * columns
  const step = Math.sqrt(places / clusters)
  const fields = channels + 2 // colour, row, column
  const centres = new Float64Array(clusters * fields)
  for (let cluster = 0; cluster < clusters; cluster++) {
    const row = Math.floor(((Math.floor(cluster / columns) + 0.5) * height) / rows)
    const column = Math.floor((((cluster % columns) + 0.5) * width) / columns)
    const at = calmest(colours, height, width, row, column)
    for (let c = 0; c < channels; c++) centres[cluster * fields + c] = colours[c * places + at] as number
    centres[cluster * fields + channels] = Math.floor(at / width)
    centres[cluster * fields + channels + 1] = at % width
  }
  // cells of long images are not square: the neighbourhood is at least as large as one
  const reach = Math.ceil(Math.max(step, height / rows, width / columns))
  const weight = (compactness / step) ** 2
  const labels = new Int32Array(places)
  for (let round = 0; round < rounds; round++) {
    assign({ colours, height, width, centres, fields, reach, weight }, labels)
    if (!recentre(colours, width, labels, centres, fields)) break
  }
  return connected(labels, height, width, clusters, (step * step) / 4)
}

/** Of the 3×3 places around a centre the one of the least gradient, so that no cluster starts on an edge. */
function calmest(colours: Float32Array, height: number, width: number, row: number, column: number): number {
  const places = height * width
  let best = row * width + column
  let smallest = Number.POSITIVE_INFINITY
  for (let y = Math.max(1, row - 1); y <= Math.min(height - 2, row + 1); y++) {
    for (let x = Math.max(1, column - 1); x <= Math.min(width - 2, column + 1); x++) {
      const at = y * width + x
      let gradient = 0
      for (let start = 0; start < colours.length; start += places) {
        const across = (colours[start + at + 1] as number) - (colours[start + at - 1] as number)
        const down = (colours[start + at + width] as number) - (colours[start + at - width] as number)
        gradient += across * across + down * down
      }
      if (gradient < smallest) [best, smallest] = [at, gradient]
    }
  }
  return best
}

interface Clustering {
  colours: Float32Array
  height: number
  width: number
  centres: Float64Array
  fields: number
  reach: number
  weight: number
}

/** Each place goes to the nearest centre that it is near: D² = d_colour² + (m/S)² d_place² (equation 3); the first among equals. */
function assign({ colours, height, width, centres, fields, reach, weight }: Clustering, labels: Int32Array): void {
  const places = height * width
  const channels = fields - 2
  const nearest = new Float64Array(places).fill(Number.POSITIVE_INFINITY)
  for (let start = 0, cluster = 0; start < centres.length; start += fields, cluster++) {
    const row = centres[start + channels] as number
    const column = centres[start + channels + 1] as number
    for (let y = Math.max(0, Math.ceil(row - reach)); y <= Math.min(height - 1, row + reach); y++) {
      for (let x = Math.max(0, Math.ceil(column - reach)); x <= Math.min(width - 1, column + reach); x++) {
        const at = y * width + x
        let distance = weight * ((y - row) ** 2 + (x - column) ** 2)
        for (let c = 0; c < channels; c++) distance += ((colours[c * places + at] as number) - (centres[start + c] as number)) ** 2
        if (distance < (nearest[at] as number)) {
          nearest[at] = distance
          labels[at] = cluster
        }
      }
    }
  }
}

/** Centres move to the mean of their places; says whether any did by more than a tenth of a pixel. */
function recentre(colours: Float32Array, width: number, labels: Int32Array, centres: Float64Array, fields: number): boolean {
  const channels = fields - 2
  const places = labels.length
  const sums = new Float64Array(centres.length)
  const sizes = new Float64Array(centres.length / fields)
  for (let at = 0; at < places; at++) {
    const cluster = labels[at] as number
    const start = cluster * fields
    for (let c = 0; c < channels; c++) sums[start + c] = (sums[start + c] as number) + (colours[c * places + at] as number)
    sums[start + channels] = (sums[start + channels] as number) + Math.floor(at / width)
    sums[start + channels + 1] = (sums[start + channels + 1] as number) + (at % width)
    sizes[cluster] = (sizes[cluster] as number) + 1
  }
  let moved = false
  for (let i = 0; i < centres.length; i++) {
    const size = sizes[Math.floor(i / fields)] as number
    if (size === 0) continue
    const mean = (sums[i] as number) / size
    if (i % fields >= channels && Math.abs(mean - (centres[i] as number)) > 0.1) moved = true
    centres[i] = mean
  }
  return moved
}
