/** @file Deep feature factorisation: the features as a few concepts, each with its places, and which of them the score needs. */
import { stacked } from '../../core/batch.ts'
import { badOption } from '../../core/errors.ts'
import { product } from '../../core/numbers.ts'
import { defineMethod } from '../definition.ts'
import { wholeOption } from '../options.ts'
import type { RunContext } from '../../run/run-context.ts'
import { type Factorization, factorize } from './nmf.ts'

const maxComponents = 32

const options = {
  components: wholeOption(5, [1, maxComponents], 'concepts that the features are made of'),
  component: wholeOption(1, [1, maxComponents], 'which is shown: 1 for the one that scores highest'),
  iterations: wholeOption(200, [1, 10_000], 'rounds of the factorisation at most'),
}

/**
 * A ≈ W·H, all of them non-negative, W [C, n] concepts and H [n, Z] where each is found (Collins et al., ECCV 2018, arXiv:1806.10206).
 * The map is ‖W_k‖·H_k of one concept: that with the highest score y_k, which the network gives when only the concept's share
 * W_k·H_k / W·H of the features is left. Channels with negative values are lifted to 0 first.
 */
export const deepFeatureFactorization = defineMethod({
  name: 'dff',
  title: 'Deep feature factorisation',
  family: 'cam',
  source: 'Collins et al. 2018, arXiv:1806.10206',
  cost: '1 + components × the part behind the feature layer',
  options,
  async run(context, { components: rank, component: shown, iterations }) {
    if (shown > rank) throw badOption(`component ${shown} of ${rank} is asked for`, `component is a number from 1 to ${rank}`)
    const { activations, channels, height, width } = await context.forwardResult()
    const places = height * width
    const settings = { rank, iterations, tolerance: 1e-4, seed: context.seed }
    const parts = factorize(lifted(activations, places), channels, places, settings)
    const scores = await scoresOf(context, parts, rank)
    const energy = Array.from({ length: rank }, (_, k) => energyOf(parts, k, rank))
    const order = Array.from(scores.keys()).sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
    const total = energy.reduce((sum, { size }) => sum + size, 0)
    const components = order.map((k) => ({ score: scores[k], share: (energy[k]?.size ?? 0) / (total || 1), map: energy[k]?.map }))
    const data = Float32Array.from(components[shown - 1]?.map ?? [])
    return { width, height, data, details: { components, shown, error: parts.error, iterations: parts.iterations } }
  },
})

/** Each channel raised until nothing in it is negative, [C, Z]. */
function lifted(activations: Float32Array, places: number): Float64Array {
  const values = Float64Array.from(activations, (value) => (Number.isFinite(value) ? value : 0))
  for (let start = 0; start < values.length; start += places) {
    const lowest = values.subarray(start, start + places).reduce((low, value) => Math.min(low, value), 0)
    for (let i = start; i < start + places; i++) values[i] = (values[i] as number) - lowest
  }
  return values
}

/** The k-th concept: its column of W, [C], and its row of H, [Z]. */
const conceptOf = ({ wt, h }: Factorization, k: number, rank: number): [w: Float64Array, h: Float64Array] => [
  wt.subarray((k * wt.length) / rank, ((k + 1) * wt.length) / rank),
  h.subarray((k * h.length) / rank, ((k + 1) * h.length) / rank),
]

/** The score of the network when only one concept's share of the features is left, concept by concept. */
async function scoresOf(context: RunContext, parts: Factorization, rank: number): Promise<Float32Array> {
  const { height, width } = context.layers.feature.layout
  const concepts = Array.from({ length: rank }, (_, k) => {
    const [w, h] = conceptOf(parts, k, rank)
    return product(w, h, 1)
  })
  const whole = concepts.reduce((sum, one) => sum.map((value, i) => value + (one[i] as number)))
  const forward = await context.forward({
    key: 'shares',
    feeds: { shares: { shape: [whole.length / (height * width), height, width], each: true } },
    features: (_, fed) => fed('shares'),
  })
  const shares = concepts.map((one) => Float32Array.from(one, (value, i) => (whole[i] === 0 ? 0 : value / (whole[i] as number))))
  const { score = new Float32Array() } = await forward.run(rank, (from, size) => ({ shares: stacked(shares.slice(from, from + size)) }))
  return score
}

/** ‖W_k‖·H_k, and the sum of W_k·H_k: how much of the features the concept is. */
function energyOf(parts: Factorization, k: number, rank: number): { map: number[]; size: number } {
  const [w, h] = conceptOf(parts, k, rank)
  const length = Math.sqrt(w.reduce((sum, value) => sum + value ** 2, 0))
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)
  return { map: Array.from(h, (value) => Math.fround(length * value)), size: total(w) * total(h) }
}
