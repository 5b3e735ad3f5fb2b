/** @file BatchNormalization (its statistics fixed, or in training mode those of the batch) and LRN. */
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import type { Rule } from '../rule.ts'

/** All axes but the channels'. */
const others = (x: Value): number[] => x.shape.flatMap((_, i) => (i === 1 ? [] : [i]))

/** A vector over channels, laid so that it broadcasts over [N, C, …]. */
const overChannels = (g: Builder, vector: Value, x: Value): Value =>
  g.reshape(vector, [1, ...vector.shape, ...x.shape.slice(2).map(() => 1)])

/** y = (x − mean) · scale / √(var + ε) + bias */
export const BatchNormalization: Rule = (context) => {
  const { g, x, b: scale, opset } = context
  if (opset < 9 && context.int('spatial', 1) === 0) context.refuse('spatial=0 is not supported', 'export the model with opset 9 or newer')
  if (context.int('training_mode', 0) !== 0) return trained(context)
  const [mean, variance] = [context.input(3), context.input(4)]
  const deviation = g.unary('Sqrt', g.add(variance, context.float('epsilon', 1e-5)))
  // a product with 1/deviation is no model that the runtime can optimise, where the scale comes through an Identity
  const slope = g.div(scale, deviation)
  const factor = overChannels(g, slope, x)
  const perChannel = (value: Value): Value => g.reshape(g.sum(value, others(x), false), scale.shape)
  const centred = (): Value => g.sub(x, overChannels(g, mean, x))
  // d y / d scale summed per channel: Σ dy · (x − mean) / √(var + ε)
  const scaleGradient = (): Value => g.div(perChannel(g.mul(context.dy, centred())), deviation)
  return [
    context.wants(0) ? g.mul(context.compact, factor) : undefined,
    context.wants(1) ? scaleGradient() : undefined,
    context.wants(2) ? perChannel(context.dy) : undefined,
    context.wants(3) ? g.neg(g.mul(perChannel(context.dy), slope)) : undefined,
    context.wants(4) ? g.mul(g.div(g.mul(scaleGradient(), slope), deviation), -0.5) : undefined,
  ]
}

/** y = n · scale + bias; mean and variance are the batch's own, and outputs 1 and 2 are the running ones: running · momentum + batch · (1 − momentum). */
const trained = composite((context) => {
  const { g, x, b: scale, c: bias } = context
  const axes = others(x)
  const momentum = context.float('momentum', 0.9)
  const mean = g.mean(x, axes)
  const centred = g.sub(x, mean)
  const variance = g.mean(g.mul(centred, centred), axes)
  const normal = g.div(centred, g.unary('Sqrt', g.add(variance, context.float('epsilon', 1e-5))))
  const running = (position: number, batch: Value): Value =>
    g.add(g.mul(context.input(position), momentum), g.mul(g.reshape(batch, scale.shape), 1 - momentum))
  const y = g.add(g.mul(normal, overChannels(g, scale, x)), overChannels(g, bias, x))
  return [y, running(3, mean), running(4, variance)]
})

// one slice per neighbour
const maxNeighbours = 256

/** The sum over neighbouring channels: that many before, that many behind. */
function neighbours(g: Builder, x: Value, before: number, behind: number): Value {
  const channels = x.shape[1] as number
  const padded = g.padAlong(x, 1, before, behind)
  return g.total(Array.from({ length: before + behind + 1 }, (_, shift) => g.slice(padded, 1, shift, shift + channels)))
}

/** S^exponent; 3/4, which is what networks use, by two square roots. */
function power(g: Builder, base: Value, exponent: number): Value {
  if (exponent !== 0.75) return g.pow(base, exponent)
  const root = g.unary('Sqrt', base)
  return g.mul(root, g.unary('Sqrt', root))
}

/**
 * Local response normalisation: y = x / S^β, S = bias + α/size · Σ x² over neighbouring channels.
 * dx = dy/S^β − 2αβ/size · x · Σ dy·x·S^(−β−1), summed over the channels whose window holds this one.
 */
export const LRN: Rule = (context) => {
  const { g, x, y, dy } = context
  const size = context.int('size', 1)
  const [alpha, beta, bias] = [context.float('alpha', 1e-4), context.float('beta', 0.75), context.float('bias', 1)]
  if (size > maxNeighbours) context.refuse(`it looks at ${size} channels at once, more than ${maxNeighbours}`)
  const before = Math.floor((size - 1) / 2)
  const behind = size - 1 - before
  const base = g.add(g.mul(neighbours(g, g.mul(x, x), before, behind), alpha / size), bias)
  const divisor = power(g, base, beta)
  // with the divisor at hand one division makes y, where the runtime's own node takes a power of every element
  if (y.type === x.type) g.instead(y, g.div(x, divisor))
  // x·S^(−β−1) = y/S
  const spread = neighbours(g, g.mul(dy, g.div(y, base)), behind, before)
  return [g.sub(g.div(dy, divisor), g.mul(g.mul(x, spread), (2 * alpha * beta) / size))]
}
