/** @file Which operators rectify: let the positive through and hold the negative back, sharply or smoothly. */
import { toFloat32 } from '../../core/tensor.ts'
import { floatAttribute } from '../../graph/attributes.ts'
import type { TensorInfo } from '../../graph/tensor-info.ts'
import type { GraphNode } from '../../graph/graph.ts'
import type { Contribution, Rule, RuleContext, RuleTable } from '../rule.ts'

/** What it takes to tell whether a node rectifies. */
type NodeView = Pick<RuleContext, 'node' | 'has' | 'constant' | 'float'>

/** The input that a node rectifies; undefined where it only cuts, compares or limits. */
type Rectified = (context: NodeView) => number | undefined

const first: Rectified = () => 0

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

/** Rectifiers by operator. Decomposed ones, such as x·σ(x) out of Sigmoid and Mul, no table of single operators can see. */
export const rectifiers: Readonly<Record<string, Rectified>> = {
  ...Object.fromEntries(
    [
      ...['Relu', 'LeakyRelu', 'PRelu', 'ThresholdedRelu', 'Elu', 'Selu', 'Celu'],
      ...['Gelu', 'Swish', 'Mish', 'HardSwish', 'Softplus'],
      ...['Gelu', 'FastGelu', 'BiasGelu', 'QuickGelu'].map((operator) => `com.microsoft:${operator}`),
    ].map((operator) => [operator, first]),
  ),
  Clip: fromZero,
  Max: maximumWithZero,
}

/** Whether a node of a graph is a rectifier. */
export function rectifies(node: GraphNode, info: TensorInfo): boolean {
  const operator = node.domain === '' ? node.operator : `${node.domain}:${node.operator}`
  const rectified = Object.hasOwn(rectifiers, operator) ? rectifiers[operator] : undefined
  const view: NodeView = {
    node,
    has: (position) => Boolean(node.inputs[position]),
    constant: (position) => info.constant(node.inputs[position] ?? ''),
    float: (name, missing) => floatAttribute(node, name, missing),
  }
  return rectified?.(view) !== undefined
}

/** What a table does at a rectifier: `position` is that of the rectified input, `own` the rule of the table that is changed. */
type RectifierRule = (context: RuleContext, position: number, own: Rule) => readonly Contribution[]

/** A table with another rule for what rectifies. */
export function rectifiersBy(table: RuleTable, rule: RectifierRule): RuleTable {
  const changed = Object.entries(rectifiers).map(([operator, rectified]): [string, Rule] => {
    const own = table[operator] as Rule
    return [
      operator,
      (context) => {
        const position = rectified(context)
        return position === undefined ? own(context) : rule(context, position, own)
      },
    ]
  })
  return { ...table, ...Object.fromEntries(changed) }
}
