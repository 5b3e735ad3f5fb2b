/** @file Activations, in one node or in the several that exporters write: what a map looks like after a ReLU or a relative of it. */
import type { Graph, GraphNode } from './graph.ts'
import { operatorName, traitsOf } from './operators.ts'

// GELU by tanh, the longest of them, has nine
const maxGateSteps = 24

export interface Activations {
  graph: Graph
  /** Tensors that no image changes. */
  fixed: ReadonlySet<string>
  /** Outputs of activations that were met already. */
  activated: ReadonlySet<string>
  /** Those, and what only pools, copies or pads them. */
  rectified: ReadonlySet<string>
  /** Whether a fixed tensor holds a single number. */
  isNumber(name: string): boolean
}

/** Why a node counts as an activation, or undefined where it does not. */
export function activationReason(node: GraphNode, known: Activations): string | undefined {
  const { operator, domain, inputs } = node
  const { kind, rectifies, gathers } = traitsOf(node)
  const named = `last ${operator} with more than one place`
  if (rectifies && kind !== 'extremum') return named
  if (domain !== '') return undefined
  const computed = inputs.filter((name) => name !== '' && !known.fixed.has(name))
  // ReLU and ReLU6 as bounds: max(x, 0), min(…, 6)
  if (kind === 'extremum' && computed.length === 1 && inputs.length === 2) return named
  if (operator === 'Mul' && gatesItself(known, node)) return 'last gated activation (x · gate(x)) with more than one place'
  // hard-swish and GELU often end with a factor
  const [scaled = ''] = computed
  if (computed.length === 1 && known.activated.has(scaled) && isScaling(known, node))
    return 'last activation, with its factor, with more than one place'
  if (gathers && inputs.length > 1 && inputs.every((name) => known.rectified.has(name))) {
    return `last ${operator} that gathers rectified maps`
  }
  return undefined
}

/** x · gate(x): SiLU, hard-swish, Mish and GELU in single steps. */
function gatesItself(known: Activations, { inputs: [a = '', b = ''] }: GraphNode): boolean {
  return isGateOf(known, b, unscaled(known, a)) || isGateOf(known, a, unscaled(known, b))
}

/** Whether a tensor is computed, value by value, from `x` alone and bounded on the way. */
function isGateOf({ graph, fixed }: Activations, gate: string, x: string): boolean {
  const seen = new Set<string>()
  const open = [gate]
  let [bounded, reached] = [false, false]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === x) reached = true
    if (name === '' || name === x || fixed.has(name) || seen.has(name)) continue
    seen.add(name)
    const maker = graph.producers.get(name)
    if (!maker || seen.size > maxGateSteps) return false
    const { gate, moves } = traitsOf(maker)
    if (gate === 'bound') bounded = true
    else if (gate !== 'step' && moves !== 'copies') return false
    open.push(...maker.inputs)
  }
  return bounded && reached
}

/** The tensor before factors and copies. */
function unscaled(known: Activations, name: string): string {
  let current = name
  for (let steps = 0; steps < maxGateSteps; steps++) {
    const maker = known.graph.producers.get(current)
    if (!maker || !(traitsOf(maker).moves === 'copies' || isScaling(known, maker))) return current
    const next = maker.inputs.find((input) => input !== '' && !known.fixed.has(input))
    if (next === undefined) return current
    current = next
  }
  return current
}

/** A product with, or a quotient by, one fixed number. */
function isScaling({ fixed, isNumber }: Activations, node: GraphNode): boolean {
  const [operator, [a = '', b = '']] = [operatorName(node), node.inputs]
  if (operator === 'Div') return !fixed.has(a) && fixed.has(b) && isNumber(b)
  return operator === 'Mul' && fixed.has(a) !== fixed.has(b) && isNumber(fixed.has(a) ? a : b)
}
