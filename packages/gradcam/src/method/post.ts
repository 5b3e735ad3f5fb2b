/** @file From raw map to finished map, as nodes: activation, normalisation where it comes first, upsampling, normalisation, in that order. */
import type { Size } from '../core/pixels.ts'
import type { Builder } from '../graph/emit.ts'
import type { Value } from '../graph/graph.ts'
import { type Corners, interpolation, type Upsampling } from '../image/interpolation.ts'

/** What can be done with negative evidence: drop it, keep it, or count it as positive. */
export const activations = ['relu', 'none', 'abs'] as const
/** How a map gets the size of the network's input. */
export const upsamplings = ['bicubic', 'bilinear', 'nearest', 'none'] as const
/** Ranges that a finished map can be brought to. */
export const normalizations = ['minmax', 'max', 'percentile', 'symmetric', 'none'] as const
/** Percentiles need a sort, which is done on finished maps. */
export const firstNormalizations = ['minmax', 'max', 'none'] as const

/** What becomes of negative evidence: dropped, kept, or counted like positive. */
export type Activation = (typeof activations)[number]
/**
 * `minmax`: (M − min)/(max − min). `max`: M / max|M|. `percentile`: the lowest 1 % to 0, the highest 1 % to 1.
 * `symmetric`: M over the 99th percentile of |M|, cut off at −1 and 1; 0 stays 0. A constant map becomes all zeros.
 */
export type Normalization = (typeof normalizations)[number]

/** How a raw map becomes a finished one: activation, upsampling, normalisation. */
export interface PostProcessing {
  activation: Activation
  /** A normalisation before upsampling, as some libraries have it. Default: none. */
  normalizeFirst?: (typeof firstNormalizations)[number]
  upsample: Upsampling | 'none'
  normalize: Normalization
}

/** Where neither the method nor the user says otherwise. */
export const usualPost: PostProcessing = { activation: 'relu', upsample: 'bicubic', normalize: 'minmax' }

/** For unsigned pixel maps: the brightest hundredth is cut, as usual for pixel gradients (Smilkov et al. 2017, arXiv:1706.03825, section 3.1). */
export const magnitudes: PostProcessing = { activation: 'none', upsample: 'none', normalize: 'percentile' }

/** For signed pixel maps: the same on both sides, zero stays zero. */
export const evidence: PostProcessing = { activation: 'none', upsample: 'none', normalize: 'symmetric' }

/** Post-processes raw maps [N, h, w]; upsampled ones are [N, height, width]. */
export function postProcess(g: Builder, raw: Value, size: Size, steps: PostProcessing): Value {
  let map = raw
  if (steps.activation === 'relu') map = g.relu(map)
  if (steps.activation === 'abs') map = g.unary('Abs', map)
  if (steps.normalizeFirst) map = normalized(g, map, steps.normalizeFirst)
  if (steps.upsample !== 'none') map = upsampled(g, map, size, steps.upsample)
  return normalized(g, map, steps.normalize)
}

/** Maps [.., h, w] as [.., height, width]: separable interpolation as two matrix products, the same arithmetic on every provider and opset. */
export function upsampled(g: Builder, map: Value, { height, width }: Size, mode: Upsampling, corners?: Corners): Value {
  const [h, w] = map.shape.slice(-2) as [number, number]
  if (h === height && w === width) return map
  const rows = g.floats(interpolation(h, height, mode, corners), [height, h], map.type)
  const columns = g.transpose(g.floats(interpolation(w, width, mode, corners), [width, w], map.type), [1, 0])
  return g.matmul(rows, g.matmul(map, columns))
}

// added to what is divided by: a constant map becomes 0/smallest = 0, and no other number changes
const smallest = 1e-37

export function normalized(g: Builder, map: Value, normalization: Normalization): Value {
  switch (normalization) {
    case 'none':
    // percentiles need a sort, which providers do not share: done on the finished numbers
    case 'percentile':
    case 'symmetric':
      return map
    case 'max':
      return g.div(map, g.add(g.reduceMax(g.unary('Abs', map), [1, 2]), smallest))
    case 'minmax': {
      const above = g.sub(map, g.reduceMin(map, [1, 2]))
      return g.div(above, g.add(g.reduceMax(above, [1, 2]), smallest))
    }
  }
}

/** What graphs leave undone: normalisations by percentiles, in place. Maps of other normalisations stay as they are. */
export function normalizeSorted(map: Float32Array, normalization: Normalization): void {
  const rescale = (from: number, range: number, lowest: number): void => {
    for (let i = 0; i < map.length; i++) map[i] = range > 0 ? Math.min(1, Math.max(lowest, ((map[i] as number) - from) / range)) : 0
  }
  if (normalization === 'percentile') {
    const sorted = Float32Array.from(map).sort()
    const low = percentile(sorted, 0.01)
    rescale(low, percentile(sorted, 0.99) - low, 0)
  } else if (normalization === 'symmetric') {
    const sizes = Float32Array.from(map, Math.abs).sort()
    // where hardly anything differs from 0 the largest is taken, or little would be left of it
    rescale(0, percentile(sizes, 0.99) || (sizes.at(-1) ?? 0), -1)
  }
}

/** Linear interpolation between ranks. */
function percentile(sorted: Float32Array, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below] ?? 0
  return low + (place - below) * ((sorted[below + 1] ?? low) - low)
}
