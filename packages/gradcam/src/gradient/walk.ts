/** @file The reverse walk: from the target back to the tensors asked for, along the nodes between them and no others. */
import { GradcamError } from '../errors.ts'
import type { Builder } from '../graph/emit.ts'
import type { Facts } from '../graph/facts.ts'
import { type Graph, type GraphNode, isFloat, type Value } from '../graph/graph.ts'
import { type Cotangent, dense, densify } from './cotangent.ts'
import { type Contribution, type Rule, ruleContext } from './rule.ts'

/** Rules by operator; operators of other domains as `domain:Operator`. */
export type RuleTable = Readonly<Record<string, Rule>>

export interface WalkRequest {
  graph: Graph
  facts: Facts
  builder: Builder
  rules: RuleTable
  /** Where the walk starts: tensors with their upstream gradients. */
  seeds: readonly { tensor: string; cotangent: Cotangent }[]
  /** The tensors whose gradients are asked for. */
  wrt: readonly string[]
}

/** One gradient per tensor asked for, broadcastable to its shape; undefined where the target does not depend on it. */
export function walkBack({ graph, facts, builder, rules, seeds, wrt }: WalkRequest): (Value | undefined)[] {
  const wanted = dependents(graph, facts, wrt)
  const cotangents = new Map<string, Cotangent>()
  const accumulate = (name: string, more: Cotangent): void => {
    const sum = cotangents.get(name)
    const primal = facts.value(name)
    cotangents.set(name, sum ? dense(builder.add(densify(builder, sum, primal), densify(builder, more, primal))) : more)
  }
  for (const { tensor, cotangent } of seeds) if (wanted.has(tensor)) accumulate(tensor, cotangent)

  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i] as GraphNode
    if (!node.outputs.some((name) => cotangents.has(name)) || !node.inputs.some((name) => wanted.has(name))) continue
    const contributions = ruleFor(rules, node)(ruleContext({ builder, facts, node, cotangents, wanted }))
    node.inputs.forEach((name, position) => {
      const contribution = contributions[position]
      if (contribution && wanted.has(name)) accumulate(name, fitted(builder, facts.value(name), contribution))
    })
  }
  return wrt.map((name) => {
    const cotangent = cotangents.get(name)
    return cotangent && densify(builder, cotangent, facts.value(name))
  })
}

/** Sums a contribution down to the shape of an input that was broadcast. */
function fitted(builder: Builder, primal: Value, contribution: Contribution & object): Cotangent {
  if (!('kind' in contribution)) return dense(builder.reduceTo(contribution, primal.shape))
  return contribution.kind === 'pick' ? contribution : dense(builder.reduceTo(contribution.value, primal.shape))
}

/** All float tensors that depend on the given ones, those included. */
function dependents(graph: Graph, facts: Facts, roots: readonly string[]): Set<string> {
  const found = new Set(roots)
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => found.has(name))) continue
    for (const name of node.outputs) if (name && isFloat(facts.find(name)?.type ?? 'float32')) found.add(name)
  }
  return found
}

function ruleFor(rules: RuleTable, node: GraphNode): Rule {
  const operator = node.domain === '' ? node.operator : `${node.domain}:${node.operator}`
  const rule = Object.hasOwn(rules, operator) ? rules[operator] : undefined
  if (rule) return rule
  throw new GradcamError('unsupported-operator', `no gradient is known for the operator ${operator} (node ${node.name})`, {
    hint: 'choose a feature layer after this node with --feature-layer',
    node: { name: node.name, operator },
  })
}
