/** @file Weights of filters that look at the nearest pixels only, as PyTorch, OpenCV and scikit-image define them. */
import type { PointFilter } from '../model/preprocessing.ts'
import type { Weights } from './filter.ts'
import { folded } from './levels.ts'

/** Keys 1981 with a = −0.75. */
function cubic(x: number): number {
  const a = -0.75
  const d = Math.abs(x)
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0
}

/** A Gaussian as SciPy cuts it off, at 4 σ. */
function gaussian(sigma: number): Float64Array {
  const radius = Math.trunc(4 * sigma + 0.5)
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp((-0.5 * (i - radius) ** 2) / sigma ** 2))
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}

/** Inputs and weights of one output, before places beyond the edge are folded or clamped. */
function taps(filter: PointFilter, place: number): [place: number, weight: number][] {
  const low = Math.floor(place)
  const t = place - low
  if (filter !== 'cubic' && filter !== 'cubic-corners')
    return [
      [low, 1 - t],
      [low + 1, t],
    ]
  return [-1, 0, 1, 2].map((k) => [low + k, cubic(k - t)])
}

/**
 * Weights that resize `inSize` samples to `outSize`, without antialiasing; for `gauss-linear` those of the blur included.
 *
 * @param from,length the outputs wanted
 */
export function pointWeights(inSize: number, outSize: number, filter: PointFilter, from: number, length: number): Weights {
  const scale = inSize / outSize
  const corners = filter === 'linear-corners' || filter === 'cubic-corners'
  const step = corners ? (outSize > 1 ? (inSize - 1) / (outSize - 1) : 0) : scale
  const sigma = Math.max(0, (scale - 1) / 2)
  const blur = filter === 'gauss-linear' && sigma > 0 ? gaussian(sigma) : Float64Array.of(1)
  const radius = (blur.length - 1) / 2
  const mirrors = filter === 'gauss-linear'
  const inside = (place: number): number => (mirrors ? folded(place, inSize, 'reflect') : Math.min(inSize - 1, Math.max(0, place)))
  const span = Math.min(inSize, 2 * radius + 4)
  const first = new Int32Array(length)
  const count = new Int32Array(length)
  const weights = new Float64Array(length * span)
  const row = new Map<number, number>()
  for (let i = 0; i < length; i++) {
    row.clear()
    const place = corners ? (from + i) * step : (from + i + 0.5) * step - 0.5
    for (const [tap, weight] of taps(filter, place)) {
      if (weight === 0) continue
      for (let k = -radius; k <= radius; k++) {
        // the blurred samples are folded at the edge first, then their own neighbours
        const at = inside(inside(tap) + k)
        row.set(at, (row.get(at) ?? 0) + weight * (blur[k + radius] as number))
      }
    }
    const places = Array.from(row.keys())
    const low = places.reduce((a, b) => Math.min(a, b))
    first[i] = low
    count[i] = places.reduce((a, b) => Math.max(a, b)) - low + 1
    for (const [at, weight] of row) weights[i * span + at - low] = weight
  }
  return { first, count, span, weights }
}
