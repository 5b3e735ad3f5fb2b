/** @file Which operators rectify: let the positive through and hold the negative back, sharply or smoothly. */
import { toFloat32 } from '../../core/tensor.ts'
import { attributesOf } from '../../graph/attributes.ts'
import { type Traits, traits, traitsOf } from '../../graph/operators.ts'
import type { TensorInfo } from '../../graph/tensor-info.ts'
import type { GraphNode } from '../../graph/graph.ts'
import { type Contribution, type Rule, type RuleContext, type RuleTable, rulesByOperator } from '../rule.ts'

/** What it takes to tell whether a node rectifies. */
type NodeView = Pick<RuleContext, 'node' | 'has' | 'constant' | 'float'>

/** The input that a node rectifies; undefined where it only cuts, compares or limits. */
type Rectified = (context: NodeView) => number | undefined

/** The single value of an input, or all of them where they are alike. */
function constantOf(context: NodeView, position: number): number | undefined {
  const value = context.has(position) ? context.constant(position) : undefined
  const [number, ...others] = value ? toFloat32(value) : []
  return others.every((other) => other === number) ? number : undefined
}

/** ReLU6 and its like: a Clip from 0. Others limit, as image preprocessing does, and rectify nothing. */
const fromZero: Rectified = (context) => {
  const low = context.node.attributes.has('min') ? context.float('min', 0) : constantOf(context, 1)
  return low === 0 ? 0 : undefined
}

/** max(x, 0), as some exporters write Relu. */
const maximumWithZero: Rectified = (context) => {
  if (context.node.inputs.length !== 2) return undefined
  return [0, 1].find((i) => constantOf(context, 1 - i) === 0)
}

/** By the operator's trait. A table of single operators cannot see rectifiers in several nodes, such as x·σ(x). */
const rectified: Readonly<Record<NonNullable<Traits['rectifies']>, Rectified>> = {
  always: () => 0,
  'from 0': fromZero,
  'with 0': maximumWithZero,
  // the rules of its parts see the rectifier
  inside: () => undefined,
}

/** Whether a node of a graph is a rectifier. */
export function rectifies(node: GraphNode, info: TensorInfo): boolean {
  const how = traitsOf(node).rectifies
  const view: NodeView = {
    node,
    has: (position) => Boolean(node.inputs[position]),
    constant: (position) => info.constant(node.inputs[position] ?? ''),
    float: attributesOf(node).float,
  }
  return how !== undefined && rectified[how](view) !== undefined
}

/** What a table does at a rectifier: `position` is that of the rectified input, `own` the rule of the table that is changed. */
type RectifierRule = (context: RuleContext, position: number, own: Rule) => readonly Contribution[]

/** A table with another rule for what rectifies. */
export function rectifiersBy(table: RuleTable, rule: RectifierRule): RuleTable {
  return rulesByOperator(table, (operator, own) => {
    const how = traits.get(operator)?.rectifies
    if (how === undefined) return own
    return (context) => {
      const position = rectified[how](context)
      return position === undefined ? own(context) : rule(context, position, own)
    }
  })
}
