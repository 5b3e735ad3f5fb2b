/** @file Relevance through what has weights (Conv, ConvTranspose, Gemm, MatMul): the ε, γ and z⁺ rules. */
import type { Value } from '../../../graph/graph.ts'
import type { Rule, RuleContext } from '../../rule.ts'
import { gemmAttributes } from '../../rules/fused-linear.ts'
import { convolve, convolveTransposed } from '../../rules/grouped.ts'
import { windowAttributes } from '../../rules/window.ts'
import { onlyInput, perUnit, type RelevanceRule, shares } from './relevance.ts'

/** Inputs by position: the tensor on the path, the weights, and a bias or none. */
type Inputs = Readonly<Record<number, Value | undefined>>

/** Which input is the tensor on the path, and which holds the weights. */
function roles(context: RuleContext): { data: number; weights: number; bias: Value | undefined } {
  // the bias may be on the path, too: it is added, not multiplied
  const both = context.wants(0) && context.wants(1)
  const data = both ? onlyInput(context) : context.wants(1) ? 1 : 0
  return { data, weights: 1 - data, bias: context.optional(2) }
}

/** The node's output for other inputs. */
function forward(context: RuleContext, inputs: Inputs): Value {
  const seen = context.altered({ inputs })
  const { g, node, x, b, y } = seen
  switch (node.operator) {
    case 'Gemm':
      return g.node('Gemm', [x, b, seen.optional(2)], y, gemmAttributes(seen))
    case 'MatMul':
      return g.node('MatMul', [x, b], y)
    default: {
      const { group: _, ...attributes } = windowAttributes(seen)
      const convolution = { groups: seen.int('group', 1), output: y.shape.slice(2), attributes }
      const product = node.operator === 'Conv' ? convolve(g, x, b, convolution) : convolveTransposed(g, x, b, convolution)
      return seen.has(2) ? g.add(product, g.reshape(seen.c, [1, ...seen.c.shape, ...y.shape.slice(2).map(() => 1)])) : product
    }
  }
}

/** Σ x_p ⊙ J_pᵀs_p over parts: the node with other inputs, and what is shared out over them. */
function gathered(context: RuleContext, rule: Rule, parts: readonly [Inputs, s: Value][]): (Value | undefined)[] {
  const all = parts.map(([inputs, s]) => shares(context, rule, s, inputs))
  return context.node.inputs.map((_, i) => {
    const terms = all.flatMap((each) => each[i] ?? [])
    return terms.length > 0 ? context.g.total(terms) : undefined
  })
}

/** Both parts of what raises z: x⁺W⁺ + b⁺, and x⁻W⁻. */
function raising(context: RuleContext): [Inputs, Inputs] {
  const { g } = context
  const { data, weights, bias } = roles(context)
  const [x, w] = [context.input(data), context.input(weights)]
  const [positive, strong] = [g.relu(x), g.relu(w)]
  return [
    { [data]: positive, [weights]: strong, ...(bias ? { 2: g.relu(bias) } : {}) },
    { [data]: g.sub(x, positive), [weights]: g.sub(w, strong), 2: undefined },
  ]
}

/** LRP-ε: z is the output as it is. Bach et al. 2015, doi:10.1371/journal.pone.0130140, eq. 58 */
export const epsilonRule: RelevanceRule = (context, own, epsilon) => {
  roles(context)
  return shares(context, own, perUnit(context, context.y, epsilon))
}

/**
 * LRP-z⁺, that is αβ with α = 1 and β = 0: z = x⁺W⁺ + x⁻W⁻ + b⁺ is never negative, so that no relevance turns its sign.
 * Bach et al. 2015, eq. 60; Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008
 */
export const zPlusRule: RelevanceRule = (context, own, epsilon) => {
  const [up, down] = raising(context)
  const s = perUnit(context, context.g.add(forward(context, up), forward(context, down)), epsilon)
  return gathered(
    context,
    own,
    [up, down].map((part) => [part, s]),
  )
}

/**
 * LRP-γ: W + γW⁺ for W and b + γb⁺ for b (Montavon et al. 2019, doi:10.1007/978-3-030-28954-6_10, section 10.2.1), which
 * assumes x ≥ 0. For x of both signs, as generalised by Andéol et al. 2021, arXiv:2106.04923: what has the sign of z
 * counts 1 + γ times, so that z′ = z + γ·(the part of z that has its sign) is never nearer to 0 than z.
 */
export const gammaRule =
  (gamma: number): RelevanceRule =>
  (context, own, epsilon) => {
    if (gamma === 0) return epsilonRule(context, own, epsilon)
    const { g, y: z } = context
    const { data, weights, bias } = roles(context)
    const [up, down] = raising(context)
    const raised = g.add(forward(context, up), forward(context, down))
    const negative = g.less(z, 0)
    const modified = g.add(z, g.mul(g.where(negative, g.sub(z, raised), raised), gamma))
    const s = perUnit(context, modified, epsilon)
    const [whereUp, whereDown] = [g.where(negative, 0, s), g.where(negative, s, 0)]
    // values with their positive, or their negative part counted more
    const favoured = (value: Value): Value => g.add(value, g.mul(g.relu(value), gamma))
    const disfavoured = (value: Value): Value => g.sub(g.mul(value, 1 + gamma), g.mul(g.relu(value), gamma))
    const part = (x: Value | undefined, change: (value: Value) => Value, offset?: Value): Inputs => ({
      [data]: x,
      [weights]: change(context.input(weights)),
      2: offset && change(offset),
    })
    return gathered(context, own, [
      [part(up[data], favoured, bias), whereUp],
      [part(down[data], disfavoured), whereUp],
      [part(up[data], disfavoured, bias), whereDown],
      [part(down[data], favoured), whereDown],
    ])
  }
