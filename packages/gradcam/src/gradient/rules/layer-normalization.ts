/** @file LayerNormalization and RMSNormalization: over the last axes, scaled element by element. */
import type { Value } from '../../graph/graph.ts'
import { sizeOf } from '../../core/tensor.ts'
import { fixedDims, type Rule, type RuleContext } from '../rule.ts'
import { inverseRoot, type Standardized, standardize, standardizedGradient, wide } from './standardize.ts'

/** The axes from `axis` on. */
const lastAxes = ({ x, axis }: RuleContext): number[] => [...x.shape.keys()].slice(axis(-1))

/** Summed down to a parameter's shape before it loses precision. */
const parameter = ({ g, input }: RuleContext, position: number, gradient: Value): Value =>
  g.cast(g.reduceTo(gradient, input(position).shape), input(position).type)

/** y = n·scale + bias; outputs 1 and 2 are the mean and r. Ba et al. 2016, arXiv:1607.06450 */
export const LayerNormalization: Rule = (context) => {
  const { g, b: scale } = context
  const x = wide(g, context.x)
  const given = context.gradient(0)
  const dy = given && wide(g, given)
  const standard = standardize(g, x, lastAxes(context), true, inverseRoot(g, context.float('epsilon', 1e-5)))
  const parts: Value[] = []
  if (context.wants(0)) {
    if (dy) parts.push(standardizedGradient(g, standard, g.mul(dy, wide(g, scale))))
    parts.push(...statisticsGradients(context, standard))
  }
  return [
    parts.length > 0 ? g.cast(g.total(parts), context.x.type) : undefined,
    context.wants(1) && dy ? parameter(context, 1, g.mul(dy, standard.normal)) : undefined,
    context.wants(2) && dy ? parameter(context, 2, dy) : undefined,
  ]
}

/** d mean/dx = 1/size, dr/dx = −r²·n/size */
function statisticsGradients(context: RuleContext, { axes, inverse, normal }: Standardized): Value[] {
  const { g, x } = context
  const [mean, deviation] = [context.gradient(1), context.gradient(2)]
  if (!mean && !deviation) return []
  const dims = axes.map((axis) => x.shape[axis] ?? 1)
  const share = 1 / sizeOf(fixedDims(context, dims))
  const parts: Value[] = []
  if (mean) parts.push(g.mul(wide(g, mean), share))
  if (deviation) parts.push(g.mul(g.mul(wide(g, deviation), g.mul(g.mul(inverse, inverse), -share)), normal))
  return parts
}

/** y = x·r·scale, r = 1/√(mean x² + ε). Zhang and Sennrich 2019, arXiv:1910.07467 */
export const RMSNormalization: Rule = (context) => {
  const { g, b: scale } = context
  const dy = wide(g, context.dy)
  const standard = standardize(g, wide(g, context.x), lastAxes(context), false, inverseRoot(g, context.float('epsilon', 1e-5)))
  return [
    context.wants(0) ? g.cast(standardizedGradient(g, standard, g.mul(dy, wide(g, scale))), context.x.type) : undefined,
    context.wants(1) ? parameter(context, 1, g.mul(dy, standard.normal)) : undefined,
  ]
}
