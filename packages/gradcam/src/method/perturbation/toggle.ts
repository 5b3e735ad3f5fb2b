/** @file Scores of an image with some of its parts covered: the sampler that LIME and KernelSHAP share. */
import type { RunContext } from '../../run/run-context.ts'
import type { Segmentation } from './grid.ts'
import { scoreOf, type ScoreKind } from './score.ts'

export interface Toggling {
  segmentation: Segmentation
  measure: ScoreKind
  /** Upper limit of parts for any image: superpixels may be fewer. */
  features: number
  /** What covers, [C, H, W]. */
  fill: Float32Array
  count: number
  /** Writes which parts item i shows: 1 on, 0 off. */
  choose(item: number, on: Float32Array): void
  /** Gets every item in its order, and may end the procedure. */
  take(item: number, on: Float32Array, score: number): 'stop' | undefined | void
}

/** Runs `count` versions of the image. */
export async function toggle(context: RunContext, how: Toggling): Promise<void> {
  const { segmentation, measure, features, fill, count } = how
  const { height, width, channels } = context.image
  const forward = await context.forward({
    key: 'toggled',
    feeds: {
      on: { shape: [features], each: true },
      labels: { shape: [height, width], each: false },
      fill: { shape: [channels, height, width], each: false },
    },
    image(g, image, fed) {
      const part = g.reshape(g.cast(fed('labels'), 'int32'), [height * width])
      const on = g.gather(fed('on'), part, 1) // [N, H·W]
      const shown = g.reshape(g.greater(on, 0.5), [on.shape[0] ?? 1, 1, height, width])
      return g.where(shown, image, fed('fill'))
    },
    outputs: (context) => ({ score: scoreOf(context, measure) }),
  })
  const shared = { labels: Float32Array.from(segmentation.labels), fill }
  let on = new Float32Array(0)
  await forward.each(
    count,
    (from, size) => {
      on = new Float32Array(size * features)
      for (let i = 0; i < size; i++) how.choose(from + i, on.subarray(i * features, i * features + segmentation.count))
      return { ...shared, on }
    },
    ({ score = new Float32Array() }, from, size) => {
      for (let i = 0; i < size; i++) {
        const row = on.subarray(i * features, i * features + segmentation.count)
        if (how.take(from + i, row, score[i] as number) === 'stop') return 'stop'
      }
      return undefined
    },
  )
}
