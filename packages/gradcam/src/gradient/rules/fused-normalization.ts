/** @file ONNX Runtime's own normalisations (com.microsoft): with a skip connection, and GroupNorm. */
import type { Dim, Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import type { RuleContext } from '../rule.ts'

/** y = norm(x + skip + bias); output 3 is the sum. */
function skipped(context: RuleContext, operator: string, parameters: readonly number[], bias: number): (Value | undefined)[] {
  const { g } = context
  const sum = g.add(context.x, context.b)
  const total = context.has(bias) ? g.add(sum, context.input(bias)) : sum
  for (const position of [1, 2]) if (context.cotangentOf(position)) context.refuse('its statistics cannot be differentiated')
  const given = parameters.map((position) => (context.has(position) ? context.input(position) : undefined))
  const y = g.node(operator, [total, ...given], total, { axis: -1, epsilon: { float: context.float('epsilon', 1e-5) } })
  return [y, undefined, undefined, total]
}

/** Inputs: x, skip, gamma, beta, bias. */
export const SkipLayerNormalization = composite((context) => skipped(context, 'LayerNormalization', [2, 3], 4))

/** Inputs: x, skip, gamma, bias. */
export const SkipSimplifiedLayerNormalization = composite((context) => skipped(context, 'SimplifiedLayerNormalization', [2], 3))

/** y = activation(groups of channels standardised · gamma + beta), channels last by default; activation 1 is SiLU. */
export const GroupNorm = composite((context) => {
  const { g, x } = context
  const last = context.int('channels_last', 1) !== 0
  const rank = x.shape.length
  const spatial = x.shape.slice(2).map((_, i) => i)
  const image = last ? g.transpose(x, [0, rank - 1, ...spatial.map((i) => i + 1)]) : x
  const [batch, channels] = image.shape as [Dim, number]
  const groups = context.int('groups', 1)
  const [ones, zeros] = [1, 0].map((value) => g.floats(new Float32Array(groups).fill(value), [groups], x.type)) as [Value, Value]
  const folded = g.reshape(image, [batch, groups, channels / groups, ...image.shape.slice(2)])
  const normal = g.node('InstanceNormalization', [folded, ones, zeros], folded, { epsilon: { float: context.float('epsilon', 1e-5) } })
  const perChannel = (position: number): Value => g.reshape(g.cast(context.input(position), x.type), [channels, ...spatial.map(() => 1)])
  const scaled = g.add(g.mul(g.reshape(normal, image.shape), perChannel(1)), perChannel(2))
  const y = context.int('activation', 0) === 0 ? scaled : g.mul(scaled, g.unary('Sigmoid', scaled))
  return last ? g.transpose(y, [0, ...spatial.map((i) => i + 2), 1]) : y
})
