/** @file Ablation-CAM: each channel weighted by how much the score falls when the channel is silenced. */
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import { type Warning, warn } from '../../core/errors.ts'
import { defineMethod } from '../definition.ts'
import { unmoved } from '../unmoved.ts'
import { addChannel } from './weighted-sum.ts'

/**
 * L = Σ_k w_k A_k with w_k = (y − y_k)/y, y_k the score with channel k set to 0 (Desai and Ramaswamy, WACV 2020, equation 4).
 * Only the part of the network behind the feature layer is run again, and all that is fed is which channel.
 */
export const ablationCam = defineMethod({
  name: 'ablation-cam',
  title: 'Ablation-CAM',
  family: 'cam',
  signed: 'evidence',
  source: 'Desai and Ramaswamy, WACV 2020',
  cost: '1 + channels × the part behind the feature layer',
  async run(context) {
    const features = await context.forwardResult()
    const { score: y, channels, height, width } = features
    const silenced = await context.forward({
      key: 'silenced',
      feeds: { channel: { shape: [], each: true } },
      features: (g, fed) => allBut(g, fed('channel'), channels),
    })
    const { score: without = new Float32Array() } = await silenced.run(channels, (from, size) => ({
      channel: Float32Array.from({ length: size }, (_, i) => from + i),
    }))
    const data = new Float32Array(height * width)
    // where y is 0 the weights are infinite: their order is kept, and what divides them all alike is left out
    const divisor = isNothing(y, without) ? 1 : y
    for (let k = 0; k < channels; k++) addChannel(data, features.activations, k, (y - (without[k] as number)) / divisor)
    const still = await unmoved(context, [y, ...without])
    return { width, height, data, unmoved: still, warnings: divisor === y || still ? [] : scoreIsNothing(y) }
  },
})

/** 0 for one channel of each item and 1 for all others: channel numbers [N] to [N, C, 1, 1]. */
function allBut(g: Builder, channel: Value, channels: number): Value {
  const iota = g.constant({ type: 'int32', dims: [1, channels, 1, 1], data: Int32Array.from({ length: channels }, (_, k) => k) })
  const [batch] = channel.shape
  return g.cast(g.not(g.equal(g.reshape(g.cast(channel, 'int32'), [batch ?? 1, 1, 1, 1]), iota)), 'float32')
}

/** Whether a score is zero but for rounding, beside what the channels do to it. */
function isNothing(y: number, without: Float32Array): boolean {
  const max = without.reduce((most, score) => Math.max(most, Math.abs(y - score)), 0)
  return Math.abs(y) <= 1e-6 * max || y === 0
}

const scoreIsNothing = (y: number): Warning[] =>
  warn(
    'score-zero',
    `the score is ${y.toPrecision(3)}: what channels add to it is no meaningful part of it`,
    'the map is Σ (y − y_k) A_k, not divided by y',
  )
