/** @file LIME: a simple model of the score over parts of the image that are on or off. */
import { badOption, type GradcamError, type Warning, warn } from '../../core/errors.ts'
import { randomOf } from '../../core/random.ts'
import { standardError } from '../convergence.ts'
import { defineMethod } from '../definition.ts'
import { choiceOption, numberOption, type ValuesOf } from '../options.ts'
import { explainParts, partOptions, type PartsModel } from './parts.ts'
import { ridgeSurrogate, surrogates, treeSurrogate } from './surrogate.ts'

const options = {
  ...partOptions,
  model: choiceOption(
    'ridge',
    surrogates,
    'a linear model with signed weights, or a regression tree, whose weights are parts of the explained variance',
  ),
  kernel: choiceOption('exponential', ['exponential', 'none'], 'versions near the image count more, or all the same'),
  kernelWidth: numberOption(0.25, [0.001, 1000], 'σ of the exponential kernel, over the cosine distance'),
  ridge: numberOption(1, [0, 1e9], 'penalty λ on the squared weights'),
}

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
  options,
  run: (context, options) => explainParts(context, options, (parts) => surrogateModel(parts, options, context.seed)),
})

function surrogateModel(parts: number, chosen: ValuesOf<typeof options>, seed: number): PartsModel {
  const { samples, kernel, kernelWidth, model } = chosen
  const width2 = kernel === 'none' ? Number.POSITIVE_INFINITY : 2 * kernelWidth ** 2
  const surrogate = model === 'tree' ? treeSurrogate(parts, samples) : ridgeSurrogate(parts, chosen.ridge)
  let origin = 0
  return {
    count: samples,
    before: 0,
    enough: 4 * parts,
    choose(item, on) {
      const random = randomOf(seed, item)
      // the first one is the image itself
      for (let i = 0; i < parts; i++) on[i] = item === 0 || random.uniform() < 0.5 ? 1 : 0
    },
    add(item, on, score) {
      // scores are counted from the first one: sums of squares stay exact
      if (item === 0) origin = score
      const distance = 1 - Math.sqrt(on.reduce((sum, one) => sum + one, 0) / parts)
      surrogate.add(item % 2 === 0 ? 0 : 1, on, score - origin, Math.exp(-(distance ** 2) / width2))
    },
    error() {
      const [a, b] = [surrogate.fit(0), surrogate.fit(1)]
      return a && b ? standardError(a.weights, b.weights) : Number.POSITIVE_INFINITY
    },
    result(used) {
      const fit = surrogate.fit('both')
      if (!fit) throw undetermined(samples, parts)
      const { weights, r2, intercept } = fit
      return { weights, details: { score: origin, samples: used, r2, intercept: intercept + origin }, warnings: tooFew(used, parts) }
    },
  }
}

const undetermined = (samples: number, parts: number): GradcamError =>
  badOption(
    `${samples} samples do not determine the weights of ${parts} parts`,
    'take more `samples`, fewer `features`, or a `ridge` above 0',
  )

const tooFew = (samples: number, parts: number): Warning[] =>
  samples > parts
    ? []
    : warn(
        'few-samples',
        `${samples} samples for ${parts} parts: the weights are the penalty's doing as much as the network's`,
        'take more `samples` (ten times the features or more), or fewer `features`',
      )
