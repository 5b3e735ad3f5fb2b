/** @file Sampling at computed places: where along an axis a sample looks (taps), and the taps as matrices. Made of nodes, for GridSample. */
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'

export type SampleMode = 'nearest' | 'linear' | 'cubic'
export type Border = 'zeros' | 'border' | 'reflection'

/** How an axis is sampled. */
export interface Sampling {
  /** Places on the axis. */
  size: number
  mode: SampleMode
  /** Whether −1 and 1 are the centres of the corner pixels. */
  align: boolean
  border: Border
}

/** One of the places that a sample is made of: its position, its share, and how the share changes with the sample's place. */
interface SampleTap {
  position: Value
  weight: Value
  /** d weight / d place; undefined where it is zero. */
  slope: Value | undefined
}

/** Place along an axis, and d place / d coordinate. */
interface Place {
  place: Value
  slope: Value
}

/** Folds a place back between two mirrors; the slope changes sign with every fold. */
function reflected(g: Builder, place: Value, low: number, high: number): { place: Value; sign: Value } {
  const span = high - low
  const zero = g.mul(place, 0)
  if (span === 0) return { place: g.add(zero, low), sign: zero }
  const moved = g.sub(place, low)
  const away = g.unary('Abs', moved)
  const rest = g.sub(away, g.mul(g.unary('Floor', g.mul(away, 1 / (2 * span))), 2 * span))
  const back = g.greater(rest, span)
  const direction = g.where(back, -1, g.add(zero, 1))
  return {
    place: g.add(g.where(back, g.sub(2 * span, rest), rest), low),
    sign: g.where(g.less(moved, 0), g.neg(direction), direction),
  }
}

function clampedPlace(g: Builder, { place, slope }: Place, size: number): Place {
  const below = g.less(place, 0)
  const above = g.greater(place, size - 1)
  return {
    place: g.where(below, 0, g.where(above, size - 1, place)),
    slope: g.where(below, 0, g.where(above, 0, slope)),
  }
}

/** Coordinates in −1 … 1 as places on an axis; outside the image as the border mode says. */
export function placeOf(g: Builder, coordinate: Value, size: number, align: boolean, border: Border): Place {
  // corners at −1 and 1 are the centres of the corner pixels, or their outer edges
  const factor = align ? (size - 1) / 2 : size / 2
  const place = g.add(g.mul(coordinate, factor), (size - 1) / 2)
  const slope = g.add(g.mul(coordinate, 0), factor)
  if (border === 'zeros') return { place, slope }
  if (border === 'border') return clampedPlace(g, { place, slope }, size)
  const folded = reflected(g, place, ...mirrors(size, align))
  return clampedPlace(g, { place: folded.place, slope: g.mul(slope, folded.sign) }, size)
}

const mirrors = (size: number, align: boolean): [number, number] => (align ? [0, size - 1] : [-0.5, size - 0.5])

/** Nearest whole number, halves to the even one. */
function rounded(g: Builder, x: Value): Value {
  const half = g.add(x, 0.5)
  const up = g.unary('Floor', half)
  const odd = g.sub(up, g.mul(g.unary('Floor', g.mul(up, 0.5)), 2))
  return g.sub(up, g.mul(g.mask(g.equal(half, up), x.type), odd))
}

/** ((a₃·d + a₂)·d + a₁)·d + a₀ */
const polynomial = (g: Builder, d: Value, [a3, a2, a1, a0]: readonly [number, number, number, number]): Value => {
  const quadratic = a3 === 0 ? g.mul(d, a2) : g.mul(g.add(g.mul(d, a3), a2), d)
  return g.add(a3 === 0 ? g.mul(g.add(quadratic, a1), d) : g.mul(g.add(quadratic, a1), d), a0)
}

/** The taps of samples at given places; only cubic taps can themselves lie outside a border. */
function tapsOf(g: Builder, place: Value, { size, mode, align, border }: Sampling): SampleTap[] {
  if (mode === 'nearest') return [{ position: rounded(g, place), weight: g.add(g.mul(place, 0), 1), slope: undefined }]
  const base = g.unary('Floor', place)
  const t = g.sub(place, base)
  if (mode === 'linear') {
    const one = g.add(g.mul(t, 0), 1)
    return [
      { position: base, weight: g.sub(1, t), slope: g.neg(one) },
      { position: g.add(base, 1), weight: t, slope: one },
    ]
  }
  // Keys' kernel with a = −3/4 at the distances 1 + t, t, 1 − t, 2 − t
  const a = -0.75
  const near: readonly [number, number, number, number] = [a + 2, -(a + 3), 0, 1]
  const far: readonly [number, number, number, number] = [a, -5 * a, 8 * a, -4 * a]
  return [-1, 0, 1, 2].map((step): SampleTap => {
    const [kernel, sign] = [step === 0 || step === 1 ? near : far, step < 1 ? 1 : -1]
    const distance = step < 1 ? g.add(t, -step) : g.sub(step, t)
    const slope = polynomial(g, distance, [0, 3 * kernel[0], 2 * kernel[1], kernel[2]])
    const position = borderPosition(g, g.add(base, step), size, align, border)
    return { position, weight: polynomial(g, distance, kernel), slope: sign === 1 ? slope : g.neg(slope) }
  })
}

function borderPosition(g: Builder, position: Value, size: number, align: boolean, border: Border): Value {
  if (border === 'zeros') return position
  const folded = border === 'reflection' ? reflected(g, position, ...mirrors(size, align)).place : position
  return clampedPlace(g, { place: folded, slope: folded }, size).place
}

export interface Sampler {
  /** [N, P, size]: what each sample takes from each place of the axis. */
  weights: Value
  /** Its derivative by the coordinate. */
  slopes(): Value | undefined
}

/** Sampling matrix of one axis for coordinates [N, P] in −1 … 1. */
export function sampler(g: Builder, coordinate: Value, sampling: Sampling): Sampler {
  const { size, mode, align, border } = sampling
  // a cubic sample keeps its place: its taps are moved inside one by one
  const { place, slope } = placeOf(g, coordinate, size, align, mode === 'cubic' ? 'zeros' : border)
  const iota = g.iota([size], coordinate.type)
  const column = (value: Value): Value => g.reshape(value, [...value.shape, 1])
  const taps = tapsOf(g, place, sampling).map((tap) => ({
    ...tap,
    hits: g.mask(g.equal(column(tap.position), iota), coordinate.type),
  }))
  return {
    weights: g.total(taps.map(({ hits, weight }) => g.mul(hits, column(weight)))),
    slopes() {
      const parts = taps.flatMap(({ hits, slope: share }) => (share ? [g.mul(hits, column(g.mul(share, slope)))] : []))
      return parts.length === 0 ? undefined : g.total(parts)
    },
  }
}
