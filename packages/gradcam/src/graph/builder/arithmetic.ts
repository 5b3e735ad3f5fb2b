/** @file The builder's operators that work element by element, in the forms of every opset. */
import { dataTypeOf } from '../../io/onnx-tensor.ts'
import type { ElementType } from '../../core/tensor.ts'
import { broadcastShape, isFloat, type Value } from '../graph.ts'
import type { Builder, Operand } from './builder.ts'
import type { Emitter } from './emission.ts'

export interface Arithmetic
  extends Pick<
    Builder,
    | ('add' | 'sub' | 'mul' | 'div' | 'pow' | 'greater' | 'less' | 'equal' | 'not' | 'and' | 'where')
    | ('unary' | 'neg' | 'relu' | 'ramp' | 'clip' | 'positive' | 'cast' | 'mask' | 'total')
  > {
  /** What a product with a number was made from. */
  multipleOf(name: string): { x: Value; factor: number } | undefined
}

export function arithmetic({ opset, node, scalar }: Emitter): Arithmetic {
  const multiples = new Map<string, { x: Value; factor: number }>()
  const pair = (a: Operand, b: Operand): [Value, Value] => {
    if (typeof a === 'number') return typeof b === 'number' ? [scalar(a, 'float32'), scalar(b, 'float32')] : [scalar(a, b.type), b]
    return [a, typeof b === 'number' ? scalar(b, a.type) : b]
  }
  const binary =
    (operator: string, type?: ElementType) =>
    (a: Operand, b: Operand): Value => {
      const [x, y] = pair(a, b)
      return node(operator, [x, y], { type: type ?? x.type, shape: broadcastShape(x.shape, y.shape) })
    }
  const unary: Builder['unary'] = (operator, x) => node(operator, [x], x)
  const ramp: Builder['ramp'] = (x, slope, start) => {
    // the CPU provider has HardSigmoid in float32 only
    if (x.type === 'float64') return clip(add(mul(x, slope), start), 0, 1)
    return node('HardSigmoid', [x], x, { alpha: { float: slope }, beta: { float: start } })
  }
  const clip: Builder['clip'] = (x, low, high) =>
    opset < 11
      ? node('Clip', [x], x, { min: { float: low }, max: { float: high } })
      : node('Clip', [x, scalar(low, x.type), scalar(high, x.type)], x)
  const [add, sub, product, div, pow] = [binary('Add'), binary('Sub'), binary('Mul'), binary('Div'), binary('Pow')] as const
  const mul: Builder['mul'] = (a, b) => {
    const result = product(a, b)
    if (typeof a !== 'number' && typeof b === 'number') multiples.set(result.name, { x: a, factor: b })
    return result
  }
  const greater = binary('Greater', 'bool')
  const less = binary('Less', 'bool')
  const not = (a: Value) => node('Not', [a], a)
  const and = binary('And', 'bool')
  const cast: Builder['cast'] = (x, type) => (x.type === type ? x : node('Cast', [x], { type, shape: x.shape }, { to: dataTypeOf(type) }))

  const equal: Builder['equal'] = (a, b) => {
    const [x, y] = pair(a, b)
    // before opset 11 Equal took only integers
    if (opset < 11 && isFloat(x.type)) return not(greater(unary('Abs', sub(x, y)), 0))
    return node('Equal', [x, y], { type: 'bool', shape: broadcastShape(x.shape, y.shape) })
  }
  const where: Builder['where'] = (condition, yes, no, type) => {
    const kind = typeof yes === 'number' ? (typeof no === 'number' ? (type ?? 'float32') : no.type) : yes.type
    const y = typeof yes === 'number' ? scalar(yes, kind) : yes
    const n = typeof no === 'number' ? scalar(no, kind) : no
    if (opset < 9) return add(mul(cast(condition, kind), y), mul(cast(not(condition), kind), n))
    return node('Where', [condition, y, n], { type: kind, shape: broadcastShape(condition.shape, broadcastShape(y.shape, n.shape)) })
  }

  return {
    ...{ add, sub, mul, div, pow, greater, less, equal, not, and, where },
    ...{ unary, ramp, clip, cast, mask: cast },
    total: (parts) => parts.reduce((sum, part) => add(sum, part)),
    neg: (x) => unary('Neg', x),
    relu: (x) => unary('Relu', x),
    positive: (x) => ramp(x, x.type === 'float16' ? 65504 : 3e38, 0),
    multipleOf: (name) => multiples.get(name),
  }
}
