/** @file Gradients of random graphs against central differences of what the runtime computes. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gradient } from '../src/gradient/gradient.ts'
import { readModel } from '../src/model/read.ts'
import type { Session } from '../src/runtime/runtime.ts'
import type { Tensor } from '../src/tensor.ts'
import { runtime } from './explain.ts'
import { numbers } from './finite-differences.ts'
import { type RandomGraph, randomGraph, type Step, type Steps, stepsOf } from './random-graphs.ts'
import { denseSteps, imageSteps } from './random-steps.ts'

interface Kind {
  type: 'float32' | 'float64'
  steps: Steps
  shape: readonly number[]
  /** Distance of the differences along a direction of ±1 for every number. */
  step: number
  /** Error allowed, as a part of the gradient's norm. */
  tolerance: number
  runs: number
}

const kinds: Record<string, Kind> = {
  'dense operators in float64': { type: 'float64', steps: denseSteps, shape: [2, 3, 4], step: 1e-5, tolerance: 1e-7, runs: 100 },
  'image operators in float32': { type: 'float32', steps: imageSteps, shape: [2, 3, 5, 4], step: 4e-3, tolerance: 3e-3, runs: 100 },
}

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  test(`${kind.runs} random graphs`, async () => {
    const seen = new Map<string, number>()
    let kinks = 0
    await fc.assert(
      fc.asyncProperty(stepsOf(Object.keys(kind.steps)), async (steps) => {
        const graph = randomGraph(steps, kind.steps, kind.shape, kind.type)
        fc.pre(graph.operators.length > 0)
        for (const operator of graph.operators) seen.set(operator, (seen.get(operator) ?? 0) + 1)
        if (!(await gradientsHold(graph, steps, kind))) kinks++
      }),
      { numRuns: kind.runs, seed: 20260729, endOnFailure: false },
    )
    expect(Object.keys(kind.steps).filter((operator) => !seen.has(operator))).toEqual([])
    expect(kinks).toBeLessThan(kind.runs / 5)
  })
})

/** False where the differences straddle a kink: two step sizes then disagree, and nothing is said about the gradient. */
async function gradientsHold({ model, inputs, leaves }: RandomGraph, steps: readonly Step[], { type, step, tolerance }: Kind): Promise<boolean> {
  const seed = 1 + (steps[0]?.dice[1] ?? 0)
  const typed = (tensor: Tensor): Tensor => (type === 'float64' ? { ...tensor, type, data: Float64Array.from(tensor.data as Float32Array) } : tensor)
  const seeds = Object.fromEntries(Object.entries(leaves).map(([name, dims], i) => [name, typed(numbers(seed + i, dims, 0.3, 1))]))
  const of = Object.entries(seeds).map(([tensor, upstream]) => ({ tensor, seed: upstream }))
  const gradients = await gradient(readModel(model), runtime, { of, wrt: Object.keys(inputs), inputs })
  const session = await runtime.open({ bytes: model, external: [] })
  try {
    for (const turn of [1, 2]) {
      const signs = Object.fromEntries(Object.entries(inputs).map(([name, { dims }], i) => [name, numbers(100 * turn + i, dims).data.map(Math.sign as never)]))
      let [slope, squares] = [0, 0]
      for (const [name, { data }] of Object.entries(gradients)) {
        for (let i = 0; i < data.length; i++) {
          slope += Number(data[i]) * Number(signs[name]?.[i])
          squares += Number(data[i]) ** 2
        }
      }
      const wide = await difference(session, inputs, seeds, signs, step)
      const narrow = await difference(session, inputs, seeds, signs, step / 2)
      const allowed = tolerance * Math.sqrt(squares) + rounding(type, wide.size, step)
      if (Math.abs(wide.slope - narrow.slope) > allowed) return false
      if (!(Math.abs(slope - narrow.slope) <= 2 * allowed)) throw new Error(`slope ${slope}, by differences ${narrow.slope} and ${wide.slope}, allowed ${allowed}`)
    }
    return true
  } finally {
    await session.release()
  }
}

/** What rounding of the outputs may add to a difference quotient. */
const rounding = (type: Kind['type'], size: number, step: number): number => ((type === 'float64' ? 4e-16 : 2e-7) * size) / step

/** Slope of Σ seed · output along a direction, and Σ |seed · output|. */
async function difference(
  session: Session,
  inputs: Record<string, Tensor>,
  seeds: Record<string, Tensor>,
  signs: Record<string, ArrayLike<number | bigint>>,
  step: number,
): Promise<{ slope: number; size: number }> {
  const at = async (offset: number): Promise<{ sum: number; size: number }> => {
    const moved = Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [
        name,
        { ...tensor, data: (tensor.data as Float64Array).map((value, i) => value + offset * Number(signs[name]?.[i])) },
      ]),
    )
    const outputs = await session.run(moved)
    let [sum, size] = [0, 0]
    for (const [name, { data }] of Object.entries(seeds)) {
      const values = outputs[name]?.data as Float64Array
      for (let i = 0; i < data.length; i++) {
        const term = Number(data[i]) * (values[i] ?? Number.NaN)
        sum += term
        size += Math.abs(term)
      }
    }
    return { sum, size }
  }
  const [ahead, behind] = [await at(step), await at(-step)]
  return { slope: (ahead.sum - behind.sum) / (2 * step), size: ahead.size }
}
