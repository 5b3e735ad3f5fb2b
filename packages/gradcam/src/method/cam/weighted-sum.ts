/** @file The sum that all class activation maps share: channels, each with its weight. */
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Value } from '../../graph/graph.ts'

/** Σ_k w_k A_k: weights [N, C, 1, 1] and activations [N, C, h, w], or [1, C, h, w] for all weights, to [N, h, w]. */
export function weightedSum(g: Builder, weights: Value, activations: Value): Value {
  const [batch, channels, height, width] = activations.shape as [Dim, number, number, number]
  const many = weights.shape[0] as Dim
  if (batch === 1 && many !== 1) {
    const product = g.matmul(g.reshape(weights, [many, channels]), g.reshape(activations, [channels, height * width]))
    return g.reshape(product, [many, height, width])
  }
  const row = g.reshape(weights, [batch, 1, channels])
  const places = g.reshape(activations, [batch, channels, height * width])
  return g.reshape(g.matmul(row, places), [batch, height, width])
}

/** The same for numbers, channel by channel: map += weight · A_k, in place; activations are rows of [C, h, w]. */
export function addChannel(map: Float32Array | Float64Array, activations: Float32Array, channel: number, weight: number): void {
  const start = channel * map.length
  for (let place = 0; place < map.length; place++) map[place] = (map[place] as number) + weight * (activations[start + place] as number)
}
