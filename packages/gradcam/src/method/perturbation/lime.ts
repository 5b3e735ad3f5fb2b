/** @file LIME: a simple model of the score over parts of the image that are on or off. */
import { badOption, type Warning } from '../../core/errors.ts'
import { randomOf } from '../../core/random.ts'
import { defineMethod } from '../definition.ts'
import { segmentFill, segmentFillOption } from './fill.ts'
import { errorDetails, notConverged, standardError, toleranceOption } from './halves.ts'
import { scoreKindOf, scoreOption } from './score.ts'
import type { LinearFit } from './ridge.ts'
import { segmentationOptions, segmented, spread, weightedSegments } from './segmentation.ts'
import { ridgeSurrogate, surrogates, treeSurrogate } from './surrogate.ts'
import { toggle } from './toggle.ts'
import { choiceOption, numberOption, wholeOption } from '../options.ts'

const checkEvery = 256

/**
 * Weights β of argmin Σ π(z)(y(z) − z·β − β₀)² + λ|β|² over random on/off vectors z, equations 1 and 2 of Ribeiro et al., KDD 2016,
 * arXiv:1602.04938, with π(z) = exp(−d²/2σ²), d the cosine distance of z to all parts on. With `model` tree a regression tree
 * instead, the default of MATLAB's imageLIME: the weights are what its splits on a part explain.
 */
export const lime = defineMethod({
  name: 'lime',
  title: 'LIME',
  family: 'perturbation',
  signed: 'evidence',
  source: 'Ribeiro et al. 2016, arXiv:1602.04938',
  cost: 'samples (2048 by default)',
  options: {
    ...segmentationOptions,
    samples: wholeOption(2048, [2, 1_000_000], 'versions of the image'),
    model: choiceOption(
      'ridge',
      surrogates,
      'a linear model with signed weights, or a regression tree, whose weights are parts of the explained variance',
    ),
    kernel: choiceOption('exponential', ['exponential', 'none'], 'versions near the image count more, or all the same'),
    kernelWidth: numberOption(0.25, [0.001, 1000], 'σ of the exponential kernel, over the cosine distance'),
    ridge: numberOption(1, [0, 1e9], 'penalty λ on the squared weights'),
    fill: segmentFillOption,
    tolerance: toleranceOption,
    score: scoreOption('logit'),
  },
  async run(context, options) {
    const { height, width } = context.image
    const segmentation = segmented(context, options)
    const features = segmentation.count
    const { samples, tolerance } = options
    const width2 = options.kernel === 'none' ? Number.POSITIVE_INFINITY : 2 * options.kernelWidth ** 2
    const measure = scoreKindOf(context, options.score)
    const surrogate = options.model === 'tree' ? treeSurrogate(features, samples) : ridgeSurrogate(features, options.ridge)
    let [used, origin] = [0, 0]
    const error = (): number => {
      const [a, b] = [surrogate.fit(0), surrogate.fit(1)]
      return a && b ? standardError(a.weights, b.weights) : Number.POSITIVE_INFINITY
    }
    await toggle(context, {
      ...{ features: options.features, fill: segmentFill(context, segmentation, options.fill) },
      ...{ segmentation, measure, count: samples },
      choose(item, on) {
        const random = randomOf(context.seed, item)
        // the first one is the image itself
        for (let i = 0; i < features; i++) on[i] = item === 0 || random.uniform() < 0.5 ? 1 : 0
      },
      take(item, on, score) {
        // scores are counted from the first one: sums of squares stay exact
        if (item === 0) origin = score
        const share = on.reduce((sum, one) => sum + one, 0) / features
        const distance = 1 - Math.sqrt(share)
        surrogate.add(item % 2 === 0 ? 0 : 1, on, score - origin, Math.exp(-(distance ** 2) / width2))
        used = item + 1
        return tolerance > 0 && used % checkEvery === 0 && used >= 4 * features && error() <= tolerance ? 'stop' : undefined
      },
    })
    const last = error()
    const fit = fitted(surrogate.fit('both'), features, samples)
    return {
      ...{ width, height, data: spread(segmentation, fit.weights) },
      details: {
        ...{ measure, score: origin, samples: used, r2: fit.r2, intercept: fit.intercept + origin },
        ...errorDetails(last, tolerance),
        features: weightedSegments(segmentation, width, fit.weights),
      },
      warnings: [...tooFew(used, features), ...notConverged(last, tolerance, used)],
    }
  },
})

function fitted(fit: LinearFit | undefined, features: number, samples: number): LinearFit {
  if (fit) return fit
  throw badOption(
    `${samples} samples do not determine the weights of ${features} parts`,
    'take more `samples`, fewer `features`, or a `ridge` above 0',
  )
}

const tooFew = (samples: number, features: number): Warning[] =>
  samples > features
    ? []
    : [
        {
          code: 'few-samples',
          message: `${samples} samples for ${features} parts: the weights are the penalty's doing as much as the network's`,
          hint: 'take more `samples` (ten times the features or more), or fewer `features`',
        },
      ]
