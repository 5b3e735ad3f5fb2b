/** @file One thing that must hold on every execution provider, and what was seen of it there. */
import type { Provider, Runtime } from '../src/runtime/runtime.ts'
import type { Tensor } from '../src/tensor.ts'
import type { Tolerance } from './close.ts'

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

/** `no model`: the provider cannot run the model itself, so there is nothing to differentiate. */
export type Outcome = 'passed' | 'refused' | 'no model' | 'failed'

export interface Seen {
  operators: readonly string[]
  opset: number
  outcome: Outcome
  /** Why the provider cannot run the model, in its own words. */
  reason?: string
}

const relaxed: Loosen = ({ atol, rtol }) => ({ atol: 10 * atol, rtol: Math.max(rtol, 1e-3) })

/** GPUs compute exponentials, sines and quotients to fewer digits, and sum in other orders. */
export const tolerances: Record<Provider, Loosen> = { cpu: (as) => as, wasm: (as) => as, webgpu: relaxed }

/** Why the provider cannot run the model itself; undefined where it can. */
export async function cannotRun(check: Check, runtime: Runtime): Promise<string | undefined> {
  const { bytes, inputs } = check.model()
  try {
    const session = await runtime.open({ bytes, external: [] })
    try {
      const fed = new Set(session.inputs.map(({ name }) => name))
      await session.run(Object.fromEntries(Object.entries(inputs).filter(([name]) => fed.has(name))))
    } finally {
      await session.release()
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? plainReason(error.message) : String(error)
  }
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
