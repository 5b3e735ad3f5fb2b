/** @file A self-check of the runtime: the network's answer to one image with graph optimisation and without. */
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import { deriveModel } from '../graph/derive.ts'
import { isFloat } from '../graph/graph.ts'
import { dimsOf, feedsOf } from './feeds.ts'
import { filled, shapesOf } from './inputs.ts'
import type { PreparedImage } from './request.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type ExplainerState, wantedBy } from './state.ts'
import { deviceOf } from './used-device.ts'

/** One output of the network, computed twice. */
export interface OutputCheck {
  name: string
  shape: readonly number[]
  /** The largest difference between two numbers; infinite where shapes differ, or one of the two is no number. */
  difference: number
  /** The largest number without optimisation, by its size. */
  largest: number
  agrees: boolean
}

/** Whether the runtime computes the same with graph optimisation, as everything here runs, and without. */
export interface Verification {
  /** Name and version of the runtime. */
  runtime: string
  agrees: boolean
  /** What part of the largest number an output may be off. */
  tolerance: number
  /** All float outputs. */
  outputs: readonly OutputCheck[]
  /** In one sentence. */
  verdict: string
}

// sums in another order are off by some 1e-6; half precision and rounding to integers by more
const single = 1e-3
const coarse = 5e-2

/** Runs the network on an image twice. */
export async function verifyOptimised(
  state: ExplainerState,
  given: PreparedImage,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Verification> {
  const { model, runtime } = state
  const feeds = feedsOf(state, filled(given.tensor, state.image), inputs)
  const info = await state.learn(shapesOf(model.graph.inputs, dimsOf(feeds)))
  const names = model.graph.outputs.flatMap(({ name }) => (isFloat(info.find(name)?.type) ? [name] : []))
  const run = async (optimize: boolean): Promise<Record<string, Tensor>> => {
    const session = await runtime.open(deriveModel(model, { outputs: names, inputShapes: info.inputShapes }), { optimize })
    try {
      return await session.run(wantedBy(session, feeds))
    } finally {
      await session.release()
    }
  }
  const [fast, plain] = [await run(true), await run(false)]
  const rounds = model.graph.nodes.some(({ outputs }) => outputs.some((name) => roughTypes.has(info.find(name)?.type ?? 'float32')))
  const tolerance = rounds ? coarse : single
  const outputs = names.map((name) => compared(name, fast[name], plain[name] as Tensor, tolerance))
  const off = outputs.filter(({ agrees }) => !agrees)
  return { runtime: runtime.name, agrees: off.length === 0, tolerance, outputs, verdict: verdictOf(runtime, off) }
}

const roughTypes = new Set(['float16', 'bfloat16', 'int8', 'uint8'])

function compared(name: string, fast: Tensor | undefined, plain: Tensor, tolerance: number): OutputCheck {
  const [a, b] = [fast ? toFloat32(fast) : new Float32Array(), toFloat32(plain)]
  const largest = b.reduce((most, value) => Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0), 0)
  const apart = (i: number): number => (Object.is(a[i], b[i]) || a[i] === b[i] ? 0 : Math.abs((a[i] ?? Number.NaN) - (b[i] as number)))
  let difference = a.length === b.length ? 0 : Number.POSITIVE_INFINITY
  for (let i = 0; i < b.length; i++) {
    const own = apart(i)
    difference = Math.max(difference, Number.isNaN(own) ? Number.POSITIVE_INFINITY : own)
  }
  return { name, shape: plain.dims, difference, largest, agrees: difference <= tolerance * largest }
}

function verdictOf({ name: runtime, provider }: Runtime, off: readonly OutputCheck[]): string {
  const [first] = off
  // without optimisation the CPU ran it
  if (!first && deviceOf({ provider }, false) !== 'cpu') return `${runtime} computes the same as the CPU without graph optimisation`
  if (!first) return `${runtime} computes the same with graph optimisation and without`
  const others = off.length > 1 ? ` and ${off.length - 1} more` : ''
  return `${runtime} computes something else with graph optimisation than without: ${first.name}${others} is off by up to ${first.difference.toPrecision(2)}`
}
