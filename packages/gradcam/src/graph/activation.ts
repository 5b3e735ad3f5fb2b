/** @file Activations, in one node or in the several that exporters write: what a map looks like after a ReLU or a relative of it. */
import type { Graph, GraphNode } from './graph.ts'

const rectifiers = new Set([
  'Relu',
  'Clip',
  'PRelu',
  'LeakyRelu',
  'ThresholdedRelu',
  'Elu',
  'Selu',
  'Celu',
  'HardSwish',
  'Mish',
  'Gelu',
  'Swish',
  'Softplus',
])
const fusedRectifiers = new Set(['FusedConv', 'Gelu', 'FastGelu', 'BiasGelu', 'QuickGelu'])
const bounds = new Set(['Max', 'Min'])
const gathering = new Set(['Add', 'Sum', 'Concat'])
/** Operators of which the gate of x · gate(x) is made; the second set is what makes it a gate. */
const gateSteps = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pow',
  'Neg',
  'Exp',
  'Softplus',
  'Identity',
  'Cast',
  'QuantizeLinear',
  'DequantizeLinear',
])
const saturating = new Set(['Sigmoid', 'HardSigmoid', 'Clip', 'Relu', 'Max', 'Min', 'Erf', 'Tanh'])
const renaming = new Set(['Identity', 'Cast', 'QuantizeLinear', 'DequantizeLinear'])
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
  const named = `last ${operator} with more than one place`
  if (domain === 'com.microsoft') return fusedRectifiers.has(operator) ? named : undefined
  if (domain !== '') return undefined
  if (rectifiers.has(operator)) return named
  const computed = inputs.filter((name) => name !== '' && !known.fixed.has(name))
  // ReLU and ReLU6 as bounds: max(x, 0), min(…, 6)
  if (bounds.has(operator) && computed.length === 1 && inputs.length === 2) return named
  if (operator === 'Mul' && gatesItself(known, node)) return 'last gated activation (x · gate(x)) with more than one place'
  // hard-swish and GELU often end with a factor
  const [scaled = ''] = computed
  if (computed.length === 1 && known.activated.has(scaled) && isScaling(known, node))
    return 'last activation, with its factor, with more than one place'
  if (gathering.has(operator) && inputs.length > 1 && inputs.every((name) => known.rectified.has(name))) {
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
    if (!maker || maker.domain !== '' || seen.size > maxGateSteps) return false
    if (saturating.has(maker.operator)) bounded = true
    else if (!gateSteps.has(maker.operator)) return false
    open.push(...maker.inputs)
  }
  return bounded && reached
}

/** The tensor before factors and copies. */
function unscaled(known: Activations, name: string): string {
  let current = name
  for (let steps = 0; steps < maxGateSteps; steps++) {
    const maker = known.graph.producers.get(current)
    if (!maker || maker.domain !== '' || !(renaming.has(maker.operator) || isScaling(known, maker))) return current
    const next = maker.inputs.find((input) => input !== '' && !known.fixed.has(input))
    if (next === undefined) return current
    current = next
  }
  return current
}

/** A product with, or a quotient by, one fixed number. */
function isScaling({ fixed, isNumber }: Activations, { operator, inputs: [a = '', b = ''] }: GraphNode): boolean {
  if (operator === 'Div') return !fixed.has(a) && fixed.has(b) && isNumber(b)
  return operator === 'Mul' && fixed.has(a) !== fixed.has(b) && isNumber(fixed.has(a) ? a : b)
}
