/** @file The node builder's interface: ordinary `ai.onnx` nodes that every provider has, in the form that the model's opset has for them. */
import type { NodeProto, TensorProto } from 'onnx-buf'
import type { ElementType, Tensor } from '../../core/tensor.ts'
import type { Shape, Value } from '../graph.ts'

/** An operand: a tensor of the graph, or a number that becomes a constant of the other operand's type. */
export type Operand = Value | number

export type AttributeValue = number | { float: number } | { floats: readonly number[] } | string | readonly number[]

/** What a builder has emitted. */
export interface Emission {
  readonly nodes: readonly NodeProto[]
  readonly initializers: readonly TensorProto[]
  /** Tensors of the model by name, and what else computes them: see `instead`. */
  readonly instead: ReadonlyMap<string, string>
}

/** Type and shape of an output to be. */
export type Result = Pick<Value, 'type' | 'shape'>

export type Attributes = Readonly<Record<string, AttributeValue>>

/** Where a free dimension can be read at run time: tensor and axis. */
export type DimSource = (symbol: string) => { tensor: Value; axis: number } | undefined

export interface Builder {
  readonly opset: number
  readonly emission: Emission
  /** A tensor that the derived model is fed. */
  input(value: Value): Value
  /** A tensor that this builder made or the derived model is fed, with its value where it is a constant. */
  made(name: string): { value: Value; constant?: Tensor } | undefined
  /** Any operator. `type` and `shape` describe the first output. */
  node(operator: string, inputs: readonly (Value | undefined)[], result: Result, attributes?: Attributes): Value
  /** Any operator with several outputs. */
  nodes(operator: string, inputs: readonly (Value | undefined)[], results: readonly Result[], attributes?: Attributes): Value[]
  /**
   * Says that nodes of this builder compute a tensor of the model as well. Derived models use them and drop the model's
   * own node: for slow operators, most of whose work the gradient repeats.
   */
  instead(tensor: Value, made: Value): void
  /** A copy of a node of another graph. Its operator may be one that not every provider has. */
  copy(proto: NodeProto, inputs: readonly (Value | undefined)[], results: readonly Result[]): Value[]
  /**
   * What `make` returns, and the nodes that it emits meanwhile.
   *
   * @param keep which of the nodes stay in the emission. Default: all of them
   */
  record<T>(make: () => T, keep?: (nodes: readonly NodeProto[]) => readonly NodeProto[]): { result: T; nodes: readonly NodeProto[] }
  constant(tensor: Tensor): Value
  /** float values of a given element type */
  floats(values: readonly number[] | Float32Array, dims: readonly number[], type: ElementType): Value
  int64(values: readonly number[]): Value
  /** 0, 1, 2, … in a tensor of these dimensions */
  iota(dims: readonly number[], type: ElementType): Value
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
  clip(x: Value, low: number, high: number): Value
  /** 1 where x is positive, else 0; exact for all but subnormal numbers, and faster than a comparison and a cast */
  positive(x: Value): Value
  cast(x: Value, type: ElementType): Value
  /** a condition as 0 and 1 of a float type */
  mask(condition: Value, type: ElementType): Value
  /** Σ of one or more */
  total(parts: readonly Value[]): Value
  matmul(a: Value, b: Value): Value
  reshape(x: Value, shape: Shape): Value
  transpose(x: Value, permutation: readonly number[]): Value
  /** broadcast to a larger shape */
  expand(x: Value, shape: Shape): Value
  /** one number everywhere */
  filled(value: number, like: Result): Value
  sum(x: Value, axes: readonly number[], keep?: boolean): Value
  mean(x: Value, axes: readonly number[], keep?: boolean): Value
  reduceMax(x: Value, axes: readonly number[], keep?: boolean): Value
  reduceMin(x: Value, axes: readonly number[], keep?: boolean): Value
  reduceProd(x: Value, axes: readonly number[], keep?: boolean): Value
  /** Σ |x| */
  sizeOver(x: Value, axes: readonly number[], keep?: boolean): Value
  /** begin and end of every axis, negative to crop. `value` by default: 0 */
  pad(x: Value, begins: readonly number[], ends: readonly number[], value?: number): Value
  /** zeros before and after along one axis */
  padAlong(x: Value, axis: number, before: number, after: number): Value
  slice(x: Value, axis: number, start: number, end: number): Value
  concat(parts: readonly Value[], axis: number): Value
  gather(x: Value, indices: Value, axis: number): Value
  /** sum over broadcast axes so that x gets the given shape */
  reduceTo(x: Value, shape: Shape): Value
}
