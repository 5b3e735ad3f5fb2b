/** @file The sum that all class activation maps share: channels, each with its weight. */
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Value } from '../../graph/graph.ts'

/** Σ_k w_k A_k: weights [N, C, 1, 1] and activations [N, C, h, w] to [N, h, w]. */
export function weightedSum(g: Builder, weights: Value, activations: Value): Value {
  const [batch, channels, height, width] = activations.shape as [Dim, number, number, number]
  const row = g.reshape(weights, [batch, 1, channels])
  const places = g.reshape(activations, [batch, channels, height * width])
  return g.reshape(g.matmul(row, places), [batch, height, width])
}
