/** @file Sampling at computed places: where along an axis a sample looks (taps), and the taps as a matrix. Made of nodes, for GridSample. */
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

/** One of the places that a sample is made of: its position and its share, all of the sample where that is not given. */
interface SampleTap {
  position: Value
  weight?: Value
}

/** Folds a place back between two mirrors. On a mirror the place counts as inside. */
function reflected(g: Builder, place: Value, low: number, high: number): Value {
  const span = high - low
  if (span === 0) return g.add(g.mul(place, 0), low)
  const moved = g.sub(place, low)
  const away = g.where(g.less(moved, 0), g.neg(moved), moved)
  const rest = g.sub(away, g.mul(g.unary('Floor', g.mul(away, 1 / (2 * span))), 2 * span))
  return g.add(g.where(g.greater(rest, span), g.sub(2 * span, rest), rest), low)
}

/** A place outside the image as the border mode says. */
function bordered(g: Builder, place: Value, { size, align, border }: Sampling): Value {
  if (border === 'zeros') return place
  const mirrors: [number, number] = align ? [0, size - 1] : [-0.5, size - 0.5]
  const folded = border === 'reflection' ? reflected(g, place, ...mirrors) : place
  return g.where(g.less(folded, 0), 0, g.where(g.greater(folded, size - 1), size - 1, folded))
}

/** Nearest whole number, halves to the even one. */
function rounded(g: Builder, x: Value): Value {
  const half = g.add(x, 0.5)
  const up = g.unary('Floor', half)
  const odd = g.sub(up, g.mul(g.unary('Floor', g.mul(up, 0.5)), 2))
  return g.sub(up, g.mul(g.mask(g.equal(half, up), x.type), odd))
}

// Keys' kernel with a = −3/4: coefficients of d³, d², d and 1 for distances below and above 1
const a = -0.75
const near = [a + 2, -(a + 3), 0, 1] as const
const far = [a, -5 * a, 8 * a, -4 * a] as const

/** The taps of samples at given places; only cubic taps can themselves lie outside a border. */
function tapsOf(g: Builder, place: Value, sampling: Sampling): SampleTap[] {
  if (sampling.mode === 'nearest') return [{ position: rounded(g, place) }]
  const base = g.unary('Floor', place)
  const t = g.sub(place, base)
  if (sampling.mode === 'linear') {
    return [
      { position: base, weight: g.sub(1, t) },
      { position: g.add(base, 1), weight: t },
    ]
  }
  return [-1, 0, 1, 2].map((step): SampleTap => {
    const [k3, k2, k1, k0] = step === 0 || step === 1 ? near : far
    const d = step < 1 ? g.add(t, -step) : g.sub(step, t)
    const weight = g.add(g.mul(g.add(g.mul(g.add(g.mul(d, k3), k2), d), k1), d), k0)
    return { position: bordered(g, g.add(base, step), sampling), weight }
  })
}

/** Sampling matrix [N, P, size] of one axis for coordinates [N, P] in −1 … 1: what each sample takes from each place. */
export function samplingMatrix(g: Builder, coordinate: Value, sampling: Sampling): Value {
  const { size, mode, align } = sampling
  // corners at −1 and 1 are the centres of the corner pixels, or their outer edges
  const place = g.add(g.mul(coordinate, align ? (size - 1) / 2 : size / 2), (size - 1) / 2)
  const iota = g.iota([size], coordinate.type)
  const column = (value: Value): Value => g.reshape(value, [...value.shape, 1])
  // a cubic sample keeps its place: its taps are moved inside one by one
  const taps = tapsOf(g, mode === 'cubic' ? place : bordered(g, place, sampling), sampling)
  return g.total(
    taps.map(({ position, weight }) => {
      const hits = g.mask(g.equal(column(position), iota), coordinate.type)
      return weight ? g.mul(hits, column(weight)) : hits
    }),
  )
}
