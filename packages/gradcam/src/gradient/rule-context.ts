/** @file Makes what a rule sees of its node. */
import { GradcamError } from '../core/errors.ts'
import type { ElementType, Tensor } from '../core/tensor.ts'
import { attributesOf } from '../graph/attributes.ts'
import type { Builder } from '../graph/emit.ts'
import { type GraphNode, isFloat, type Value } from '../graph/graph.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { type Cotangent, dense, densify } from './cotangent.ts'
import { type Alteration, gradientType, type RuleContext, type RuleTable, wrapped } from './rule.ts'

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
  /** Tensors that products weigh other values with. */
  weights: ReadonlySet<string>
}

/** The view of one node. Values are looked up, and gradients made dense, only when the rule reads them. */
export function ruleContext(options: ContextOptions, change: Alteration = {}, floats = new Map<string, Value>()): RuleContext {
  const { builder: g, info, node, cotangents, wanted, makers, weights } = options
  const { inputs = {}, rules = options.rules } = change
  const upstream = change.upstream && dense(change.upstream)
  const asFloat = (value: Value): Value => {
    const type = isFloat(value.type) ? gradientType(value.type) : wanted.get(value.name)
    if (type === undefined || type === value.type) return value
    const cast = floats.get(value.name) ?? g.cast(value, type)
    floats.set(value.name, cast)
    return cast
  }
  const refuse = (why: string, hint?: string): never => {
    throw new GradcamError('unsupported-operator', `${node.operator} node ${node.name}: ${why}`, {
      hint: hint ?? 'choose a `featureLayer` after this node',
      node: { name: node.name, operator: node.operator },
    })
  }
  const at = (names: readonly string[], position: number, kind: string): Value => {
    const name = names[position]
    return name ? asFloat(info.value(name)) : refuse(`it has no ${kind} ${position}`)
  }
  const attributes = attributesOf(node)
  const has = (position: number): boolean => (position in inputs ? inputs[position] !== undefined : Boolean(node.inputs[position]))
  const wants = (position: number): boolean => wanted.has(node.inputs[position] ?? '')
  const input = (position: number): Value => inputs[position] ?? at(node.inputs, position, 'input')
  const output = (position: number): Value => (position === 0 && change.output) || at(node.outputs, position, 'output')
  const cotangentOf = (position: number): Cotangent | undefined =>
    position === 0 && upstream ? upstream : cotangents.get(node.outputs[position] ?? '')
  const first = (): Cotangent => cotangentOf(0) ?? refuse('the target does not depend on its first output')
  const constant = (position: number): Tensor | undefined => {
    const name = position in inputs ? undefined : node.inputs[position]
    return name ? info.constant(name) : undefined
  }
  let denseFirst: Value | undefined
  const compact = (): Value => (denseFirst ??= densify(g, first(), output(0)))
  let fullFirst: Value | undefined
  return {
    g,
    node,
    info,
    rules,
    opset: g.opset,
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
    get result() {
      return info.value(node.outputs[0] ?? '')
    },
    get dy() {
      return (fullFirst ??= g.expand(compact(), output(0).shape))
    },
    get compact() {
      return compact()
    },
    get cotangent() {
      return first()
    },
    cotangentOf,
    input,
    has,
    optional: (position) => (has(position) ? input(position) : undefined),
    maker: (position) => (position in inputs ? undefined : makers.get(node.inputs[position] ?? '')),
    weighs: weights.has(node.outputs[0] ?? ''),
    wants,
    get wanted() {
      return [...node.inputs.keys()].filter(wants)
    },
    output,
    gradient(position) {
      const cotangent = cotangentOf(position)
      return cotangent && g.expand(densify(g, cotangent, output(position)), output(position).shape)
    },
    constant,
    integers(position, what) {
      const tensor = constant(position)
      return tensor ? Array.from(tensor.data as ArrayLike<number | bigint>, Number) : refuse(`its ${what} depend on the image`)
    },
    ...attributes,
    axis: (missing) => wrapped(attributes.int('axis', missing), input(0).shape.length),
    refuse,
    altered: (more) => ruleContext(options, { ...change, ...more, inputs: { ...inputs, ...more.inputs } }, floats),
  }
}
