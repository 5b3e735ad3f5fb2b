/** @file One thing that must hold on every execution provider, and what was seen of it there. */
import { isFloat } from '../../src/graph/graph.ts'
import type { Provider, Runtime } from '../../src/runtime/runtime.ts'
import { type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import type { Tolerance } from '../support/close.ts'

/** Widens a tolerance to what a provider is held to. */
export type Loosen = (tolerance: Tolerance) => Tolerance

export interface Check {
  title: string
  /** The operators whose rules it tests, as the rule table names them; none for networks. */
  operators: readonly string[]
  opset: number
  /** The model alone: whether the provider can run that. */
  model(): { bytes: Uint8Array; inputs: Readonly<Record<string, Tensor>> }
  /** Throws unless the gradients on that runtime are the true ones. */
  run(runtime: Runtime, loosen: Loosen): Promise<void>
  /** That gradcam refuses to differentiate is what is right. */
  refused?: boolean
}

/** `not here`: the provider does not run the model itself, or runs it wrong, so there is nothing to differentiate. */
export type Outcome = 'passed' | 'refused' | 'not here' | 'failed'

export interface Seen {
  operators: readonly string[]
  opset: number
  outcome: Outcome
  /** Why not here, in the provider's own words. */
  reason?: string
}

const relaxed: Loosen = ({ atol, rtol }) => ({ atol: 10 * atol, rtol: Math.max(rtol, 1e-3) })

/** GPUs compute exponentials, sines and quotients to fewer digits, and sum in other orders. */
export const tolerances: Record<Provider, Loosen> = {
  ...{ cpu: (as) => as, wasm: (as) => as },
  ...{ webgpu: relaxed, cuda: relaxed, dml: relaxed, coreml: relaxed },
}

/** Why the model itself is no matter for this provider; undefined where it is. */
export async function notHere(check: Check, runtime: Runtime, cpu: Runtime): Promise<string | undefined> {
  try {
    const actual = await outputs(check, runtime)
    if (runtime.provider === cpu.provider) return undefined
    const expected = await outputs(check, cpu)
    const wrong = Object.keys(expected).find((name) => isFloat(expected[name]?.type) && isOff(actual[name], expected[name]))
    return wrong && `its ${wrong} is wrong before any gradient`
  } catch (error) {
    return error instanceof Error ? plainReason(error.message) : String(error)
  }
}

async function outputs(check: Check, runtime: Runtime): Promise<Record<string, Tensor>> {
  const { bytes, inputs } = check.model()
  const session = await runtime.open({ bytes, external: [] })
  try {
    const fed = new Set(session.inputs.map(({ name }) => name))
    return await session.run(Object.fromEntries(Object.entries(inputs).filter(([name]) => fed.has(name))))
  } finally {
    await session.release()
  }
}

/** By more than a hundredth of the largest number: more than rounding. */
function isOff(actual: Tensor | undefined, expected: Tensor | undefined): boolean {
  if (!actual || !expected) return true
  const [a, b] = [toFloat32(actual), toFloat32(expected)]
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return b.some((value, i) => Math.abs(value - (a[i] ?? Number.NaN)) > largest / 100)
}

/** Without what changes from run to run or machine to machine: addresses, paths, names of nodes. */
export function plainReason(message: string): string {
  return message
    .replace(/^the runtime (cannot open the model|failed while running the model): /, '')
    .replace(/^.*Status Message: /, '')
    .replace(/^.*ERROR_MESSAGE: /, '')
    .replace(/^Fatal error: /, '')
    .replace(/\S*\/\S+:\d+ .*?(?=[A-Z][a-z])/, '')
    .replace(/ ?(with node name|Name:|node name:) ?'[^']*'/g, '')
    .replaceAll(/0x[0-9a-f]+/g, '…')
    .slice(0, 160)
    .trim()
}
