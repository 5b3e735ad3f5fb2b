/** @file ONNX Runtime's fusions of convolutions and products with what follows them (com.microsoft). */
import type { Attributes } from '../../graph/builder/builder.ts'
import type { Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import type { RuleContext } from '../rule.ts'
import { windowAttributes } from './window.ts'

/** Activations that are fused, with the names of their parameters in order. Clip, which has bounds, is apart. */
const activations: Readonly<Record<string, readonly string[]>> = {
  ...{ Relu: [], Tanh: [], Sigmoid: [], HardSwish: [] },
  ...{ LeakyRelu: ['alpha'], HardSigmoid: ['alpha', 'beta'] },
}

/** x behind the activation of a fused operator. */
function activated(context: RuleContext, parameters: readonly number[], x: Value): Value {
  const { g } = context
  const operator = context.string('activation', '')
  const [first, second] = parameters
  if (operator === '') return x
  if (operator === 'Clip') return g.clip(x, first ?? -3.4e38, second ?? 3.4e38)
  const names = activations[operator] ?? context.refuse(`its activation ${operator} is not supported`)
  const given = names.slice(0, parameters.length).map((name, i) => [name, { float: parameters[i] as number }])
  return g.node(operator, [x], x, Object.fromEntries(given))
}

/** y = activation(W ∗ x + b): with a sum inside it is read in parts. */
export const FusedConv = composite((context) => {
  const { g, x } = context
  const bias = context.optional(2)
  const product = g.node('Conv', [x, context.b, bias], { type: x.type, shape: context.result.shape }, windowAttributes(context))
  return activated(context, context.node.attributes.get('activation_params')?.floats ?? [], product)
})

/** The attributes of a Gemm, as they are. */
export const gemmAttributes = ({ int, float }: RuleContext): Attributes => ({
  ...{ transA: int('transA', 0), transB: int('transB', 0) },
  ...{ alpha: { float: float('alpha', 1) }, beta: { float: float('beta', 1) } },
})

/** Y = activation(α·A′·B′ + β·C) */
export const FusedGemm = composite((context) => {
  const { g, x } = context
  const bias = context.optional(2)
  const sum = g.node('Gemm', [x, context.b, bias], { type: x.type, shape: context.result.shape }, gemmAttributes(context))
  const names = ['activation_alpha', 'activation_beta'].filter((name) => context.node.attributes.has(name))
  const parameters = names.map((name) => context.float(name, 0))
  return activated(context, parameters, sum)
})

/** Y = α·A′·B′. transBatch moves the first axis, which is a batch, behind the rows. */
export const FusedMatMul = composite((context) => {
  const { g } = context
  const turned = (x: Value, side: 'A' | 'B'): Value => {
    const rank = x.shape.length
    const order = x.shape.map((_, i) => i)
    // [M, batch…, K] to [batch…, M, K]
    if (context.int(`transBatch${side}`, 0) !== 0) order.splice(0, rank - 1, ...order.slice(1, rank - 1), 0)
    if (context.int(`trans${side}`, 0) !== 0 && rank > 1) order.push(...order.splice(rank - 2, 2).reverse())
    return g.transpose(x, order)
  }
  const product = g.node('MatMul', [turned(context.x, 'A'), turned(context.b, 'B')], { type: context.x.type, shape: context.result.shape })
  const alpha = context.float('alpha', 1)
  return alpha === 1 ? product : g.mul(product, alpha)
})

/** A convolution of [N, H, W, C], filters as ever [K, C/groups, kernel…]. */
export const NhwcConv = composite((context) => {
  const { g, x } = context
  const shape = context.result.shape
  const result = { type: x.type, shape: [0, 3, 1, 2].map((axis) => shape[axis] ?? 1) }
  const bias = context.optional(2)
  return g.transpose(g.node('Conv', [g.transpose(x, [0, 3, 1, 2]), context.b, bias], result, windowAttributes(context)), [0, 2, 3, 1])
})
