/** @file LayerNormalization and RMSNormalization: over the last axes, scaled element by element. */
import type { Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import type { Contribution, Rule, RuleContext } from '../rule.ts'
import { inverseRoot, standardize, standardizedGradient, wide } from './standardize.ts'

/** The axes from `axis` on. */
const lastAxes = ({ x, axis }: RuleContext): number[] => [...x.shape.keys()].slice(axis(-1))

/** Summed down to a parameter's shape before it loses precision. */
const parameter = ({ g, input }: RuleContext, position: number, gradient: Value): Value =>
  g.cast(g.reduceTo(gradient, input(position).shape), input(position).type)

/** The gradients of x, scale and bias. */
function gradients(context: RuleContext, centred: boolean): Contribution[] {
  const { g, b: scale } = context
  const dy = wide(g, context.dy)
  const standard = standardize(g, wide(g, context.x), lastAxes(context), centred, inverseRoot(g, context.float('epsilon', 1e-5)))
  return [
    context.wants(0) ? g.cast(standardizedGradient(g, standard, g.mul(dy, wide(g, scale))), context.x.type) : undefined,
    context.wants(1) ? parameter(context, 1, g.mul(dy, standard.normal)) : undefined,
    context.wants(2) ? parameter(context, 2, dy) : undefined,
  ]
}

/** y = n·scale + bias; outputs 1 and 2 are the mean and r. Ba et al. 2016, arXiv:1607.06450 */
export const LayerNormalization: Rule = (context) => ([1, 2].some(context.cotangentOf) ? withStatistics(context) : gradients(context, true))

const withStatistics = composite((context) => {
  const { g, b: scale } = context
  const x = wide(g, context.x)
  const mean = g.mean(x, lastAxes(context))
  const { inverse, normal } = standardize(g, x, lastAxes(context), true, inverseRoot(g, context.float('epsilon', 1e-5)))
  const scaled = g.mul(normal, wide(g, scale))
  const bias = context.optional(2)
  return [g.cast(bias ? g.add(scaled, wide(g, bias)) : scaled, context.x.type), mean, inverse]
})

/** y = x·r·scale, r = 1/√(mean x² + ε). Zhang and Sennrich 2019, arXiv:1910.07467 */
export const RMSNormalization: Rule = (context) => gradients(context, false)
