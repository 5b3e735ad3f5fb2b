/** @file Relevance through what has no weights: sums, pools, activations, moved elements, quantisation. */
import type { Rule, RuleTable } from '../../rule.ts'
import { Add } from '../../rules/arithmetic.ts'
import { altered } from '../altered.ts'
import { plain } from '../plain.ts'
import { onlyInput, pass, passFirst, refused, shares, split, stabilized } from './relevance.ts'

const all = (operators: readonly string[], rule: (own: Rule) => Rule): RuleTable =>
  Object.fromEntries(operators.map((operator) => [operator, rule((plain[operator] ?? plain[`com.microsoft:${operator}`]) as Rule)]))

const activations = [
  ...['Relu', 'LeakyRelu', 'PRelu', 'ThresholdedRelu', 'Elu', 'Selu', 'Celu', 'Gelu', 'Swish', 'Mish', 'HardSwish', 'Softplus'],
  ...['Clip', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Softsign', 'Abs', 'Neg', 'QuickGelu'],
]

/** The identity rule: what a normalisation divides by is taken as given. Achtibat et al. 2024, arXiv:2402.05602 */
const normalizations = [
  ...['LRN', 'InstanceNormalization', 'GroupNormalization', 'LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization'],
  ...['MeanVarianceNormalization', 'LpNormalization'],
]

/** Moved, copied, cut or chosen: the gradient's rule moves relevance as well. Of a maximum the winner takes all. */
const moved = [
  ...[
    'Reshape',
    'Flatten',
    'Squeeze',
    'Unsqueeze',
    'Transpose',
    'Identity',
    'Dropout',
    'Cast',
    'Concat',
    'Split',
    'Slice',
    'Pad',
    'Expand',
    'Tile',
  ],
  ...['DepthToSpace', 'SpaceToDepth', 'Gather', 'GatherElements', 'GatherND', 'Trilu', 'Where', 'TopK'],
  ...['MaxPool', 'GlobalMaxPool', 'ReduceMax', 'ReduceMin'],
  // refused by name, or without a derivative at all
  ...['If', 'Loop', 'Scan', 'Floor', 'Ceil', 'Round', 'Sign', 'Hardmax', 'ArgMax', 'ArgMin', 'Shape', 'Size', 'NonZero', 'EyeLike'],
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'IsNaN', 'IsInf', 'Not', 'And', 'Or', 'Xor'],
]

/** Several operators in one; their parts have rules of their own. */
const composed = [
  'FusedConv',
  'FusedGemm',
  'FusedMatMul',
  'TransposeMatMul',
  'NhwcConv',
  'GroupNorm',
  'SkipLayerNormalization',
  'SkipSimplifiedLayerNormalization',
]

const quantized = [
  ...['QLinearConv', 'QLinearMatMul', 'ConvInteger', 'MatMulInteger', 'QGemm', 'QLinearAdd', 'QLinearMul', 'QLinearConcat'],
  ...['QLinearAveragePool', 'QLinearGlobalAveragePool', 'QLinearLeakyRelu', 'QLinearSigmoid'],
]

/** A zero point says where zero lies, and is no bias to share relevance with. */
const quantizedRule =
  (rule: Rule): Rule =>
  (context) =>
    rule(altered(context, { rules: { ...context.rules, Sub: pass } }))

/** Constants only limit; of computed tensors the winner takes all. */
const extremum =
  (rule: Rule): Rule =>
  (context) =>
    context.node.inputs.filter((_, i) => context.wants(i)).length === 1 ? pass(context) : rule(context)

/** Scaling by a constant. */
const Div: Rule = (context) => (onlyInput(context) === 0 ? pass(context) : refused('it divides by a computed tensor')(context))

/** Rules by operator, of both domains. */
export function operatorRules(epsilon: number): RuleTable {
  const sum = (rule: Rule): Rule => split(rule, epsilon)
  const linearInFirst = (rule: Rule): Rule => split(rule, epsilon, [0])
  // an activation of x + b: what the sum got is shared out as by Add
  const biased: Rule = (context) => {
    const { g } = context
    return context.has(1)
      ? shares(context, Add, g.div(context.compact, stabilized(g, g.add(context.x, context.b), epsilon)))
      : passFirst(context)
  }
  return {
    ...all(['Add', 'Sub', 'Sum', 'Mean'], sum),
    ...all(['AveragePool', 'GlobalAveragePool', 'ReduceMean', 'ReduceSum', 'CumSum', 'GridSample', 'RoiAlign'], linearInFirst),
    ...all(['LpPool', 'GlobalLpPool', 'ReduceL1', 'ReduceL2'], linearInFirst),
    ...all(['BatchNormalization'], (rule) => (context) => {
      if (context.int('training_mode', 0) !== 0)
        context.refuse('its statistics are those of the batch', 'export the model in evaluation mode')
      return split(rule, epsilon, [0, 2, 3])(context)
    }),
    // copies hand their relevance back, mixtures share it out
    ...all(
      ['Resize', 'Upsample'],
      (rule) => (context) => (context.string('mode', 'nearest') === 'nearest' ? rule : linearInFirst(rule))(context),
    ),
    ...all(['ScatterElements', 'ScatterND'], (rule) => (context) => {
      const reduction = context.string('reduction', 'none')
      if (reduction === 'none') return rule(context)
      return reduction === 'add' ? sum(rule)(context) : context.refuse(`relevance has no rule for its reduction ${reduction}`)
    }),
    ...all(['Einsum'], (rule) => (context) => {
      onlyInput(context)
      return sum(rule)(context)
    }),
    ...all(['Max', 'Min'], extremum),
    ...all([...activations, ...normalizations], () => passFirst),
    ...all(['QuantizeLinear', 'DequantizeLinear'], () => passFirst),
    DynamicQuantizeLinear: (context) => [context.gradient(0)],
    ...all(['BiasGelu', 'FastGelu'], () => biased),
    Mul: pass,
    Div,
    ...all([...moved, ...composed], (rule) => rule),
    ...all(quantized, quantizedRule),
    ...all(['Softmax', 'LogSoftmax', 'QLinearSoftmax'], () =>
      refused('relevance cannot be shared out over a softmax', 'begin at the scores: at the tensor before the softmax'),
    ),
    ...all(['Attention', 'MultiHeadAttention'], () =>
      refused('relevance cannot be shared out over attention, a product of computed tensors'),
    ),
  }
}
