/** @file Random small graphs: a list of steps, each of which adds nodes behind one of the tensors that are there already. */
import * as fc from 'fast-check'
import type { AttributeValue } from '../../src/graph/emit.ts'
import { sizeOf, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from './build.ts'
import { numbers } from './finite-differences.ts'

export interface Step {
  operator: string
  /** What the step's choices are made from: which tensor, which axis, which size … */
  dice: readonly number[]
}

export interface RandomGraph {
  model: Uint8Array
  /** x, and the weights that are fed so that gradients to them can be asked for. */
  inputs: Record<string, Tensor>
  /** Tensors that nothing reads, with their shapes. */
  leaves: Record<string, readonly number[]>
  operators: readonly string[]
}

export interface Named {
  name: string
  shape: readonly number[]
}

/** What a step sees and does. */
export interface Draft {
  x: Named
  /** All tensors so far. */
  all: readonly Named[]
  /** A whole number from 0 to n − 1. */
  roll(n: number): number
  /** Numbers between low and high, fed as an input. */
  fed(shape: readonly number[], low: number, high: number): string
  /** The same as an initializer. */
  fixed(shape: readonly number[], low: number, high: number): string
  ints(values: readonly number[]): string
  add(
    operator: string,
    inputs: readonly string[],
    shapes: readonly (readonly number[])[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): void
}

/** One step per operator; where the tensor at hand does not fit, it adds nothing. */
export type Steps = Readonly<Record<string, (draft: Draft) => void>>

/** Tensors stay this small. */
const largest = 300

export const stepsOf = (operators: readonly string[]): fc.Arbitrary<Step[]> =>
  fc.array(fc.record({ operator: fc.constantFrom(...operators), dice: fc.array(fc.nat(1000), { minLength: 24, maxLength: 24 }) }), {
    minLength: 3,
    maxLength: 9,
  })

/** Builds the graph behind x of the given shape. */
export function randomGraph(steps: readonly Step[], table: Steps, shape: readonly number[], type: 'float32' | 'float64'): RandomGraph {
  const typed = (tensor: Tensor): Tensor =>
    type === 'float64' ? { ...tensor, type, data: Float64Array.from(tensor.data as Float32Array) } : tensor
  const all: Named[] = [{ name: 'x', shape }]
  const inputs: Record<string, Tensor> = { x: typed(numbers(1 + (steps[0]?.dice[0] ?? 0), shape, -1.5, 1.5)) }
  const weights: Record<string, Tensor> = {}
  const nodes: NodeSpec[] = []
  steps.forEach(({ operator, dice }, s) => {
    let thrown = 0
    const roll = (n: number): number => (dice[thrown++ % dice.length] ?? 0) % n
    const values = (low: number, high: number, dims: readonly number[]): Tensor =>
      typed(numbers(1 + roll(1000) + 1000 * s, dims, low, high))
    const weight = (into: Record<string, Tensor>, tensor: Tensor): string => {
      const name = `w${s}_${thrown}_${Object.keys(into).length}`
      into[name] = tensor
      return name
    }
    table[operator]?.({
      x: all[Math.max(0, all.length - 1 - roll(3))] as Named, // mostly a recent one: chains with branches
      all,
      roll,
      fed: (dims, low, high) => weight(inputs, values(low, high, dims)),
      fixed: (dims, low, high) => weight(weights, values(low, high, dims)),
      ints: (numbers) => weight(weights, { type: 'int64', dims: [numbers.length], data: BigInt64Array.from(numbers, BigInt) }),
      add: (type, reads, shapes, attributes = {}) => {
        if (shapes.some((dims) => sizeOf(dims) > largest || dims.some((dim) => dim < 1) || dims.length === 0)) return
        const outputs = shapes.map((_, i) => `t${nodes.length}_${i}`)
        nodes.push(node(type, reads, outputs, attributes))
        outputs.forEach((name, i) => all.push({ name, shape: shapes[i] as readonly number[] }))
      },
    })
  })
  const read = new Set(nodes.flatMap((each) => each.inputs))
  const leaves = Object.fromEntries(all.filter(({ name }) => name !== 'x' && !read.has(name)).map(({ name, shape: dims }) => [name, dims]))
  // a step that added nothing may have left weights behind
  const kept = <T>(record: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([name]) => name === 'x' || read.has(name)))
  const used = kept(inputs)
  const model = buildModel({
    inputs: Object.fromEntries(Object.entries(used).map(([name, { dims }]) => [name, dims])),
    outputs: leaves,
    weights: kept(weights),
    nodes,
    opset: 17,
    type,
  })
  return { model, inputs: used, leaves, operators: nodes.map(({ operator }) => operator) }
}
