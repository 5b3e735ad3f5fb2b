/** @file A model written down node by node, as an exporter does: names are made up on the way, in the exporter's manner. */
import type { AttributeValue } from '../../src/graph/emit.ts'
import type { Shape } from '../../src/graph/graph.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { type ModelSpec, node, type NodeSpec } from './build.ts'

export interface Sketch {
  /** Adds a node and returns the name of its output; of a Split, which has two, that of the first. */
  add(operator: string, inputs: readonly string[], attributes?: Readonly<Record<string, AttributeValue | Tensor>>): string
  /** Adds an initializer and returns its name. */
  weight(tensor: Tensor): string
  /** A single number. */
  number(value: number): string
  /** A vector of int64. */
  ints(...values: readonly number[]): string
  /** The model, with the shape of its one input and its outputs. */
  finish(input: readonly [name: string, shape: Shape], outputs: Readonly<Record<string, Shape>>): ModelSpec
}

/** How an exporter names what the i-th node of an operator puts out, and its weights. */
export interface Naming {
  opset: number
  output(operator: string, i: number): string
  weight(i: number): string
}

export function sketch({ opset, output, weight: nameOfWeight }: Naming): Sketch {
  const nodes: NodeSpec[] = []
  const weights: Record<string, Tensor> = {}
  const counts = new Map<string, number>()
  const weight: Sketch['weight'] = (tensor) => {
    const name = nameOfWeight(Object.keys(weights).length)
    weights[name] = tensor
    return name
  }
  return {
    add(operator, inputs, attributes = {}) {
      const i = counts.get(operator) ?? 0
      counts.set(operator, i + 1)
      const name = output(operator, i)
      nodes.push(node(operator, inputs, operator === 'Split' ? [name, `${name}/rest`] : name, attributes))
      return name
    },
    weight,
    number: (value) => weight(float32([value], [])),
    ints: (...values) => weight({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) }),
    finish: (input, outputs) => ({ opset, inputs: Object.fromEntries([input]), outputs, weights, nodes }),
  }
}
