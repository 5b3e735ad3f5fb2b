/** @file The four ways to know a gradient without a golden case: differences, the plain operators an operator stands for, none at all, or a refusal. */
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import type { Check } from './conformance-check.ts'
import { checkByDifferences, type DifferenceOptions, numbers, type OneNode, oneNode } from '../support/finite-differences.ts'
import { gradientsOf } from '../support/gradients.ts'

export const microsoft = 'com.microsoft'
const qualified = ({ operator, domain = '' }: Pick<OneNode, 'operator' | 'domain'>): string => (domain ? `${domain}:${operator}` : operator)

/** Against difference quotients of what the CPU computes. `about` says what is special. */
export function byDifferences(spec: OneNode, options: DifferenceOptions = {}, about = ''): Check {
  const { tolerance = 1e-3 } = options
  return {
    title: `${qualified(spec)}/differences${about && `, ${about}`}`,
    operators: [qualified(spec)],
    opset: spec.opset,
    model: () => ({ bytes: oneNode(spec), inputs: spec.inputs }),
    run: (on, loosen) =>
      checkByDifferences(oneNode(spec), spec.inputs, { ...options, tolerance: loosen({ atol: tolerance, rtol: 0 }).atol, on }),
  }
}

export interface Equivalent {
  operators: readonly string[]
  inputs: Readonly<Record<string, Tensor>>
  weights?: Readonly<Record<string, Tensor>>
  /** Nodes from the inputs to y, and plain ones that compute the same. */
  nodes: readonly NodeSpec[]
  plain: readonly NodeSpec[]
  output: readonly number[]
  opset?: number
}

/** Against the gradient of plain operators on the CPU. */
export function byPlainForm({ operators, inputs, weights = {}, nodes, plain, output, opset = 13 }: Equivalent): Check {
  const names = Object.keys(inputs)
  const model = (steps: readonly NodeSpec[]): Uint8Array => {
    const read = new Set(steps.flatMap((step) => step.inputs))
    return buildModel({
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims])),
      outputs: { y: output },
      nodes: steps,
      weights: Object.fromEntries(Object.entries(weights).filter(([name]) => read.has(name))),
      opset,
      domains: [microsoft],
    })
  }
  const seeds = { y: numbers(9, output) }
  return {
    title: `${operators.join(', ')}/plain form`,
    operators,
    opset,
    model: () => ({ bytes: model(nodes), inputs }),
    async run(runtime, loosen) {
      const expected = await gradientsOf(model(plain), { ...inputs }, seeds, names)
      const actual = await gradientsOf(model(nodes), { ...inputs }, seeds, names, runtime)
      for (const name of names) {
        const truth = expected[name] as Tensor
        if (toFloat32(truth).every((value) => value === 0)) throw new Error(`the gradient of ${name} is zero everywhere`)
        expectClose(actual[name] as Tensor, truth, loosen({ atol: 1e-5, rtol: 1e-4 }), `gradient of ${name}`)
      }
    },
  }
}

/** y = x + Σ z, where z comes from x by steps that let no gradient pass: that of y arrives at x as it is. */
export function withoutGradient(operator: string, steps: readonly NodeSpec[], opset = 13): Check {
  const inputs = { x: numbers(1, [3, 4]) }
  const bytes = buildModel({
    inputs: { x: [3, 4] },
    outputs: { y: [3, 4] },
    nodes: [
      ...steps,
      node('Cast', ['z'], 'float', { to: 1 }),
      node('ReduceSum', ['float'], 'sum', { keepdims: 0 }),
      node('Add', ['x', 'sum'], 'y'),
    ],
    weights: { zero: float32([0], []) },
    opset,
  })
  const seed = numbers(2, [3, 4])
  return {
    title: `${operator}/no gradient`,
    operators: [operator],
    opset,
    model: () => ({ bytes, inputs }),
    async run(runtime) {
      const { x } = await gradientsOf(bytes, inputs, { y: seed }, ['x'], runtime)
      expectClose(x as Tensor, seed, { atol: 0, rtol: 0 }, 'gradient of x')
    },
  }
}

/** A named error, not a wrong gradient. */
export function isRefused(operator: string, bytes: Uint8Array, opset: number): Check {
  const inputs = { x: numbers(1, [3, 4]) }
  return {
    title: `${operator}/refused`,
    operators: [operator],
    opset,
    refused: true,
    model: () => ({ bytes, inputs }),
    async run(runtime) {
      await gradientsOf(bytes, inputs, { y: numbers(2, [3, 4]) }, ['x'], runtime)
    },
  }
}
