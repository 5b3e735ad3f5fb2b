/** @file KernelSHAP: Shapley values of the parts of an image, by a weighted regression. */
import { badOption, type GradcamError } from '../../core/errors.ts'
import { standardError } from '../convergence.ts'
import { defineMethod } from '../definition.ts'
import { coalitionsOf } from './coalitions.ts'
import { addSample, joined, type Moments, noMoments, solveSymmetric } from './least-squares.ts'
import { explainParts, partOptions, type PartsModel } from './parts.ts'

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
  options: { ...partOptions, samples: { ...partOptions.samples, about: 'coalitions; as many as there are give exact values' } },
  run: (context, options) => explainParts(context, options, (parts) => coalitionModel(parts, options.samples, context.seed)),
})

function coalitionModel(parts: number, samples: number, seed: number): PartsModel {
  const coalitions = coalitionsOf(parts, samples, seed)
  if (!coalitions.exact && samples < parts) throw undetermined(samples, parts)
  const halves = [noMoments(parts), noMoments(parts)] as const
  // of the whole image, and of none of it: the first two versions
  let [score, baseline] = [0, 0]
  return {
    count: coalitions.count + 2,
    before: 2,
    enough: coalitions.exact ? Number.POSITIVE_INFINITY : 1,
    choose(item, on) {
      if (item < 2) on.fill(item === 0 ? 1 : 0)
      else coalitions.choose(item - 2, on)
    },
    add(item, on, value) {
      if (item === 0) score = value
      else if (item === 1) baseline = value
      else {
        const pair = (item - 2) >> 1
        const size = on.reduce((sum, one) => sum + one, 0)
        addSample(halves[pair % 2 === 0 ? 0 : 1], on, value - baseline, coalitions.weight(size))
      }
    },
    error() {
      if (coalitions.exact) return 0
      const [a, b] = halves.map((half) => shapleyValues(half, score - baseline))
      return a && b ? standardError(a, b) : Number.POSITIVE_INFINITY
    },
    result(used) {
      const weights = parts === 1 ? Float64Array.of(score - baseline) : shapleyValues(joined(...halves), score - baseline)
      if (!weights) throw undetermined(used, parts)
      return { weights, details: { score, baseline, samples: used, exact: coalitions.exact } }
    },
  }
}

/** φ = A⁻¹(b − λ1) with λ so that Σφ = `total`; A = Σ w z zᵀ, b = Σ w z y. Undefined where the samples do not determine it. */
function shapleyValues({ features, zz, zy }: Moments, total: number): Float64Array | undefined {
  const [free, ones] = solveSymmetric(zz, [zy, new Float64Array(features).fill(1)]) ?? []
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
