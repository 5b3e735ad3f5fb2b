/** @file KernelSHAP: Shapley values of the parts of an image, by a weighted regression. */
import { badOption, GradcamError } from '../../core/errors.ts'
import { defineMethod } from '../definition.ts'
import { solveSymmetric } from './cholesky.ts'
import { coalitionsOf } from './coalitions.ts'
import { segmentFill, segmentFillOption } from './fill.ts'
import { errorDetails, notConverged, standardError, toleranceOption } from './halves.ts'
import { scoreKindOf, scoreOption } from './score.ts'
import { addSample, joined, type Moments, noMoments } from './moments.ts'
import { segmentationOptions, segmented, spread, weightedSegments } from './segmentation.ts'
import { toggle } from './toggle.ts'
import { wholeOption } from '../options.ts'

const checkEvery = 256

/**
 * φ of argmin Σ π(z)(y(z) − y(∅) − z·φ)² with Σφ = y(x) − y(∅) and the Shapley kernel π, Lundberg and Lee, NeurIPS 2017,
 * arXiv:1705.07874, theorem 2. Random coalitions come in pairs, as in Covert and Lee, AISTATS 2021, arXiv:2012.01536.
 */
export const kernelShap = defineMethod({
  name: 'kernel-shap',
  title: 'KernelSHAP',
  family: 'perturbation',
  signed: 'evidence',
  source: 'Lundberg and Lee 2017, arXiv:1705.07874',
  cost: '2 + samples (2048 by default); exact from 2^features − 2 samples',
  options: {
    ...segmentationOptions,
    samples: wholeOption(2048, [2, 1_000_000], 'coalitions; as many as there are give exact values'),
    fill: segmentFillOption,
    tolerance: toleranceOption,
    score: scoreOption('logit'),
  },
  async run(context, options) {
    const { height, width } = context.image
    const segmentation = segmented(context, options)
    const features = segmentation.count
    const { samples, tolerance } = options
    const coalitions = coalitionsOf(features, samples, context.seed)
    if (!coalitions.exact && samples < features) throw undetermined(samples, features)
    const measure = scoreKindOf(context, options.score)
    const halves = [noMoments(features), noMoments(features)] as const
    let [score, baseline, used] = [0, 0, 0]
    const error = (): number => {
      if (coalitions.exact) return 0
      const [a, b] = halves.map((half) => shapleyValues(half, score - baseline))
      return a && b ? standardError(a, b) : Number.POSITIVE_INFINITY
    }
    await toggle(context, {
      ...{ features: options.features, fill: segmentFill(context, segmentation, options.fill) },
      ...{ segmentation, measure, count: coalitions.count + 2 },
      choose(item, on) {
        if (item < 2) on.fill(item === 0 ? 1 : 0)
        else coalitions.choose(item - 2, on)
      },
      take(item, on, value) {
        if (item === 0) score = value
        if (item === 1) baseline = value
        if (item < 2) return undefined
        const pair = (item - 2) >> 1
        const size = on.reduce((sum, one) => sum + one, 0)
        addSample(halves[pair % 2 === 0 ? 0 : 1], on, value - baseline, coalitions.weight(size))
        used = item - 1
        return tolerance > 0 && !coalitions.exact && used % checkEvery === 0 && error() <= tolerance ? 'stop' : undefined
      },
    })
    const last = error()
    const values = features === 1 ? Float64Array.of(score - baseline) : shapleyValues(joined(...halves), score - baseline)
    if (!values) throw undetermined(used, features)
    return {
      ...{ width, height, data: spread(segmentation, values) },
      details: {
        ...{ measure, score, baseline, samples: used, exact: coalitions.exact },
        ...errorDetails(last, tolerance),
        features: weightedSegments(segmentation, width, values),
      },
      warnings: notConverged(last, tolerance, used),
    }
  },
})

/** φ = A⁻¹(b − λ1) with λ so that Σφ = `total`; A = Σ w z zᵀ, b = Σ w z y. Undefined where the samples do not determine it. */
function shapleyValues({ features, zz, zy }: Moments, total: number): Float64Array | undefined {
  const symmetric = zz.map((value, at) => {
    const [row, column] = [Math.floor(at / features), at % features]
    return row >= column ? value : (zz[column * features + row] as number)
  })
  const [free, ones] = solveSymmetric(symmetric, [zy, new Float64Array(features).fill(1)]) ?? []
  if (!free || !ones) return undefined
  const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0)
  const multiplier = (sum(free) - total) / sum(ones)
  return free.map((value, i) => value - multiplier * (ones[i] as number))
}

const undetermined = (samples: number, features: number): GradcamError =>
  badOption(
    `${samples} samples do not determine the Shapley values of ${features} parts`,
    'take more `samples` (ten times the features or more), or fewer `features`',
  )
