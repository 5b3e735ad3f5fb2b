/** @file Activations. On a kink: Relu passes nothing, LeakyRelu and PRelu take the branch x ≥ 0, HardSigmoid passes on its bounds. */
import type { Value } from '../../graph/graph.ts'
import { toFloat32 } from '../../tensor.ts'
import type { Rule, RuleContext } from '../rule.ts'

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

export const Sigmoid: Rule = ({ g, y, compact }) => [g.mul(compact, g.mul(y, g.sub(1, y)))]

export const Tanh: Rule = ({ g, y, compact }) => [g.mul(compact, g.sub(1, g.mul(y, y)))]

/** The gradient where `low ≤ value ≤ high`, zero elsewhere. */
function inside({ g, compact }: RuleContext, value: Value, low: Value | number | undefined, high: Value | number | undefined): Value {
  const below = low === undefined ? undefined : g.less(value, low)
  const above = high === undefined ? undefined : g.greater(value, high)
  let passed = compact
  if (below) passed = g.where(below, 0, passed)
  return above ? g.where(above, 0, passed) : passed
}

export const HardSigmoid: Rule = (context) => {
  const { g, x } = context
  const alpha = context.float('alpha', 0.2)
  const line = g.add(g.mul(x, alpha), context.float('beta', 0.5))
  return [g.mul(inside(context, line, 0, 1), alpha)]
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
  return [g.mul(compact, g.positive(high === undefined || high > 1e30 ? y : g.mul(y, g.ramp(y, -steepness(high), 1))))]
}

/** The least float32 slope that takes `high` down by 1 or more, so that 1 − slope · y is positive below it and nowhere else. */
function steepness(high: number): number {
  const slope = Math.fround(1 / high)
  return slope * high >= 1 ? slope : Math.fround(slope * (1 + 2 ** -23))
}

/** A bound of Clip where it is known: an attribute before opset 11, an input after. */
function bound(context: RuleContext, position: number, name: string): number | undefined {
  if (!context.has(position)) return context.node.attributes.has(name) ? context.float(name, 0) : undefined
  const value = context.constant(position)
  return value ? toFloat32(value)[0] : Number.NaN
}
