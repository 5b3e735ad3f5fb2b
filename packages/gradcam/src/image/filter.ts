/** @file The resampling filters and their weights, as Pillow defines them (libImaging/Resample.c). */
import type { SmoothFilter } from '../model/preprocessing.ts'
import { cubic } from './interpolation.ts'

/**
 * A banded matrix of filter weights: output `i` is the sum over `t < count[i]` of
 * `weights[i * span + t] * input[first[i] + t]`. The weights of an output sum to 1.
 */
export interface Weights {
  first: Int32Array
  count: Int32Array
  /** Places kept for each output; at least the largest count. */
  span: number
  weights: Float64Array
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

interface Kernel {
  /** Half the width of the kernel, in input pixels when not shrinking. */
  support: number
  at: (x: number) => number
}

const kernels: Record<Exclude<SmoothFilter, 'nearest'>, Kernel> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, at: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))) },
  // Keys 1981 with a = −0.5 (PyTorch and OpenCV use −0.75)
  bicubic: { support: 2, at: cubic },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
}

/** The window of inputs that the kernel touches around an output's centre. */
const reach = (center: number, support: number, inSize: number): [number, number] => [
  Math.max(0, Math.trunc(center - support + 0.5)),
  Math.min(inSize, Math.trunc(center + support + 0.5)),
]

/**
 * Weights that resize `inSize` samples to `outSize`; the kernel is stretched when shrinking (antialiasing).
 *
 * @param from,length the outputs wanted (default: all)
 * @param extent how far the samples reach that are resized (default: to the end of the last)
 * @example filterWeights(4, 2, 'box').weights // [0.5, 0.5, …]
 */
export function filterWeights(
  inSize: number,
  outSize: number,
  filter: Exclude<SmoothFilter, 'nearest'>,
  from = 0,
  length = outSize,
  extent = inSize,
): Weights {
  const { support: radius, at } = kernels[filter]
  const scale = extent / outSize
  const stretch = Math.max(1, scale)
  const support = radius * stretch
  const span = Math.min(inSize, Math.ceil(support) * 2 + 1)
  const first = new Int32Array(length)
  const count = new Int32Array(length)
  const weights = new Float64Array(length * span)
  const inverse = 1 / stretch
  for (let i = 0; i < length; i++) {
    const center = (from + i + 0.5) * scale
    const [low, high] = reach(center, support, inSize)
    let sum = 0
    for (let t = 0; t < high - low; t++) {
      const weight = at((t + low - center + 0.5) * inverse)
      weights[i * span + t] = weight
      sum += weight
    }
    if (sum !== 0) for (let t = 0; t < high - low; t++) weights[i * span + t] = (weights[i * span + t] as number) / sum
    first[i] = low
    count[i] = high - low
  }
  return { first, count, span, weights }
}

/** Which input each output takes, for `nearest`. Pillow adds up the step, so we do too: the rounding is part of the answer. */
export function nearestIndices(inSize: number, outSize: number, from: number, length: number): Int32Array {
  const step = inSize / outSize
  const indices = new Int32Array(length)
  let place = step * 0.5
  for (let i = 0; i < from + length; i++) {
    if (i >= from) indices[i - from] = Math.min(inSize - 1, Math.trunc(place))
    place += step
  }
  return indices
}
