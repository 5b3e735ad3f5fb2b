/** @file Normalisations of images: InstanceNormalization, GroupNormalization, MeanVarianceNormalization. */
import type { Shape, Value } from '../../graph/graph.ts'
import { type Contribution, type Rule, type RuleContext, wrapped } from '../rule.ts'
import { inverseRoot, standardize, standardizedGradient, wide } from './standardize.ts'

const ones = (x: Value): Shape => x.shape.slice(2).map(() => 1)

/** Statistics over each of `groups` groups of channels of one image; `laid`: the shape in which scale and bias broadcast over [N, groups, C/groups, …]. */
function grouped(context: RuleContext, groups: number, laid: Shape): Contribution[] {
  const { g, x, b: scale } = context
  const channels = x.shape[1] as number
  const split = (value: Value): Value => g.reshape(value, [value.shape[0] ?? 1, groups, channels / groups, ...value.shape.slice(2)])
  const dy = split(wide(g, context.dy))
  const axes = [...dy.shape.keys()].slice(2)
  const standard = standardize(g, split(wide(g, x)), axes, true, inverseRoot(g, context.float('epsilon', 1e-5)))
  const parameter = (position: number, gradient: Value): Value => {
    const { shape, type } = context.input(position)
    return g.cast(g.reshape(g.reduceTo(gradient, laid), shape), type)
  }
  const inputGradient = (): Value => {
    const dx = standardizedGradient(g, standard, g.mul(dy, g.reshape(wide(g, scale), laid)))
    return g.cast(g.reshape(dx, x.shape), x.type)
  }
  return [
    context.wants(0) ? inputGradient() : undefined,
    context.wants(1) ? parameter(1, g.mul(dy, standard.normal)) : undefined,
    context.wants(2) ? parameter(2, dy) : undefined,
  ]
}

/** Every channel is a group. Ulyanov et al. 2016, arXiv:1607.08022 */
export const InstanceNormalization: Rule = (context) => {
  const channels = context.x.shape[1] as number
  return grouped(context, channels, [1, channels, 1, ...ones(context.x)])
}

/** Scale and bias are per group in opset 18 and per channel from 21 on. Wu and He 2018, arXiv:1803.08494 */
export const GroupNormalization: Rule = (context) => {
  const groups = context.int('num_groups', 1)
  const each = context.opset < 21 ? 1 : (context.x.shape[1] as number) / groups
  return grouped(context, groups, [1, groups, each, ...ones(context.x)])
}

/** y = (x − mean)/(√variance + 10⁻⁹) */
export const MeanVarianceNormalization: Rule = (context) => {
  const { g } = context
  const axes = (context.ints('axes') ?? [0, 2, 3]).map((axis) => wrapped(axis, context.x.shape.length))
  const standard = standardize(g, wide(g, context.x), axes, true, (variance) => g.div(1, g.add(g.unary('Sqrt', variance), 1e-9)))
  return [g.cast(standardizedGradient(g, standard, wide(g, context.dy)), context.x.type)]
}
