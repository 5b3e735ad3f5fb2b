/** @file Activations. On a kink: Relu passes nothing, LeakyRelu and PRelu take the branch x ≥ 0, HardSigmoid passes on its bounds. */
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import { toFloat32 } from '../../core/tensor.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { convolve } from './grouped.ts'

/** `y > 0` rather than `x > 0`: the runtime can still fuse Relu into the convolution before it. */
export const Relu: Rule = ({ g, y, compact }) => [g.mul(compact, g.positive(y))]

export const LeakyRelu: Rule = (context) => {
  const { g, x, compact } = context
  return [g.where(g.less(x, 0), g.mul(compact, context.float('alpha', 0.01)), compact)]
}

export const PRelu: Rule = (context) => {
  const { g, x, b: slope, dy } = context
  const negative = g.less(x, 0)
  return [
    context.wants(0) ? g.where(negative, g.mul(dy, slope), dy) : undefined,
    context.wants(1) ? g.where(negative, g.mul(dy, x), 0) : undefined,
  ]
}

/**
 * y(1 − y). In 32 bits 1 − y loses its digits near 1, and the runtime's y near 0, so that of scores is written with e = exp(−|x|):
 * e/(1 + e)². Gates are many, and seldom saturate.
 */
export const Sigmoid: Rule = ({ g, x, y, compact, weighs }) => {
  if (weighs) return [g.mul(compact, g.mul(y, g.sub(1, y)))]
  const e = g.unary('Exp', g.unary('Neg', g.unary('Abs', x)))
  const more = g.add(e, 1)
  return [g.mul(compact, g.div(e, g.mul(more, more)))]
}

export const Tanh: Rule = ({ g, y, compact }) => [g.mul(compact, g.sub(1, g.mul(y, y)))]

/** y = x ± bias where |x| > λ, else 0 */
export const Shrink: Rule = (context) => {
  const { g, x, compact } = context
  return [g.where(g.greater(g.unary('Abs', x), context.float('lambd', 0.5)), compact, 0)]
}

export const HardSigmoid: Rule = (context) => {
  const { g, x, compact } = context
  const alpha = context.float('alpha', 0.2)
  const line = g.add(g.mul(x, alpha), context.float('beta', 0.5))
  const inside = g.where(g.greater(line, 1), 0, g.where(g.less(line, 0), 0, compact))
  return [g.mul(inside, alpha)]
}

/** y = x · clip(x/6 + 1/2, 0, 1), so dy/dx = clip(x/6 + 1/2, 0, 1) + x/6 between −3 and 3. */
export const HardSwish: Rule = ({ g, x, compact }) => {
  const ramp = g.add(g.mul(x, 1 / 6), 0.5)
  const slope = g.where(g.less(x, -3), 0, g.where(g.greater(x, 3), 1, g.add(ramp, g.mul(x, 1 / 6))))
  return [g.mul(compact, slope)]
}

/**
 * Where nothing was clipped y is x itself, bounds included, as in torch.clamp. A Clip from 0 is a rectifier (ReLU6), and
 * passes nothing on its bounds, as torch's hardtanh and our Relu: then y alone tells, and the runtime can still fuse.
 */
export const Clip: Rule = (context) => {
  const { g, x, y, compact } = context
  const [low, high] = [bound(context, 1, 'min'), bound(context, 2, 'max')]
  if (low !== 0 || Number.isNaN(high))
    return [g.mul(compact, g.ramp(g.unary('Abs', g.sub(x, y)), x.type === 'float16' ? -65504 : -3e38, 1))]
  return [g.mul(compact, high === undefined || high > 1e30 ? g.positive(y) : between(context, y, high))]
}

/** 1 where 0 < y < high, else 0, for y that is nowhere outside. Powers of two keep the comparison with `high` exact. */
function between(context: RuleContext, y: Value, high: number): Value {
  const { g } = context
  const exponent = Math.floor(Math.log2(Math.max(high, 2 ** -126)))
  if (!inBlocks(context, y) || Math.abs(exponent) > 20) {
    const scale = 2 ** -exponent
    return g.positive(g.mul(y, g.ramp(y, -scale, scale * high)))
  }
  // each `outside` is 1 where y lies on a bound, and 0 between them: whole numbers below 2^24, and nothing is rounded
  const [steps, steep] = [high / (high - below(high)), 2 ** 100]
  const low = g.relu(scaled(g, y, -steps * steep, steps))
  const outside = g.relu(g.add(scaled(g, y, steps / high, 1 - steps), low))
  return g.relu(scaled(g, outside, -1, 1))
}

/** slope · x + start as a convolution of each channel, which takes in a sum and a Relu after it without another pass over memory. */
function scaled(g: Builder, x: Value, slope: number, start: number): Value {
  const channels = x.shape[1] as number
  const all = (value: number, dims: readonly number[]): Value => g.floats(new Float32Array(channels).fill(value), dims, x.type)
  const attributes = { kernel_shape: [1, 1] }
  const convolution = { groups: channels, output: x.shape.slice(2), attributes, bias: all(start, [channels]) }
  return convolve(g, x, all(slope, [channels, 1, 1, 1]), convolution)
}

/**
 * Whether y lies in blocks of 16 channels, the layout in which the CPU provider convolves. There a convolution, the sum
 * after it and the Relu after that are one pass over memory; ramps and products take one each.
 */
const inBlocks = (context: RuleContext, { type, shape }: Value): boolean =>
  type === 'float32' && shape.length === 4 && Number(shape[1]) % 16 === 0 && ['Conv', 'BatchNormalization'].includes(context.maker(0) ?? '')

/** The next smaller float32. */
function below(value: number): number {
  const single = Float32Array.of(value)
  const bits = new Uint32Array(single.buffer)
  bits[0] = (bits[0] as number) - 1
  return single[0] as number
}

/** A bound of Clip where it is known: an attribute before opset 11, an input after. */
function bound(context: RuleContext, position: number, name: string): number | undefined {
  if (!context.has(position)) return context.node.attributes.has(name) ? context.float(name, 0) : undefined
  const value = context.constant(position)
  return value ? toFloat32(value)[0] : Number.NaN
}
