/** @file Shapes of operators that work on single elements, and of those that make tensors or change types. */
import { elementTypeOf } from '../../io/onnx-tensor.ts'
import { operatorsOf } from '../operators.ts'
import { axisIn, broadcast, type Seen, type SeenNode, type ShapeRule } from './seen.ts'

const same: ShapeRule = ({ inputs: [x] }) => x && [{ type: x.type, shape: x.shape }]

const all = (names: readonly string[], rule: ShapeRule): Record<string, ShapeRule> => Object.fromEntries(names.map((name) => [name, rule]))

/** @param typed which operand has the type of the result, or that type */
const spread =
  (typed: number | 'bool', operands?: readonly number[]): ShapeRule =>
  ({ inputs }) => {
    const read = operands ? operands.map((at) => inputs[at]) : inputs
    const type = typed === 'bool' ? typed : inputs[typed]?.type
    const known = read.filter((each) => each !== undefined)
    const shape = known.length === read.length ? broadcast(...known.map((each) => each.shape)) : undefined
    return type && shape && [{ type, shape }]
  }

/** Like the first operand, to which the second must broadcast. */
const sloped: ShapeRule = ({ inputs: [x, slope] }) =>
  x && slope && broadcast(x.shape, slope.shape)?.join() === x.shape.join() ? [{ type: x.type, shape: x.shape }] : undefined

const asked: ShapeRule = ({ inputs: [x], int }) => {
  const type = elementTypeOf(int('to', 0))
  return x && type && [{ type, shape: x.shape }]
}

const truth: ShapeRule = ({ inputs: [x] }) => x && [{ type: 'bool', shape: x.shape }]

const dropout: ShapeRule = ({ inputs: [x] }) =>
  x && [
    { type: x.type, shape: x.shape },
    { type: 'bool', shape: x.shape },
  ]

/** The part of the sizes that a Shape node reads. */
export function measured({ inputs: [x], int }: SeenNode): readonly number[] | undefined {
  if (!x) return undefined
  const rank = x.shape.length
  return x.shape.slice(int('start', 0), int('end', rank))
}

const shape: ShapeRule = (node) => {
  const value = measured(node)
  return value && [{ type: 'int64', shape: [value.length], value }]
}

const size: ShapeRule = ({ inputs: [x] }) => x && [{ type: 'int64', shape: [], value: [x.shape.reduce((n, each) => n * each, 1)] }]

const filled: ShapeRule = ({ inputs: [sizes], node }) => {
  const given = node.attributes.get('value')?.t
  const type = given ? elementTypeOf(given.dataType) : 'float32'
  return type && sizes?.value && [{ type, shape: sizes.value }]
}

const range: ShapeRule = ({ inputs: [start, limit, delta] }) => {
  const [from, to, by] = [start?.value?.[0], limit?.value?.[0], delta?.value?.[0]]
  if (!start || from === undefined || to === undefined || !by) return undefined
  return [{ type: start.type, shape: [Math.max(0, Math.ceil((to - from) / by))] }]
}

const oneHot: ShapeRule = ({ inputs: [places, depth, values], int }) => {
  const count = depth?.value?.[0]
  const axis = places && axisIn(int('axis', -1), places.shape.length + 1)
  if (!places || !values || count === undefined || axis === undefined) return undefined
  return [{ type: values.type, shape: places.shape.toSpliced(axis, 0, count) }]
}

const toIntegers: ShapeRule = ({ inputs: [x, , zero], given, int }) => {
  if (!x || int('output_dtype', 0) !== 0 || (given(2) && !zero)) return undefined
  return [{ type: zero?.type ?? 'uint8', shape: x.shape }]
}

const fromIntegers: ShapeRule = ({ inputs: [x, scale], int }) =>
  x && scale && int('output_dtype', 0) === 0 ? [{ type: scale.type, shape: x.shape }] : undefined

const toBytes: ShapeRule = ({ inputs: [x] }): Seen[] | undefined =>
  x && [
    { type: 'uint8', shape: x.shape },
    { type: 'float32', shape: [] },
    { type: 'uint8', shape: [] },
  ]

const perRow: ShapeRule = ({ inputs: [x], int }) => {
  const columns = int('N', 0)
  return x && columns > 0 && x.shape.length > 0 ? [{ type: x.type, shape: [...x.shape.slice(0, -1), columns] }] : undefined
}

export const single = {
  ...all([...operatorsOf('activation'), ...operatorsOf('biased-activation'), ...operatorsOf('function')], same),
  ...all([...operatorsOf('softmax'), ...operatorsOf('normalisation'), 'BatchNormalization'], same),
  ...all(['Identity', 'CumSum', 'Trilu', 'Neg', 'Floor', 'Ceil', 'Round', 'Sign', 'Not', 'Hardmax'], same),
  ...all(['ScatterElements', 'ScatterND', 'RotaryEmbedding', 'com.microsoft:RotaryEmbedding'], same),
  ...all(['com.microsoft:QLinearLeakyRelu', 'com.microsoft:QLinearSigmoid'], same),
  ...all(['Add', 'Sub', 'Mul', 'Div', 'Sum', 'Mean', 'Max', 'Min', 'Mod', 'Pow'], spread(0)),
  ...all(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor'], spread('bool')),
  ...all(['com.microsoft:QLinearAdd', 'com.microsoft:QLinearMul'], spread(0, [0, 3])),
  ...all(['IsNaN', 'IsInf'], truth),
  Where: spread(1),
  PRelu: sloped,
  Cast: asked,
  CastLike: ({ inputs: [x, like] }) => x && like && [{ type: like.type, shape: x.shape }],
  Dropout: dropout,
  Shape: shape,
  Size: size,
  ConstantOfShape: filled,
  Range: range,
  OneHot: oneHot,
  QuantizeLinear: toIntegers,
  DequantizeLinear: fromIntegers,
  DynamicQuantizeLinear: toBytes,
  'com.microsoft:MatMulNBits': perRow,
} satisfies Record<string, ShapeRule>
