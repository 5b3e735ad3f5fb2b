/** @file The reverse walk: from the target back to the tensors asked for, along the nodes between them and no others. */
import type { NodeProto } from 'onnx-buf'
import { GradcamError } from '../core/errors.ts'
import { pruned, readNames } from '../graph/nodes.ts'
import type { Builder } from '../graph/emit.ts'
import { operatorName, traitsOf } from '../graph/operators.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { type GraphNode, isFloat, type Value } from '../graph/graph.ts'
import type { ElementType } from '../core/tensor.ts'
import { type Cotangent, dense, densify } from './cotangent.ts'
import { type Contribution, gradientType, type Rule, type RuleTable } from './rule.ts'
import { ruleContext } from './rule-context.ts'

export type { RuleTable } from './rule.ts'

export interface WalkRequest {
  graph: { readonly nodes: readonly GraphNode[] }
  info: TensorInfo
  builder: Builder
  rules: RuleTable
  /** Where the walk starts: tensors with their upstream gradients. */
  seeds: readonly { tensor: string; cotangent: Cotangent }[]
  /** The tensors whose gradients are asked for. */
  wrt: readonly string[]
}

/** One gradient per tensor asked for, broadcastable to its shape; undefined where the target does not depend on it. */
export function walkBack({ graph, info, builder, rules, seeds, wrt }: WalkRequest): (Value | undefined)[] {
  const wanted = dependents(graph.nodes, info, wrt)
  const makers = new Map(graph.nodes.flatMap(({ operator, outputs }) => outputs.map((name) => [name, operator])))
  const weights = weightsOf(graph.nodes, makers)
  const cotangents = new Map<string, Cotangent>()
  // what a gradient is added to: the tensor, as floats where it is quantised
  const primalOf = (name: string): Value => ({ ...info.value(name), type: wanted.get(name) ?? 'float32' })
  const accumulate = (name: string, given: Cotangent): void => {
    const sum = cotangents.get(name)
    const primal = primalOf(name)
    const more = given.kind === 'dense' ? dense(builder.cast(given.value, primal.type)) : given
    cotangents.set(name, sum ? dense(builder.add(densify(builder, sum, primal), densify(builder, more, primal))) : more)
  }
  for (const { tensor, cotangent } of seeds) if (wanted.has(tensor)) accumulate(tensor, cotangent)

  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i] as GraphNode
    if (!node.outputs.some((name) => cotangents.has(name)) || !readNames(node).some((name) => wanted.has(name))) continue
    const step = (): void => {
      const contributions = ruleFor(rules, node)(ruleContext({ builder, info, node, rules, cotangents, wanted, makers, weights }))
      node.inputs.forEach((name, position) => {
        const contribution = contributions[position]
        if (contribution && wanted.has(name)) accumulate(name, fitted(builder, info.value(name), contribution))
      })
    }
    const handedBack = (): string[] => node.inputs.flatMap((name) => nameOf(cotangents.get(name)))
    const keep = (nodes: readonly NodeProto[]): NodeProto[] => pruned(nodes, [...builder.emission.instead.values(), ...handedBack()])
    builder.record(() => guarded(node, step), keep)
  }
  return wrt.map((name) => {
    const cotangent = cotangents.get(name)
    return cotangent && densify(builder, cotangent, primalOf(name))
  })
}

/** What a product weighs other values of the model with; two probabilities alike, as class and objectness, weigh each other. */
function weightsOf(nodes: readonly GraphNode[], makers: ReadonlyMap<string, string>): Set<string> {
  const made = (name: string): boolean => makers.has(name) && makers.get(name) !== 'Constant'
  const products = nodes.filter(({ operator }) => operator === 'Mul')
  return new Set(products.flatMap(({ inputs: [a = '', b = ''] }) => (made(a) && made(b) && makers.get(a) !== makers.get(b) ? [a, b] : [])))
}

/** Models are hostile input: a rule that fails has met a node whose attributes do not fit its tensors. */
function guarded({ name, operator }: GraphNode, step: () => void): void {
  try {
    step()
  } catch (cause) {
    if (cause instanceof GradcamError) throw cause
    throw new GradcamError('model-invalid', `the attributes of the ${operator} node ${name} do not fit its tensors`, {
      hint: 'check the model with onnx.checker, or export it again',
      node: { name, operator },
      cause,
    })
  }
}

/** Sums a contribution down to the shape of an input that was broadcast. */
function fitted(builder: Builder, primal: Value, contribution: Contribution & object): Cotangent {
  if (!('kind' in contribution)) return dense(builder.reduceTo(contribution, primal.shape))
  return contribution.kind === 'pick' ? contribution : dense(builder.reduceTo(contribution.value, primal.shape))
}

const nameOf = (cotangent: Cotangent | undefined): string[] =>
  cotangent ? [(cotangent.kind === 'pick' ? cotangent.index : cotangent.value).name] : []

/** Types of quantised values, and of their sums of products. */
const quantized = new Set<ElementType>(['int8', 'uint8', 'int16', 'uint16', 'int32'])

/**
 * All tensors that depend on the given ones, those included, each with the type of its gradient: that of a
 * float, float32 for half precision, and for integers that of the float that was quantised. Integers count from a quantiser on, as long as they come from each other.
 */
function dependents(nodes: readonly GraphNode[], info: TensorInfo, roots: readonly string[]): Map<string, ElementType> {
  const typeOf = (name: string): ElementType => info.find(name)?.type ?? 'float32'
  const found = new Map<string, ElementType>()
  for (const name of roots) found.set(name, isFloat(typeOf(name)) ? gradientType(typeOf(name)) : 'float32')
  for (const node of nodes) {
    const from = readNames(node).filter((name) => found.has(name))
    const source = from[0]
    if (source === undefined) continue
    // gradients pass it as if it did not round
    const quantises = traitsOf(node).kind === 'quantiser'
    const integers = quantises || from.some((name) => !isFloat(typeOf(name)))
    // scale and zero point that a quantiser makes are taken as given
    for (const name of quantises ? node.outputs.slice(0, 1) : node.outputs) {
      const type = typeOf(name)
      if (name && isFloat(type)) found.set(name, gradientType(type))
      else if (name && integers && quantized.has(type)) found.set(name, found.get(source) ?? 'float32')
    }
  }
  return found
}

function ruleFor(rules: RuleTable, node: GraphNode): Rule {
  const operator = operatorName(node)
  const rule = Object.hasOwn(rules, operator) ? rules[operator] : undefined
  if (rule) return rule
  // noise of a tensor's shape does not depend on its values
  if (operator === 'RandomNormalLike' || operator === 'RandomUniformLike') return () => []
  throw new GradcamError('unsupported-operator', `no gradient is known for the operator ${operator} (node ${node.name})`, {
    hint: 'choose a `featureLayer` after this node',
    node: { name: node.name, operator },
  })
}
