/** @file Makes what a rule sees: the view of a node that a walk has, and the short names that follow from it. */
import { GradcamError } from '../core/errors.ts'
import type { ElementType } from '../core/tensor.ts'
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../graph/attributes.ts'
import type { Builder } from '../graph/emit.ts'
import { type GraphNode, isFloat, type Value } from '../graph/graph.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { type Cotangent, densify } from './cotangent.ts'
import { gradientType, type NodeView, type RuleContext, type RuleTable } from './rule.ts'

export interface ViewOptions {
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

/** The view of one node. */
export function nodeView({ builder, info, node, rules, cotangents, wanted, makers }: ViewOptions): NodeView {
  const floats = new Map<string, Value>()
  const asFloat = (value: Value): Value => {
    const type = isFloat(value.type) ? gradientType(value.type) : wanted.get(value.name)
    if (type === undefined || type === value.type) return value
    const cast = floats.get(value.name) ?? builder.cast(value, type)
    floats.set(value.name, cast)
    return cast
  }
  const refuse = (why: string, hint?: string): never => {
    throw new GradcamError('unsupported-operator', `${node.operator} node ${node.name}: ${why}`, {
      hint: hint ?? 'choose a feature layer after this node with --feature-layer',
      node: { name: node.name, operator: node.operator },
    })
  }
  const at = (names: readonly string[], position: number, kind: string): Value => {
    const name = names[position]
    return name ? asFloat(info.value(name)) : refuse(`it has no ${kind} ${position}`)
  }
  return {
    ...{ g: builder, node, info, rules, opset: builder.opset },
    cotangentOf: (position) => cotangents.get(node.outputs[position] ?? ''),
    input: (position) => at(node.inputs, position, 'input'),
    has: (position) => Boolean(node.inputs[position]),
    maker: (position) => makers.get(node.inputs[position] ?? ''),
    wants: (position) => wanted.has(node.inputs[position] ?? ''),
    output: (position) => at(node.outputs, position, 'output'),
    constant(position) {
      const name = node.inputs[position]
      return name ? info.constant(name) : undefined
    },
    int: (name, missing) => intAttribute(node, name, missing),
    float: (name, missing) => floatAttribute(node, name, missing),
    ints: (name) => intsAttribute(node, name),
    string: (name, missing) => stringAttribute(node, name, missing),
    refuse,
  }
}

/** A view with its short names. Values are looked up, and gradients made dense, only when the rule reads them. */
export function ruleContext(view: NodeView): RuleContext {
  const { g, input, output, cotangentOf, constant, refuse } = view
  const first = (): Cotangent => cotangentOf(0) ?? refuse('the target does not depend on its first output')
  let compact: Value | undefined
  let full: Value | undefined
  return {
    ...view,
    view,
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
      return (full ??= g.expand(this.compact, output(0).shape))
    },
    get compact() {
      return (compact ??= densify(g, first(), output(0)))
    },
    get cotangent() {
      return first()
    },
    gradient(position) {
      const cotangent = cotangentOf(position)
      return cotangent && g.expand(densify(g, cotangent, output(position)), output(position).shape)
    },
    integers(position, what) {
      const tensor = constant(position)
      return tensor ? Array.from(tensor.data as ArrayLike<number | bigint>, Number) : refuse(`its ${what} depend on the image`)
    },
  }
}
