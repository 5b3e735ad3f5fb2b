/** @file What every operator is, once: feature layers, rule tables, linear heads, biases and warnings read it here. */
import type { GraphNode } from './graph.ts'

/** What an operator computes. Every operator is of one kind, and rule tables of relevance have a rule for each. */
export type Kind =
  /** Linear in data and weights. */
  | 'convolution'
  | 'dense'
  | 'einsum'
  | 'batch-normalisation'
  /** Arithmetic of several operands. */
  | 'sum'
  | 'product'
  | 'quotient'
  | 'extremum'
  /** Functions of one element. `biased-activation` first adds an optional bias. */
  | 'activation'
  | 'biased-activation'
  | 'function'
  /** Homogeneous of degree 1 in the first input: averages, norms, sampling. */
  | 'homogeneous'
  /** The largest of several places. */
  | 'maximum'
  /** Moves, copies, cuts or chooses elements. */
  | 'movement'
  | 'resize'
  | 'scatter'
  | 'normalisation'
  | 'softmax'
  | 'attention'
  /** Float to integer, and back; operators on integers. */
  | 'quantiser'
  | 'dequantiser'
  | 'quantised'
  /** Several operators in one, which the rules see as its parts. */
  | 'composite'
  /** Everything else that has a derivative. */
  | 'nonlinear'
  /** Has a zero derivative wherever it has one: steps, comparisons, positions, sizes. */
  | 'step'
  /** Branches and loops, which are refused. */
  | 'control'
  /** Has no rule. */
  | 'random'

export interface Traits {
  kind: Kind
  /** Lets the positive through and holds the negative back: Clip from 0, Max with the constant 0, FusedConv by the one inside it. */
  rectifies?: 'always' | 'from 0' | 'with 0' | 'inside'
  /** Its part in gate(x) of an activation x · gate(x): one of the steps, or the one that bounds it. */
  gate?: 'step' | 'bound'
  /** What it does to the places of values that it leaves as they are, rounding aside. */
  moves?: 'copies' | 'reshapes' | 'permutes' | 'joins' | 'pads'
  /** A window that slides over all places. */
  pools?: true
  /** A mean over places. */
  averages?: true
  /** Reads a map at computed points. */
  samples?: true
  /** Brings several maps together. */
  gathers?: true
  /** What it makes of logits. */
  probability?: 'softmax' | 'log-softmax' | 'sigmoid'
  /** Where the channels of its output are: on axis 1, or on the last axis. */
  channels?: 'first' | 'last'
  /** Position of the matrix [rows, channels] that makes the last axis one of channels. */
  matrix?: number
  /** Positions at which a constant is a bias: it is added to a result that is linear in the data. */
  bias?: readonly number[]
  /** Positions of floats that only tell where to look, and get no gradient. */
  chooses?: readonly number[]
  /** Rounds to integers. */
  rounds?: true
  /** Normalises the vector of each token. */
  tokens?: true
  /** Reads the shape of its input and none of its values. */
  measures?: true
}

/** One row for several operators. */
const each = <const Name extends string, const Row extends Traits>(names: readonly Name[], row: Row): Record<Name, Row> =>
  Object.fromEntries(names.map((name) => [name, row])) as Record<Name, Row>

/** Operators by name, those of ONNX Runtime's own domain as `com.microsoft:Operator`. All but random ones have a rule in `gradient/rules`. */
export const operators = {
  ...each(['Conv', 'ConvTranspose'], { kind: 'convolution', channels: 'first', bias: [2] }),
  Gemm: { kind: 'dense', channels: 'first', bias: [2] },
  MatMul: { kind: 'dense', matrix: 1 },
  Einsum: { kind: 'einsum' },
  BatchNormalization: { kind: 'batch-normalisation', channels: 'first', bias: [2] },

  Add: { kind: 'sum', bias: [1, 0], gate: 'step', gathers: true },
  Sub: { kind: 'sum', bias: [1, 0], gate: 'step' },
  Sum: { kind: 'sum', gathers: true },
  Mean: { kind: 'sum' },
  ...each(['Mul', 'Neg'], { kind: 'product', gate: 'step' }),
  Div: { kind: 'quotient', gate: 'step' },
  Max: { kind: 'extremum', gate: 'bound', rectifies: 'with 0' },
  Min: { kind: 'extremum', gate: 'bound' },

  Relu: { kind: 'activation', rectifies: 'always', gate: 'bound' },
  Clip: { kind: 'activation', rectifies: 'from 0', gate: 'bound' },
  Softplus: { kind: 'activation', rectifies: 'always', gate: 'step' },
  ...each(['LeakyRelu', 'PRelu', 'ThresholdedRelu'], { kind: 'activation', rectifies: 'always' }),
  ...each(['Elu', 'Selu', 'Celu', 'Gelu', 'Mish', 'HardSwish'], { kind: 'activation', rectifies: 'always' }),
  Swish: { kind: 'activation', rectifies: 'always' },
  'com.microsoft:QuickGelu': { kind: 'activation', rectifies: 'always' },
  ...each(['com.microsoft:BiasGelu', 'com.microsoft:FastGelu'], { kind: 'biased-activation', rectifies: 'always' }),
  Sigmoid: { kind: 'activation', gate: 'bound', probability: 'sigmoid' },
  ...each(['HardSigmoid', 'Tanh'], { kind: 'activation', gate: 'bound' }),
  ...each(['Softsign', 'Abs', 'Shrink'], { kind: 'activation' }),
  Erf: { kind: 'function', gate: 'bound' },
  ...each(['Exp', 'Pow'], { kind: 'function', gate: 'step' }),
  ...each(['Log', 'Sqrt', 'Reciprocal', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan'], { kind: 'function' }),
  ...each(['Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh'], { kind: 'function' }),

  AveragePool: { kind: 'homogeneous', channels: 'first', pools: true, averages: true },
  GlobalAveragePool: { kind: 'homogeneous', channels: 'first', averages: true },
  ReduceMean: { kind: 'homogeneous', averages: true },
  ...each(['ReduceSum', 'CumSum'], { kind: 'homogeneous' }),
  RoiAlign: { kind: 'homogeneous', chooses: [1] },
  GridSample: { kind: 'homogeneous', samples: true },
  'com.microsoft:MatMulNBits': { kind: 'homogeneous', channels: 'last' },
  DFT: { kind: 'homogeneous' },
  Col2Im: { kind: 'homogeneous', channels: 'first' },
  ...each(['LpPool', 'GlobalLpPool', 'ReduceL1', 'ReduceL2'], { kind: 'homogeneous' }),
  MaxPool: { kind: 'maximum', channels: 'first', pools: true },
  GlobalMaxPool: { kind: 'maximum', channels: 'first' },
  ReduceMax: { kind: 'maximum' },

  ...each(['Identity', 'Dropout', 'Cast', 'CastLike'], { kind: 'movement', moves: 'copies' }),
  ...each(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'], { kind: 'movement', moves: 'reshapes' }),
  Transpose: { kind: 'movement', moves: 'permutes' },
  Concat: { kind: 'movement', moves: 'joins', gathers: true },
  Pad: { kind: 'movement', moves: 'pads' },
  ...each(['DepthToSpace', 'SpaceToDepth'], { kind: 'movement', channels: 'first' }),
  ...each(
    [
      'Split',
      'Slice',
      'Expand',
      'Tile',
      'Gather',
      'GatherElements',
      'GatherND',
      'Trilu',
      'Where',
      'TopK',
      'ReduceMin',
      'OneHot',
      'MaxUnpool',
    ],
    {
      kind: 'movement',
    },
  ),
  ...each(['Resize', 'Upsample'], { kind: 'resize' }),
  ...each(['ScatterElements', 'ScatterND'], { kind: 'scatter' }),

  ...each(['LRN', 'InstanceNormalization', 'GroupNormalization'], { kind: 'normalisation', channels: 'first' }),
  ...each(['LayerNormalization', 'RMSNormalization'], { kind: 'normalisation', channels: 'last', tokens: true }),
  ...each(['MeanVarianceNormalization', 'LpNormalization'], { kind: 'normalisation' }),
  Softmax: { kind: 'softmax', probability: 'softmax' },
  LogSoftmax: { kind: 'softmax', probability: 'log-softmax' },
  'com.microsoft:QLinearSoftmax': { kind: 'softmax', rounds: true },
  ...each(['Attention', 'com.microsoft:Attention', 'com.microsoft:MultiHeadAttention'], { kind: 'attention' }),

  QuantizeLinear: { kind: 'quantiser', moves: 'copies', rounds: true },
  DynamicQuantizeLinear: { kind: 'quantiser', rounds: true },
  DequantizeLinear: { kind: 'dequantiser', moves: 'copies' },
  ...each(['QLinearConv', 'ConvInteger'], { kind: 'quantised', channels: 'first', rounds: true }),
  QLinearMatMul: { kind: 'quantised', matrix: 3, rounds: true },
  MatMulInteger: { kind: 'quantised', rounds: true },
  ...each(['com.microsoft:QLinearAdd', 'com.microsoft:QLinearMul', 'com.microsoft:QLinearConcat'], { kind: 'quantised', rounds: true }),
  ...each(['com.microsoft:QLinearLeakyRelu', 'com.microsoft:QLinearSigmoid', 'com.microsoft:QGemm'], { kind: 'quantised', rounds: true }),
  ...each(['com.microsoft:QLinearAveragePool', 'com.microsoft:QLinearGlobalAveragePool'], { kind: 'quantised', rounds: true }),

  DeformConv: { kind: 'composite', channels: 'first' },
  ...each(['RNN', 'GRU', 'LSTM', 'RotaryEmbedding', 'com.microsoft:RotaryEmbedding'], { kind: 'composite' }),
  'com.microsoft:FusedConv': { kind: 'composite', channels: 'first', rectifies: 'inside' },
  'com.microsoft:NhwcConv': { kind: 'composite', channels: 'last' },
  ...each(['com.microsoft:FusedGemm', 'com.microsoft:FusedMatMul', 'com.microsoft:GroupNorm'], { kind: 'composite' }),
  ...each(['com.microsoft:SkipLayerNormalization', 'com.microsoft:SkipSimplifiedLayerNormalization'], {
    kind: 'composite',
    channels: 'last',
    tokens: true,
  }),

  ...each(['Mod', 'ReduceProd', 'ReduceSumSquare', 'ReduceLogSum', 'ReduceLogSumExp'], { kind: 'nonlinear' }),
  ...each(['Floor', 'Ceil', 'Round', 'Sign', 'Hardmax', 'ArgMax', 'ArgMin', 'NonZero', 'EyeLike', 'IsNaN', 'IsInf'], { kind: 'step' }),
  ...each(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Not', 'And', 'Or', 'Xor'], { kind: 'step' }),
  ...each(['Shape', 'Size'], { kind: 'step', measures: true }),
  ...each(['If', 'Loop', 'Scan'], { kind: 'control' }),
  ...each(['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Bernoulli', 'Multinomial'], { kind: 'random' }),
} as const satisfies Record<string, Traits>

export type Operator = keyof typeof operators

/** The operators of some kinds. */
export type OperatorOf<K extends Kind> = { [O in Operator]: (typeof operators)[O]['kind'] extends K ? O : never }[Operator]

/** The operators that `gradient/rules` must have a rule for, and no others. */
export type DifferentiableOperator = Exclude<Operator, OperatorOf<'random'>>

/** Operators that are others under a second name: ONNX took them over from its runtime later. */
export const aliases = {
  SimplifiedLayerNormalization: 'RMSNormalization',
  'com.microsoft:SimplifiedLayerNormalization': 'RMSNormalization',
  'com.microsoft:LayerNormalization': 'LayerNormalization',
  'com.microsoft:TransposeMatMul': 'com.microsoft:FusedMatMul',
  'com.microsoft:Gelu': 'Gelu',
  'com.microsoft:GridSample': 'GridSample',
  'com.microsoft:Trilu': 'Trilu',
  'com.microsoft:QuantizeLinear': 'QuantizeLinear',
  'com.microsoft:DequantizeLinear': 'DequantizeLinear',
} as const satisfies Record<string, DifferentiableOperator>

/** What is known of operators by their names, aliases among them. */
export const traits: ReadonlyMap<string, Traits> = new Map<string, Traits>([
  ...Object.entries(operators),
  ...Object.entries(aliases).map(([name, operator]): [string, Traits] => [name, operators[operator]]),
])

/** The name of a node's operator as tables have it. */
export const operatorName = ({ operator, domain }: Pick<GraphNode, 'operator' | 'domain'>): string =>
  domain === '' ? operator : `${domain}:${operator}`

/** What is known of a node's operator; nothing of those that have no row. */
export const traitsOf = (node: Pick<GraphNode, 'operator' | 'domain'>): Partial<Traits> => traits.get(operatorName(node)) ?? {}

/** The operators of a kind. */
export const operatorsOf = <K extends Kind>(kind: K): OperatorOf<K>[] =>
  (Object.keys(operators) as Operator[]).filter((name): name is OperatorOf<K> => operators[name].kind === kind)
