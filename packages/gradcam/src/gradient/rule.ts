/** @file What a rule sees of its node: local calculus only. Accumulating, un-broadcasting and pruning belong to the walk. */
import { GradcamError } from '../core/errors.ts'
import type { Builder } from '../graph/emit.ts'
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../graph/attributes.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { GraphNode, Value } from '../graph/graph.ts'
import { isFloat, sameShape } from '../graph/graph.ts'
import type { ElementType, Tensor } from '../core/tensor.ts'
import { type Cotangent, densify } from './cotangent.ts'

/** A contribution to the gradient of an input: dense, a pick, or none. */
export type Contribution = Value | Cotangent | undefined

/** The gradients of a node's inputs, in their order. Shapes may be those of the broadcast output: the walk sums them down. */
export type Rule = (context: RuleContext) => readonly Contribution[]

/** Rules by operator; operators of other domains as `domain:Operator`. */
export type RuleTable = Readonly<Record<string, Rule>>

export interface RuleContext {
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
  /** Operator of the node that makes an input; undefined for what the model is fed or holds. */
  maker(position: number): string | undefined
  /** Whether the gradient of that input is needed. */
  wants(position: number): boolean
  output(position: number): Value
  /** Gradient of an output, of its full shape; undefined where the target does not depend on it. */
  gradient(position: number): Value | undefined
  /** The value of an input that does not change with the image. */
  constant(position: number): Tensor | undefined
  /** The same as integers; refuses the node where it is computed. */
  integers(position: number, what: string): number[]
  int(name: string, missing: number): number
  float(name: string, missing: number): number
  ints(name: string): number[] | undefined
  string(name: string, missing: string): string
  refuse(why: string, hint?: string): never
}

/** Dimensions as numbers; refuses the node where one is free. */
export function fixedDims(context: RuleContext, dims: readonly (number | string)[]): number[] {
  return dims.map((dim) =>
    typeof dim === 'number' ? dim : context.refuse(`its dimension ${dim} must be fixed`, 'fix the input size of the model'),
  )
}

/** Gradients of half-precision tensors are computed in float32: products of small numbers would vanish in 16 bits. */
export const gradientType = (type: ElementType): ElementType => (type === 'float16' || type === 'bfloat16' ? 'float32' : type)

export interface ContextOptions {
  builder: Builder
  info: TensorInfo
  node: GraphNode
  rules: RuleTable
  cotangents: ReadonlyMap<string, Cotangent>
  /** The tensors whose gradients are needed, each with the element type of its gradient. */
  wanted: ReadonlyMap<string, ElementType>
  /** Operators by the tensors that they make. */
  makers: ReadonlyMap<string, string>
}

/** The view of one node. Values are looked up, and gradients made dense, only when the rule reads them. */
export function ruleContext({ builder, info, node, rules, cotangents, wanted, makers }: ContextOptions): RuleContext {
  const floats = new Map<string, Value>()
  const asFloat = (value: Value): Value => {
    const type = isFloat(value.type) ? gradientType(value.type) : wanted.get(value.name)
    if (type === undefined || type === value.type) return value
    const cast = floats.get(value.name) ?? builder.cast(value, type)
    floats.set(value.name, cast)
    return cast
  }
  const at = (names: readonly string[], position: number, kind: string): Value => {
    const name = names[position]
    return name ? asFloat(info.value(name)) : refuse(`it has no ${kind} ${position}`)
  }
  const refuse = (why: string, hint?: string): never => {
    throw new GradcamError('unsupported-operator', `${node.operator} node ${node.name}: ${why}`, {
      hint: hint ?? 'choose a `featureLayer` after this node',
      node: { name: node.name, operator: node.operator },
    })
  }
  const input = (position: number): Value => at(node.inputs, position, 'input')
  const output = (position: number): Value => at(node.outputs, position, 'output')
  const full = (value: Value, primal: Value): Value => (sameShape(value.shape, primal.shape) ? value : builder.expand(value, primal.shape))
  const cotangentOf = (position: number): Cotangent | undefined => cotangents.get(node.outputs[position] ?? '')
  const constant = (position: number): Tensor | undefined => {
    const name = node.inputs[position]
    return name ? info.constant(name) : undefined
  }
  const first = (): Cotangent => cotangentOf(0) ?? refuse('the target does not depend on its first output')
  let denseFirst: Value | undefined
  const compact = (): Value => (denseFirst ??= densify(builder, first(), output(0)))
  let fullFirst: Value | undefined
  return {
    g: builder,
    node,
    info,
    rules,
    opset: builder.opset,
    get x() {
      return input(0)
    },
    get b() {
      return input(1)
    },
    get c() {
      return input(2)
    },
    get y() {
      return output(0)
    },
    get dy() {
      return (fullFirst ??= full(compact(), output(0)))
    },
    get compact() {
      return compact()
    },
    get cotangent() {
      return first()
    },
    cotangentOf,
    input,
    has: (position) => Boolean(node.inputs[position]),
    maker: (position) => makers.get(node.inputs[position] ?? ''),
    wants: (position) => wanted.has(node.inputs[position] ?? ''),
    output,
    gradient(position) {
      const cotangent = cotangentOf(position)
      if (!cotangent) return undefined
      return full(densify(builder, cotangent, output(position)), output(position))
    },
    constant,
    integers(position, what) {
      const tensor = constant(position)
      return tensor ? Array.from(tensor.data as ArrayLike<number | bigint>, Number) : refuse(`its ${what} depend on the image`)
    },
    int: (name, missing) => intAttribute(node, name, missing),
    float: (name, missing) => floatAttribute(node, name, missing),
    ints: (name) => intsAttribute(node, name),
    string: (name, missing) => stringAttribute(node, name, missing),
    refuse,
  }
}
