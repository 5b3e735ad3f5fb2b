/** @file What every pixel adds to the score on the straight ways from baselines to the image. */
import { stacked } from '../../core/batch.ts'
import type { FeedSpec } from '../../run/forward-model.ts'
import type { RunContext } from '../../run/run-context.ts'
import type { Attributed } from './completeness.ts'

/** A place on the way from a baseline [C, H, W], `at` 0, to the image, `at` 1. */
export interface Place {
  baseline: Float32Array
  at: number
  weight: number
}

export interface Ways {
  /** How many places there are. */
  count: number
  place(i: number): Place
  /** How many baselines there are: those of the first places. */
  baselines: number
}

/** Σ w_i (x − b_i) ⊙ ∂y/∂x at b_i + α_i (x − b_i), with y(x) and the mean of y(b_i). */
export async function fromBaselines(context: RunContext, { count, place, baselines }: Ways): Promise<Attributed> {
  const { data: x, channels, height, width } = context.image
  const image: FeedSpec = { shape: [channels, height, width], each: true }
  const [gradients, scores] = await Promise.all([
    context.forward({
      key: 'between',
      feeds: { baseline: image, at: { shape: [1, 1, 1], each: true } },
      image: (g, image, fed) => g.add(fed('baseline'), g.mul(fed('at'), g.sub(image, fed('baseline')))),
      outputs: (context) => ({ gradient: context.imageGradient() }),
    }),
    context.forward({ key: 'scores', feeds: { shown: image }, image: (_, __, fed) => fed('shown') }),
  ])
  const total = count + baselines + 1
  const data = new Float64Array(x.length)
  // places that are under way, by the first of their batch
  const begun = new Map<number, Place[]>()
  await gradients.each(
    count,
    (from, size) => {
      const places = Array.from({ length: size }, (_, i) => place(from + i))
      begun.set(from, places)
      return { baseline: stacked(places.map(({ baseline }) => baseline)), at: Float32Array.from(places, ({ at }) => at) }
    },
    ({ gradient = new Float32Array() }, from) => {
      for (const [i, { baseline, weight }] of (begun.get(from) ?? []).entries())
        for (let k = 0; k < x.length; k++) {
          const difference = (x[k] as number) - (baseline[k] as number)
          data[k] = (data[k] as number) + weight * difference * (gradient[i * x.length + k] as number)
        }
      begun.delete(from)
    },
    (done) => context.progress(done, total),
  )
  const shown = (i: number): Float32Array => (i === 0 ? x : place(i - 1).baseline)
  const { score: [score = Number.NaN, ...before] = [] } = await scores.run(
    baselines + 1,
    (from, size) => ({ shown: stacked(Array.from({ length: size }, (_, i) => shown(from + i))) }),
    (done) => context.progress(count + done, total),
  )
  return { data, channels, height, width, score, before: before.reduce((sum, each) => sum + each / baselines, 0) }
}
