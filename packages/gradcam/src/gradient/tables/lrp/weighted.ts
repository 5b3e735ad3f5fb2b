/** @file Relevance through what has weights (Conv, ConvTranspose, Gemm, MatMul): the ε, γ and z⁺ rules. */
import type { Value } from '../../../graph/graph.ts'
import type { Rule, RuleContext } from '../../rule.ts'
import { convolve, convolveTransposed } from '../../rules/grouped.ts'
import { altered } from '../altered.ts'
import { onlyInput, shares, stabilized } from './relevance.ts'

/** Makes the relevance rule of an operator with weights out of its plain rule. */
export type WeightedRule = (plain: Rule) => Rule

/** Inputs by position: the tensor on the way, the weights that it meets, and a bias or none. */
type Inputs = Readonly<Record<number, Value | undefined>>

/** Which input is the tensor on the way, and which holds the weights. */
function roles(context: RuleContext): { data: number; weights: number; bias: Value | undefined } {
  // the bias may be on the way, too: it is added, not multiplied
  const both = context.wants(0) && context.wants(1)
  const data = both ? onlyInput(context) : context.wants(1) ? 1 : 0
  return { data, weights: 1 - data, bias: context.has(2) ? context.c : undefined }
}

const windowLists = ['kernel_shape', 'strides', 'pads', 'dilations', 'output_padding', 'output_shape']

/** What the node would put out for other inputs. */
function forward(context: RuleContext, inputs: Inputs): Value {
  const seen = altered(context, { inputs })
  const { g, node, x, b, y } = seen
  switch (node.operator) {
    case 'Gemm': {
      const attributes = {
        ...{ transA: seen.int('transA', 0), transB: seen.int('transB', 0) },
        ...{ alpha: { float: seen.float('alpha', 1) }, beta: { float: seen.float('beta', 1) } },
      }
      return g.node('Gemm', [x, b, seen.has(2) ? seen.c : undefined], y, attributes)
    }
    case 'MatMul':
      return g.node('MatMul', [x, b], y)
    default: {
      const lists = windowLists.flatMap((name) => {
        const values = seen.ints(name)
        return values ? [[name, values] as const] : []
      })
      const auto = node.attributes.has('auto_pad') ? { auto_pad: seen.string('auto_pad', 'NOTSET') } : {}
      const convolution = { groups: seen.int('group', 1), output: y.shape.slice(2), attributes: { ...Object.fromEntries(lists), ...auto } }
      const product = node.operator === 'Conv' ? convolve(g, x, b, convolution) : convolveTransposed(g, x, b, convolution)
      return seen.has(2) ? g.add(product, g.reshape(seen.c, [1, ...seen.c.shape, ...y.shape.slice(2).map(() => 1)])) : product
    }
  }
}

/** Σ over the parts of x_p ⊙ J_pᵀ(R_y / stab(Σ z_p)), z_p what the node puts out for that part's inputs. */
function relevance(context: RuleContext, rule: Rule, parts: readonly Inputs[], epsilon: number): (Value | undefined)[] {
  const { g } = context
  const total = parts.map((inputs) => forward(context, inputs)).reduce((sum, z) => g.add(sum, z))
  const s = g.div(context.compact, stabilized(g, total, epsilon))
  const all = parts.map((inputs) => shares(context, rule, s, inputs))
  return context.node.inputs.map((_, i) => {
    const terms = all.flatMap((each) => each[i] ?? [])
    return terms.length > 0 ? terms.reduce((sum, term) => g.add(sum, term)) : undefined
  })
}

/** LRP-ε: z is the output as it is. Bach et al. 2015, doi:10.1371/journal.pone.0130140, eq. 58 */
export const epsilonRule =
  (epsilon: number): WeightedRule =>
  (plain) =>
  (context) => {
    roles(context)
    return shares(context, plain, context.g.div(context.compact, stabilized(context.g, context.y, epsilon)))
  }

/** LRP-γ: W + γW⁺ for W, and the bias likewise. Montavon et al. 2019, doi:10.1007/978-3-030-28954-6_10, section 10.2.1 */
export const gammaRule =
  (gamma: number, epsilon: number): WeightedRule =>
  (plain) =>
  (context) => {
    const { g } = context
    const { weights, bias } = roles(context)
    const favoured = (value: Value): Value => (gamma === 0 ? value : g.add(value, g.mul(g.relu(value), gamma)))
    const inputs = { [weights]: favoured(context.input(weights)), ...(bias ? { 2: favoured(bias) } : {}) }
    return relevance(context, plain, [inputs], epsilon)
  }

/**
 * LRP-z⁺, that is αβ with α = 1 and β = 0: z = x⁺W⁺ + x⁻W⁻ + b⁺ is never negative, so that no relevance turns its sign.
 * Bach et al. 2015, eq. 60; Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008
 */
export const zPlusRule =
  (epsilon: number): WeightedRule =>
  (plain) =>
  (context) => {
    const { g } = context
    const { data, weights, bias } = roles(context)
    const [x, w] = [context.input(data), context.input(weights)]
    const [positive, strong] = [g.relu(x), g.relu(w)]
    const parts: Inputs[] = [
      { [data]: positive, [weights]: strong, ...(bias ? { 2: g.relu(bias) } : {}) },
      { [data]: g.sub(x, positive), [weights]: g.sub(w, strong), 2: undefined },
    ]
    return relevance(context, plain, parts, epsilon)
  }
