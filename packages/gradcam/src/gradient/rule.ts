/** @file What a rule sees of its node: local calculus only. Accumulating, un-broadcasting and pruning belong to the walk. */
import type { ElementType, Tensor } from '../core/tensor.ts'
import type { NodeAttributes } from '../graph/attributes.ts'
import type { Builder } from '../graph/emit.ts'
import type { GraphNode, Value } from '../graph/graph.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Cotangent } from './cotangent.ts'

/** A contribution to the gradient of an input: dense, a pick, or none. */
export type Contribution = Value | Cotangent | undefined

/** The gradients of a node's inputs, in their order. Shapes may be those of the broadcast output: the walk sums them down. */
export type Rule = (context: RuleContext) => readonly Contribution[]

/** Rules by operator; operators of other domains as `domain:Operator`. */
export type RuleTable = Readonly<Record<string, Rule>>

/** A table with other rules, made of its own. */
export const rulesByOperator = (table: RuleTable, change: (operator: string, own: Rule) => Rule): RuleTable =>
  Object.fromEntries(Object.entries(table).map(([operator, own]) => [operator, change(operator, own)]))

export interface RuleContext extends NodeAttributes {
  readonly g: Builder
  readonly node: GraphNode
  readonly info: TensorInfo
  /** The table that this rule came from: operators that stand for several are differentiated by it. */
  readonly rules: RuleTable
  /** Version of the operator set. */
  readonly opset: number
  /** First, second and third input, first output. Quantised tensors on the path are shown as floats of whole values. */
  readonly x: Value
  readonly b: Value
  readonly c: Value
  readonly y: Value
  /** The first output as the model has it, quantised or not. */
  readonly result: Value
  /** Gradient of the first output, of its full shape. */
  readonly dy: Value
  /** The same, perhaps with dimensions of size 1 where it is constant: for rules that work element by element. */
  readonly compact: Value
  /** The gradient of the first output, as it came. */
  readonly cotangent: Cotangent
  /** The gradient of any output, as it came; undefined where the target does not depend on it. */
  cotangentOf(position: number): Cotangent | undefined
  /** Input by position; throws where the node has none. */
  input(position: number): Value
  has(position: number): boolean
  /** Input by position; undefined where the node has none. */
  optional(position: number): Value | undefined
  /** Operator of the node that makes an input; undefined for what the model is fed or holds. */
  maker(position: number): string | undefined
  /** Whether a product weighs other values of the model with the first output, as that of a gate does. */
  readonly weighs: boolean
  /** Whether the gradient of that input is needed. */
  wants(position: number): boolean
  /** Positions of all inputs whose gradients are needed. */
  readonly wanted: readonly number[]
  output(position: number): Value
  /** Gradient of an output, of its full shape; undefined where the target does not depend on it. */
  gradient(position: number): Value | undefined
  /** The value of an input that does not change with the image. */
  constant(position: number): Tensor | undefined
  /** The same as integers; refuses the node where it is computed. */
  integers(position: number, what: string): number[]
  /** The attribute `axis`, counted from the first one of the first input. */
  axis(missing: number): number
  refuse(why: string, hint?: string): never
  /** The same node with some of it exchanged, so that a plain rule can be applied to what is not plain. */
  altered(change: Alteration): RuleContext
}

/** What another rule table shows of a node to the plain rule. */
export interface Alteration {
  /** Instead of the gradient of the first output: of its shape, or with dimensions of size 1 where it is constant. */
  upstream?: Value
  /** Instead of inputs, by position; `undefined` takes one away. */
  inputs?: Readonly<Record<number, Value | undefined>>
  /** Instead of the first output. */
  output?: Value
  /** Instead of the table for operators that stand for several. */
  rules?: RuleTable
}

/** Of all dimensions only those that hang on the batch are free. */
export const freeBatchHint = 'fix the batch of the model to 1: the first dimension of its inputs'

/** Dimensions as numbers; refuses the node where one is free. */
export function fixedDims(context: RuleContext, dims: readonly (number | string)[]): number[] {
  return dims.map((dim) =>
    typeof dim === 'number' ? dim : context.refuse(`its dimension ${dim} hangs on the batch and must be fixed`, freeBatchHint),
  )
}

/** Positions counted from the end, as negative numbers, counted from the start. */
export const wrapped = (index: number, size: number): number => (index < 0 ? index + size : index)

/** Gradients of half-precision tensors are computed in float32: products of small numbers would vanish in 16 bits. */
export const gradientType = (type: ElementType): ElementType => (type === 'float16' || type === 'bfloat16' ? 'float32' : type)
