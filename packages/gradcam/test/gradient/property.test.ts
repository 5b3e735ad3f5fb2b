/** @file Gradients of random graphs against central differences of what the runtime computes. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/gradient/gradient.ts'
import { readModel } from '../../src/graph/model.ts'
import type { Session } from '../../src/runtime/runtime.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { runtime } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { type RandomGraph, randomGraph, type Step, type Steps, stepsOf } from '../support/random-graphs.ts'
import { denseSteps, imageSteps } from '../support/random-steps.ts'

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
  'dense operators in float64': { type: 'float64', steps: denseSteps, shape: [2, 3, 4], step: 1e-5, tolerance: 1e-7, runs: 400 },
  'image operators in float32': { type: 'float32', steps: imageSteps, shape: [2, 3, 5, 4], step: 4e-3, tolerance: 3e-3, runs: 400 },
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
      { numRuns: kind.runs, seed: 20260729 },
    )
    expect(Object.keys(kind.steps).filter((operator) => !seen.has(operator))).toEqual([])
    expect(kinks).toBeLessThan(kind.runs / 5)
  })
})

describe('forms that random graphs do not draw', () => {
  test('Relu in float64, of which the runtime has no HardSigmoid', async () => {
    const x: Tensor = { type: 'float64', dims: [2], data: Float64Array.of(-1, 2) }
    const model = buildModel({ inputs: { x: [2] }, outputs: { y: [2] }, nodes: [node('Relu', ['x'], 'y')], type: 'float64' })
    const seed = { ...x, data: Float64Array.of(3, 5) }
    const { x: slope } = await gradient(readModel(model), runtime, { of: [{ tensor: 'y', seed }], wrt: ['x'], inputs: { x } })
    expect(Array.from(slope?.data ?? [], Number)).toEqual([0, 5])
  })

  test('Pad of a vector with mode edge', async () => {
    const pads: Tensor = { type: 'int64', dims: [2], data: BigInt64Array.of(0n, 2n) }
    const nodes = [node('Pad', ['x', 'pads'], 'y', { mode: 'edge' })]
    const model = buildModel({ inputs: { x: [3] }, outputs: { y: [5] }, weights: { pads }, nodes })
    const seed = float32([1, 2, 3, 4, 5], [5])
    const { x: slope } = await gradient(readModel(model), runtime, {
      of: [{ tensor: 'y', seed }],
      wrt: ['x'],
      inputs: { x: float32([0, 0, 0], [3]) },
    })
    expect(Array.from(slope?.data ?? [], Number)).toEqual([1, 2, 12])
  })
})

/** False where the differences straddle a kink: then nothing is said about the gradient. */
async function gradientsHold(
  { model, inputs, leaves }: RandomGraph,
  steps: readonly Step[],
  { type, step, tolerance }: Kind,
): Promise<boolean> {
  const seed = 1 + (steps[0]?.dice[1] ?? 0)
  const typed = (tensor: Tensor): Tensor =>
    type === 'float64' ? { ...tensor, type, data: Float64Array.from(tensor.data as Float32Array) } : tensor
  const seeds = Object.fromEntries(Object.entries(leaves).map(([name, dims], i) => [name, typed(numbers(seed + i, dims, 0.3, 1))]))
  const of = Object.entries(seeds).map(([tensor, upstream]) => ({ tensor, seed: upstream }))
  const gradients = await gradient(readModel(model), runtime, { of, wrt: Object.keys(inputs), inputs })
  const norm = Math.sqrt(Object.values(gradients).reduce((sum, { data }) => sum + dot(data, data), 0))
  const session = await runtime.open({ bytes: model, external: [] })
  try {
    for (const turn of [1, 2]) {
      const direction = Object.fromEntries(Object.entries(inputs).map(([name, { dims }], i) => [name, signs(100 * turn + i, dims)]))
      const slope = Object.entries(gradients).reduce((sum, [name, { data }]) => sum + dot(data, direction[name] ?? []), 0)
      const line: Line = { session, inputs, seeds, direction }
      const here = await at(line, 0)
      const pairs = []
      for (const part of [1, 2, 4])
        pairs.push({ ahead: await at(line, step / part), behind: await at(line, -step / part), step: step / part })
      const allowed = tolerance * norm + (4 * rounding[type] * here.size) / step
      // ahead and behind differ by the curvature, in proportion to the step: by anything else, there is a kink between them
      const bends = pairs.map((pair) => (pair.ahead.sum - 2 * here.sum + pair.behind.sum) / pair.step) as [number, number, number]
      if (Math.abs(bends[0] - 2 * bends[1]) > allowed || Math.abs(bends[1] - 2 * bends[2]) > allowed) return false
      const [wide, narrow] = pairs.map((pair) => (pair.ahead.sum - pair.behind.sum) / (2 * pair.step)) as [number, number, number]
      const truth = (4 * narrow - wide) / 3
      if (!(Math.abs(slope - truth) <= 2 * allowed)) throw new Error(`slope ${slope}, by differences ${truth}, allowed ${2 * allowed}`)
    }
    return true
  } finally {
    await session.release()
  }
}

/** What rounding may add to a sum, as a part of its terms: the last bits of the outputs and of what lies before them. */
const rounding = { float32: 2e-7, float64: 4e-16 } as const

const signs = (seed: number, dims: readonly number[]): number[] => Array.from(numbers(seed, dims).data as Float32Array, Math.sign)

function dot(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += Number(a[i]) * Number(b[i])
  return sum
}

interface Line {
  session: Session
  inputs: Readonly<Record<string, Tensor>>
  seeds: Readonly<Record<string, Tensor>>
  direction: Readonly<Record<string, readonly number[]>>
}

/** Σ seed · output at a place on the line, and Σ |seed · output|. */
async function at({ session, inputs, seeds, direction }: Line, offset: number): Promise<{ sum: number; size: number }> {
  const moved = Object.entries(inputs).map(([name, tensor]) => {
    const data = (tensor.data as Float64Array).map((value, i) => value + offset * (direction[name]?.[i] ?? Number.NaN))
    return [name, { ...tensor, data }] as const
  })
  const outputs = await session.run(Object.fromEntries(moved))
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
