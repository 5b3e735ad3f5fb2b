/** @file An image with some of its parts covered, many times over: the sampler that LIME and KernelSHAP share. */
import type { Warning } from '../../core/errors.ts'
import type { RunContext } from '../../run/run-context.ts'
import { errorDetails, notConverged, toleranceOption } from '../convergence.ts'
import type { Outcome } from '../definition.ts'
import { type ValuesOf, wholeOption } from '../options.ts'
import { unmoved } from '../unmoved.ts'
import { segmentFill, segmentFillOption } from './fill.ts'
import { scoreKindOf, scoreOf, scoreOption } from './score.ts'
import { segmentationOptions, segmented, spread, weightedSegments } from './segmentation.ts'

const checkEvery = 256
const none = new Float32Array()

export const partOptions = {
  ...segmentationOptions,
  samples: wholeOption(2048, [2, 1_000_000], 'versions of the image'),
  fill: segmentFillOption,
  tolerance: toleranceOption,
  score: scoreOption('logit'),
}

/** A model of the score over parts that are on or off. */
export interface PartsModel {
  /** How many versions of the image are run. */
  count: number
  /** How many of them come before the samples. */
  before: number
  /** Samples before which nobody stops. */
  enough: number
  /** Writes which parts version i shows: 1 on, 0 off. */
  choose(item: number, on: Float32Array): void
  /** Gets every version in its order. */
  add(item: number, on: Float32Array, score: number): void
  /** Of the weights, as a part of their range. */
  error(): number
  /** @throws GradcamError `bad-option` where the samples do not determine the weights */
  result(samples: number): { weights: Float64Array; details: Outcome['details']; warnings?: readonly Warning[] }
}

/** Cuts the image into parts, and runs versions of it until the model's weights are known. */
export async function explainParts(
  context: RunContext,
  options: ValuesOf<typeof partOptions>,
  modelOf: (parts: number) => PartsModel,
): Promise<Outcome> {
  const { height, width, channels } = context.image
  // superpixels may be fewer than asked for
  const { tolerance, features } = options
  const segmentation = segmented(context, options)
  const model = modelOf(segmentation.count)
  const measure = scoreKindOf(context, options.score)
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
  const shared = { labels: Float32Array.from(segmentation.labels), fill: segmentFill(context, segmentation, options.fill) }
  const row = (on: Float32Array, i: number): Float32Array => on.subarray(i * features, i * features + segmentation.count)
  let samples = 0
  const scores = new Float32Array(model.count)
  await forward.each(
    model.count,
    (from, size) => {
      const on = new Float32Array(size * features)
      for (let i = 0; i < size; i++) model.choose(from + i, row(on, i))
      return { ...shared, on }
    },
    ({ score = none }, from, size, { on = none }) => {
      scores.set(score, from)
      for (let i = 0; i < size; i++) {
        model.add(from + i, row(on, i), score[i] as number)
        samples = from + i + 1 - model.before
        if (tolerance > 0 && samples % checkEvery === 0 && samples >= model.enough && model.error() <= tolerance) return 'stop'
      }
      return undefined
    },
  )
  const error = model.error()
  const { weights, details, warnings = [] } = model.result(samples)
  return {
    ...{ width, height, data: spread(segmentation, weights) },
    details: { measure, ...details, ...errorDetails(error, tolerance), features: weightedSegments(segmentation, width, weights) },
    warnings: [...warnings, ...notConverged(error, tolerance, samples)],
    unmoved: await unmoved(context, scores.subarray(0, samples + model.before)),
  }
}
