/** @file From the numbers that a network gives out for a box to its corners in pixels of the network's input. */
import type { BoxChannels, BoxFormat } from '../../contract/decoding.ts'
import { softmax } from '../../core/numbers.ts'
import type { Size } from '../../core/pixels.ts'
import { activated } from './channels.ts'
import type { Place } from './places.ts'

type Four = [number, number, number, number]

/** What belongs to the numbers of all candidates. */
export interface BoxNumbers {
  /** [candidates, 4], or four distributions each. */
  rows: Float32Array
  /** [candidates, 2], where sizes are apart. */
  sizes: Float32Array | undefined
  angles: Float32Array | undefined
  places: readonly Place[] | undefined
}

/** x1, y1, x2, y2 of every candidate. */
export function cornersOf(part: BoxChannels, { rows, sizes, angles, places }: BoxNumbers, input: Size): Float32Array {
  const numbers = coordinates(part, sizes ? joined(rows, sizes) : part.bins ? means(rows, part.bins) : rows, places)
  for (let i = 0; i < numbers.length; i += 4) {
    const four = numbers.subarray(i, i + 4) as unknown as Four
    const place = places?.[i / 4]
    const corners = place ? atPlace(part, four, place, input) : inImage(part, part.grid ? inCell(four, i / 4, part.grid) : four, input)
    numbers.set(angles ? upright(corners, angles[i / 4] as number) : corners, i)
  }
  return numbers
}

function joined(centres: Float32Array, sizes: Float32Array): Float32Array {
  const rows = new Float32Array(2 * centres.length)
  for (let i = 0; i < centres.length; i += 2) rows.set([...centres.subarray(i, i + 2), ...sizes.subarray(i, i + 2)], 2 * i)
  return rows
}

/** The mean of each distribution. */
function means(rows: Float32Array, bins: number): Float32Array {
  const mean = (row: Float32Array): number => softmax(row).reduce((sum, p, k) => sum + p * k, 0)
  return Float32Array.from({ length: rows.length / bins }, (_, i) => mean(rows.subarray(i * bins, (i + 1) * bins)))
}

/** Coordinates with variances, activations, and centres that reach beyond their cell. */
function coordinates(part: BoxChannels, rows: Float32Array, places: BoxNumbers['places']): Float32Array {
  const { variances, activations, activation = 'none', stretch } = part
  if (variances) for (const [i, x] of rows.entries()) rows[i] = x * (variances[i % 4] as number)
  activated(rows, 4, activations ?? [activation])
  if (stretch !== undefined)
    for (let i = 0; i < rows.length; i += 4) {
      const s = typeof stretch === 'number' ? stretch : (stretch[places?.[i / 4]?.level ?? 0] ?? 1)
      for (const k of [i, i + 1]) rows[k] = s * (rows[k] as number) - (s - 1) / 2
    }
  return rows
}

/** x1, y1, x2, y2 of the numbers that a network gives out; y first where they are. */
const corner: Record<Exclude<BoxFormat, 'ltrb'>, (...numbers: Four) => Four> = {
  cxcywh: (x, y, width, height) => [x - width / 2, y - height / 2, x + width / 2, y + height / 2],
  cycxhw: (y, x, height, width) => [x - width / 2, y - height / 2, x + width / 2, y + height / 2],
  xywh: (x, y, width, height) => [x, y, x + width, y + height],
  xyxy: (x1, y1, x2, y2) => [x1, y1, x2, y2],
  yxyx: (y1, x1, y2, x2) => [x1, y1, x2, y2],
}

function inImage({ format, units }: BoxChannels, four: Four, input: Size): Four {
  const [sx, sy] = units === 'normalised' ? [input.width, input.height] : [1, 1]
  const [x1, y1, x2, y2] = corner[format as keyof typeof corner](...four)
  return [x1 * sx, y1 * sy, x2 * sx, y2 * sy]
}

const inCell = ([a, b, c, d]: Four, candidate: number, [rows, columns]: readonly [number, number]): Four => [
  ((candidate % columns) + a) / columns,
  (Math.floor(candidate / columns) + b) / rows,
  c,
  d,
]

/** Distances from a place, offsets of its centre and sizes in cells or anchors, or of its anchor's corners. */
function atPlace({ format, units }: BoxChannels, four: Four, place: Place, input: Size): Four {
  const { x, y, stride, width, height } = place
  const image: [number, number] = [input.width, input.height]
  const [sx, sy] = ({ pixels: [1, 1], normalised: image, cells: [stride, stride], anchors: [width, height] } as const)[units]
  if (format === 'ltrb') return [x - four[0] * sx, y - four[1] * sy, x + four[2] * sx, y + four[3] * sy]
  const [a, b, c, d] = format === 'cycxhw' || format === 'yxyx' ? [four[1], four[0], four[3], four[2]] : four
  if (format === 'xyxy' || format === 'yxyx')
    return [x - width / 2 + a * sx, y - height / 2 + b * sy, x + width / 2 + c * sx, y + height / 2 + d * sy]
  const [w, h] = units === 'cells' ? [c * width, d * height] : [c * sx, d * sy]
  return corner[format === 'xywh' ? 'xywh' : 'cxcywh'](x + a * sx, y + b * sy, w, h)
}

/** The upright box around one that is turned about its centre. */
function upright([x1, y1, x2, y2]: Four, angle: number): Four {
  const [w, h] = [x2 - x1, y2 - y1]
  const [c, s] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))]
  return corner.cxcywh((x1 + x2) / 2, (y1 + y2) / 2, w * c + h * s, w * s + h * c)
}
