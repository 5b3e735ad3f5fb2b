/** @file Gradients at noisy copies of the image: the means of their powers. */
import { stacked } from '../core/batch.ts'
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
  return (i) => randomOf(seed, i).normals(image.data.length, sigma)
}

interface NoisyCopies {
  samples: number
  /** What is added to the i-th copy, [C, H, W]. */
  noise: (i: number) => Float32Array
  gradient: (context: GraphContext) => Value
}

/** 1/n Σ g_i^p for each power p from 1, g_i the gradient at x + noise(i). */
export async function meanPowers(
  context: RunContext,
  { samples, noise, gradient }: NoisyCopies,
  powers: number,
): Promise<readonly Float64Array[]> {
  const { channels, height, width } = context.image
  const forward = await context.forward({
    key: 'noisy',
    feeds: { noise: { shape: [channels, height, width], each: true } },
    image: (g, image, fed) => g.add(image, fed('noise')),
    outputs: (context) => ({ gradient: gradient(context) }),
  })
  let means: Float64Array[] = []
  await forward.each(
    samples,
    (from, size) => ({ noise: stacked(Array.from({ length: size }, (_, i) => noise(from + i))) }),
    ({ gradient: rows = new Float32Array() }, from, size) => {
      const length = rows.length / size
      if (from === 0) means = Array.from({ length: powers }, () => new Float64Array(length))
      for (let start = 0; start < rows.length; start += length)
        for (let k = 0; k < length; k++) {
          let power = 1 / samples
          for (const mean of means) mean[k] = (mean[k] as number) + (power *= rows[start + k] as number)
        }
    },
  )
  return means
}
