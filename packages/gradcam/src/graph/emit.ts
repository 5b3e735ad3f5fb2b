/** @file The node builder: appends ordinary `ai.onnx` nodes that every provider has, in the form that the model's own opset has for them. */
import { create } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
} from 'onnx-buf'
import { dataTypeOf, protoOf } from '../io/onnx-tensor.ts'
import { neverEmitted } from '../runtime/capabilities.ts'
import { castFloat32, type ElementType, type Tensor } from '../core/tensor.ts'
import { broadcastShape, type Dim, isFloat, sameShape, type Shape, type Value } from './graph.ts'

/** An operand: a tensor of the graph, or a number that becomes a constant of the other operand's type. */
export type Operand = Value | number

export type AttributeValue = number | { float: number } | { floats: readonly number[] } | string | readonly number[]

export interface Emission {
  nodes: NodeProto[]
  initializers: TensorProto[]
  /** Tensors of the model by name, and what else computes them: see `instead`. */
  instead: Map<string, string>
}

/** Where a free dimension can be read at run time: tensor and axis. */
export type DimSource = (symbol: string) => { tensor: Value; axis: number } | undefined

export interface Builder {
  readonly opset: number
  readonly emission: Emission
  /** A tensor that this builder made, with its value where it is a constant. */
  made(name: string): { value: Value; constant?: Tensor } | undefined
  /** Any operator. `type` and `shape` describe the first output. */
  node(
    operator: string,
    inputs: readonly (Value | undefined)[],
    result: { type: ElementType; shape: Shape },
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): Value
  /** Any operator with several outputs. */
  nodes(
    operator: string,
    inputs: readonly (Value | undefined)[],
    results: readonly { type: ElementType; shape: Shape }[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): Value[]
  /**
   * Says that a tensor of the model is computed by nodes of this builder, too, from tensors before it. Derived models compute it so, and
   * do without the model's own node: for slow ones, most of whose work the gradient repeats.
   */
  instead(tensor: Value, made: Value): void
  /** A node that somebody else wrote, with its attributes, of whatever operator: only what we write ourselves must suit every provider. */
  copy(proto: NodeProto, inputs: readonly (Value | undefined)[], results: readonly { type: ElementType; shape: Shape }[]): Value[]
  constant(tensor: Tensor): Value
  /** float values of a given element type */
  floats(values: readonly number[] | Float32Array, dims: readonly number[], type: ElementType): Value
  int64(values: readonly number[]): Value
  /** shape as an int64 vector, free dimensions read at run time */
  shapeVector(shape: Shape): Value
  add(a: Operand, b: Operand): Value
  sub(a: Operand, b: Operand): Value
  mul(a: Operand, b: Operand): Value
  div(a: Operand, b: Operand): Value
  pow(a: Operand, b: Operand): Value
  greater(a: Operand, b: Operand): Value
  less(a: Operand, b: Operand): Value
  equal(a: Operand, b: Operand): Value
  not(a: Value): Value
  and(a: Value, b: Value): Value
  /** `yes` where the condition holds, else `no` */
  where(condition: Value, yes: Operand, no: Operand, type?: ElementType): Value
  unary(operator: string, x: Value): Value
  neg(x: Value): Value
  relu(x: Value): Value
  /** min(1, max(0, slope · x + start)) */
  ramp(x: Value, slope: number, start: number): Value
  /** 1 where x is positive, else 0; exact for all but subnormal numbers, and faster than a comparison and a cast */
  positive(x: Value): Value
  cast(x: Value, type: ElementType): Value
  /** a condition as 0 and 1 of a float type */
  mask(condition: Value, type: ElementType): Value
  matmul(a: Value, b: Value): Value
  reshape(x: Value, shape: Shape): Value
  transpose(x: Value, permutation: readonly number[]): Value
  /** broadcast to a larger shape */
  expand(x: Value, shape: Shape): Value
  sum(x: Value, axes: readonly number[], keep?: boolean): Value
  mean(x: Value, axes: readonly number[], keep?: boolean): Value
  reduceMax(x: Value, axes: readonly number[], keep?: boolean): Value
  reduceMin(x: Value, axes: readonly number[], keep?: boolean): Value
  reduceProd(x: Value, axes: readonly number[], keep?: boolean): Value
  /** begin and end of every axis, negative to crop; constant value, zero unless told */
  pad(x: Value, begins: readonly number[], ends: readonly number[], value?: number): Value
  slice(x: Value, axis: number, start: number, end: number): Value
  concat(parts: readonly Value[], axis: number): Value
  gather(x: Value, indices: Value, axis: number): Value
  /** sum over broadcast axes so that x gets the given shape */
  reduceTo(x: Value, shape: Shape): Value
}

/** Creates a builder. All names it makes begin with `prefix`, which no tensor of the model may share. */
export function createBuilder(opset: number, prefix: string, dimSource: DimSource): Builder {
  const emission: Emission = { nodes: [], initializers: [], instead: new Map() }
  const constants = new Map<string, Value>()
  const made = new Map<string, { value: Value; constant?: Tensor }>()
  let count = 0

  const copy: Builder['copy'] = ({ opType: operator, attribute }, inputs, results) => {
    const values = results.map(({ type, shape }): Value => ({ name: `${prefix}${operator}_${count++}`, type, shape }))
    for (const value of values) made.set(value.name, { value })
    const names = inputs.map((input) => input?.name ?? '')
    while (names.at(-1) === '') names.pop()
    emission.nodes.push(
      create(NodeProtoSchema, {
        name: values[0]?.name ?? '',
        opType: operator,
        input: names,
        output: values.map(({ name }) => name),
        attribute: [...attribute],
      }),
    )
    return values
  }
  const nodes: Builder['nodes'] = (operator, inputs, results, attributes = {}) => {
    const forbidden = neverEmitted(operator, results.length, attributes)
    if (forbidden !== undefined) throw new Error(forbidden)
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value))
    return copy(create(NodeProtoSchema, { opType: operator, attribute }), inputs, results)
  }
  const node: Builder['node'] = (operator, inputs, result, attributes) => nodes(operator, inputs, [result], attributes)[0] as Value

  const constant: Builder['constant'] = (tensor) => {
    const key = tensor.data.length <= 64 ? `${tensor.type}:${tensor.dims.join()}:${tensor.data.join()}` : undefined
    const known = key === undefined ? undefined : constants.get(key)
    if (known) return known
    const value = { name: `${prefix}constant_${count++}`, type: tensor.type, shape: tensor.dims }
    emission.initializers.push(protoOf(tensor, value.name))
    made.set(value.name, { value, constant: tensor })
    if (key !== undefined) constants.set(key, value)
    return value
  }
  const floats: Builder['floats'] = (values, dims, type) => {
    if (type === 'float64') return constant({ type, dims, data: Float64Array.from(values) })
    return constant(castFloat32(Float32Array.from(values), type === 'float16' ? type : 'float32', dims))
  }
  const int64: Builder['int64'] = (values) =>
    constant({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, (v) => BigInt(v)) })
  const scalar = (value: number, type: ElementType): Value => constant(scalarOf(value, type))
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
    if (x.type === 'float64') return clipped(add(mul(x, slope), start), 0, 1)
    return node('HardSigmoid', [x], x, { alpha: { float: slope }, beta: { float: start } })
  }
  const clipped = (x: Value, low: number, high: number): Value =>
    opset < 11
      ? node('Clip', [x], x, { min: { float: low }, max: { float: high } })
      : node('Clip', [x, scalar(low, x.type), scalar(high, x.type)], x)
  const [add, sub, product, div, pow] = [binary('Add'), binary('Sub'), binary('Mul'), binary('Div'), binary('Pow')] as const
  const multiples = new Map<string, { x: Value; factor: number }>()
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

  const dimVector = (dim: Dim): Value => {
    if (typeof dim === 'number') return int64([dim])
    const source = dimSource(dim)
    if (!source) throw new Error(`no tensor of the model has the dimension ${dim}`)
    const shape = node('Shape', [source.tensor], { type: 'int64', shape: [source.tensor.shape.length] })
    return node('Gather', [shape, int64([source.axis])], { type: 'int64', shape: [1] }, { axis: 0 })
  }
  const shapeVector: Builder['shapeVector'] = (shape) => {
    if (shape.every((dim) => typeof dim === 'number')) return int64(shape)
    return node('Concat', shape.map(dimVector), { type: 'int64', shape: [shape.length] }, { axis: 0 })
  }
  // what a Reshape was made from: a second one starts there, and the first is pruned when nothing else reads it
  const beforeReshape = new Map<string, Value>()
  const reshape: Builder['reshape'] = (from, shape) => {
    if (sameShape(from.shape, shape)) return from
    // numbers come last, where the runtime may take them into a product of matrices
    const multiple = multiples.get(from.name)
    if (multiple) return mul(reshape(multiple.x, shape), multiple.factor)
    const x = beforeReshape.get(from.name) ?? from
    if (sameShape(x.shape, shape)) return x
    // one free dimension is written -1, one that stays in its place 0; others are read at run time
    const kept = shape.map((dim, axis) => (typeof dim === 'string' && x.shape[axis] === dim ? 0 : dim))
    const free = kept.filter((dim) => typeof dim === 'string').length
    const empty = shape.includes(0)
    const target = free <= 1 && !empty ? int64(kept.map((dim) => (typeof dim === 'string' ? -1 : dim))) : shapeVector(shape)
    const reshaped = node('Reshape', [x, target], { type: x.type, shape })
    beforeReshape.set(reshaped.name, x)
    return reshaped
  }
  const transpose: Builder['transpose'] = (x, permutation) =>
    permutation.every((axis, i) => axis === i)
      ? x
      : node('Transpose', [x], { type: x.type, shape: permutation.map((axis) => x.shape[axis] as Dim) }, { perm: permutation })
  const expand: Builder['expand'] = (x, shape) => {
    if (sameShape(x.shape, shape)) return x
    if (opset < 8) {
      const zeros = node('Cast', [shapeZeros(shape)], { type: x.type, shape }, { to: dataTypeOf(x.type) })
      return node('Add', [x, zeros], { type: x.type, shape })
    }
    // a free dimension that x has already may stand as 1: Expand broadcasts both ways
    const offset = shape.length - x.shape.length
    const target = shape.map((dim, axis) => (typeof dim === 'string' && x.shape[axis - offset] === dim ? 1 : dim))
    return node('Expand', [x, shapeVector(target)], { type: x.type, shape })
  }
  const shapeZeros = (shape: Shape): Value => {
    // opset 7 has neither Expand nor ConstantOfShape: Tile repeats a single zero
    const one = constant({ type: 'float32', dims: shape.map(() => 1), data: Float32Array.of(0) })
    return node('Tile', [one, shapeVector(shape)], { type: 'float32', shape })
  }

  const reduce =
    (operator: string, axesAsInput: number) =>
    (x: Value, axes: readonly number[], keep = true) => {
      const gone = new Set(axes)
      // a reduction over axes of size 1 changes nothing but the rank
      const shape = keep ? x.shape.map((dim, i) => (gone.has(i) ? 1 : dim)) : x.shape.filter((_, i) => !gone.has(i))
      if (axes.every((axis) => x.shape[axis] === 1)) return reshape(x, shape)
      const keepdims = keep ? 1 : 0
      if (opset < axesAsInput) return node(operator, [x], { type: x.type, shape }, { axes, keepdims })
      return node(operator, [x, int64(axes)], { type: x.type, shape }, { keepdims })
    }
  const sum = reduce('ReduceSum', 13)

  const pad: Builder['pad'] = (x, begins, ends, value = 0) => {
    const cropped = crop(x, begins, ends)
    const pads = [...begins, ...ends].map((amount) => Math.max(amount, 0))
    if (pads.every((amount) => amount === 0)) return cropped
    const rank = x.shape.length
    const shape = cropped.shape.map((dim, i) => (typeof dim === 'number' ? dim + (pads[i] ?? 0) + (pads[i + rank] ?? 0) : dim))
    if (opset < 11) return node('Pad', [cropped], { type: x.type, shape }, { pads, value: { float: value } })
    return node('Pad', [cropped, int64(pads), value === 0 ? undefined : scalar(value, x.type)], { type: x.type, shape })
  }
  /** Negative paddings as one Slice: not every provider takes them in Pad. */
  const crop = (x: Value, begins: readonly number[], ends: readonly number[]): Value => {
    const axes = x.shape.flatMap((_, i) => ((begins[i] ?? 0) < 0 || (ends[i] ?? 0) < 0 ? [i] : []))
    if (axes.length === 0) return x
    const start = (axis: number): number => Math.max(0, -(begins[axis] ?? 0))
    const stop = (axis: number): number => ((ends[axis] ?? 0) < 0 ? (ends[axis] ?? 0) : 2 ** 31 - 1)
    const shape = x.shape.map((dim, i) => (typeof dim === 'number' ? dim - start(i) + Math.min(0, ends[i] ?? 0) : dim))
    if (opset < 10) return node('Slice', [x], { type: x.type, shape }, { axes, starts: axes.map(start), ends: axes.map(stop) })
    return node('Slice', [x, int64(axes.map(start)), int64(axes.map(stop)), int64(axes)], { type: x.type, shape })
  }
  const slice: Builder['slice'] = (x, axis, start, end) => {
    const shape = x.shape.map((dim, i) => (i === axis ? end - start : dim))
    if (start === 0 && end === x.shape[axis]) return x
    if (opset < 10) return node('Slice', [x], { type: x.type, shape }, { axes: [axis], starts: [start], ends: [end] })
    return node('Slice', [x, int64([start]), int64([end]), int64([axis])], { type: x.type, shape })
  }
  const concat: Builder['concat'] = (parts, axis) => {
    const first = parts[0] as Value
    if (parts.length === 1) return first
    const lengths = parts.map((part) => part.shape[axis] as Dim)
    const total = lengths.every((length) => typeof length === 'number') ? sizeSum(lengths) : lengths.join('+')
    return node('Concat', parts, { type: first.type, shape: first.shape.map((dim, i) => (i === axis ? total : dim)) }, { axis })
  }
  const gather: Builder['gather'] = (x, indices, axis) =>
    node(
      'Gather',
      [x, indices],
      { type: x.type, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)] },
      { axis },
    )
  const reduceTo: Builder['reduceTo'] = (x, shape) => {
    if (sameShape(x.shape, shape)) return x
    const extra = x.shape.length - shape.length
    const leading = Array.from({ length: Math.max(extra, 0) }, (_, i) => i)
    const inner = leading.length > 0 ? sum(x, leading, false) : x
    const axes = shape.flatMap((dim, i) => (dim === 1 && inner.shape[i] !== 1 ? [i] : []))
    return axes.length > 0 ? sum(inner, axes) : inner
  }
  const matmul: Builder['matmul'] = (a, b) => {
    const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
    return node('MatMul', [a, b], { type: a.type, shape: [...batch, a.shape.at(-2) as Dim, b.shape.at(-1) as Dim] })
  }

  return {
    opset,
    emission,
    made: (name) => made.get(name),
    node,
    nodes,
    copy,
    instead: (tensor, { name }) => void emission.instead.set(tensor.name, name),
    constant,
    floats,
    int64,
    shapeVector,
    add,
    sub,
    mul,
    div,
    pow,
    greater,
    less,
    equal,
    not,
    and,
    where,
    unary,
    neg: (x) => unary('Neg', x),
    relu: (x) => unary('Relu', x),
    ramp,
    positive: (x) => ramp(x, x.type === 'float16' ? 65504 : 3e38, 0),
    cast,
    mask: cast,
    matmul,
    reshape,
    transpose,
    expand,
    sum,
    mean: reduce('ReduceMean', 18),
    reduceMax: reduce('ReduceMax', 18),
    reduceMin: reduce('ReduceMin', 18),
    reduceProd: reduce('ReduceProd', 18),
    pad,
    slice,
    concat,
    gather,
    reduceTo,
  }
}

const sizeSum = (dims: readonly Dim[]): number => dims.reduce<number>((total, dim) => total + Number(dim), 0)

function scalarOf(value: number, type: ElementType): Tensor {
  switch (type) {
    case 'int64':
      return { type, dims: [], data: BigInt64Array.of(BigInt(value)) }
    case 'int32':
      return { type, dims: [], data: Int32Array.of(value) }
    case 'float64':
      return { type, dims: [], data: Float64Array.of(value) }
    default:
      return castFloat32(Float32Array.of(value), type, [])
  }
}

/** Attributes of a node to be; numbers are integers unless wrapped as `{ float }`. */
export function attributeOf(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: Kind.INT, i: BigInt(value) })
  if (typeof value === 'string') return create(AttributeProtoSchema, { name, type: Kind.STRING, s: new TextEncoder().encode(value) })
  if ('float' in value) return create(AttributeProtoSchema, { name, type: Kind.FLOAT, f: value.float })
  if ('floats' in value) return create(AttributeProtoSchema, { name, type: Kind.FLOATS, floats: [...value.floats] })
  return create(AttributeProtoSchema, { name, type: Kind.INTS, ints: value.map((item) => BigInt(item)) })
}
