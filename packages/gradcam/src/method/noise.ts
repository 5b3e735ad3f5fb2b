/** @file Gradients at noisy copies of the image: their mean, and the mean of their squares. */
import { extremes } from '../core/numbers.ts'
import { randomOf } from '../core/random.ts'
import type { Value } from '../graph/graph.ts'
import type { GraphContext } from '../run/graph-context.ts'
import { numberOption, wholeOption } from './options.ts'
import type { RunContext } from '../run/run-context.ts'

/** Options of the methods that look at noisy copies. */
export const copyOptions = {
  samples: wholeOption(25, [1, 10000], 'noisy copies of the image'),
  noise: numberOption(0.15, [0, 10], 'standard deviation of the noise, as a part of the range of the image'),
}

/** max x − min x */
export function rangeOf(values: Float32Array): number {
  const [low, high] = extremes(values)
  return high - low
}

/** Gaussian noise for the i-th copy of the image, [C, H, W]; the same for the same seed and i. */
export function gaussian({ image, seed }: RunContext, deviation: number): (i: number) => Float32Array {
  const sigma = deviation * rangeOf(image.data)
  return (i) => {
    const random = randomOf(seed, i)
    return Float32Array.from({ length: image.data.length }, () => sigma * random.normal())
  }
}

export interface NoisyCopies {
  samples: number
  /** What is added to the i-th copy, [C, H, W]. */
  noise: (i: number) => Float32Array
  gradient: (context: GraphContext) => Value
}

/** Runs noisy copies of the image, and hands over the gradient of each, one after the other. */
export async function eachNoisyGradient(
  context: RunContext,
  { samples, noise, gradient }: NoisyCopies,
  take: (gradient: Float32Array) => void,
): Promise<void> {
  const { channels, height, width, data: x } = context.image
  const forward = await context.forward({
    key: 'noisy',
    feeds: { noise: { shape: [channels, height, width], each: true } },
    image: (g, image, fed) => g.add(image, fed('noise')),
    outputs: (context) => ({ gradient: gradient(context) }),
  })
  await forward.each(
    samples,
    (from, size) => {
      const values = new Float32Array(size * x.length)
      for (let i = 0; i < size; i++) values.set(noise(from + i), i * x.length)
      return { noise: values }
    },
    ({ gradient: rows = new Float32Array() }, _, size) => {
      const length = rows.length / size
      for (let i = 0; i < size; i++) take(rows.subarray(i * length, (i + 1) * length))
    },
  )
}

/** 1/n Σ g_i and 1/n Σ g_i², g_i = ∂y/∂x at x + noise(i), [C, H, W] each. */
export async function noisyGradients(
  context: RunContext,
  samples: number,
  noise: NoisyCopies['noise'],
): Promise<{ mean: Float64Array; square: Float64Array }> {
  const { length } = context.image.data
  const [mean, square] = [new Float64Array(length), new Float64Array(length)]
  await eachNoisyGradient(context, { samples, noise, gradient: ({ imageGradient }) => imageGradient() }, (gradient) => {
    for (let k = 0; k < length; k++) {
      const value = gradient[k] as number
      mean[k] = (mean[k] as number) + value / samples
      square[k] = (square[k] as number) + (value * value) / samples
    }
  })
  return { mean, square }
}
