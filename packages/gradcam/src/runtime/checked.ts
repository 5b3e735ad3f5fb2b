/** @file A device that is not taken at its word: what each of its sessions answers first is compared with the CPU's answer. */
import { type ErrorCode, GradcamError } from '../core/errors.ts'
import { sizeOf, type Tensor } from '../core/tensor.ts'
import { apart } from './apart.ts'
import type { ModelBytes, Runtime, Session } from './runtime.ts'

/** What part of an output's size, as its root mean square, it may be off. Rounding alone is some 1e-5. */
export const deviceTolerance = 1e-3

/**
 * A device beside the CPU. Runs that only look at shapes are the CPU's. A session's first run is done by both, and refused where
 * their outputs differ by more than `deviceTolerance`; the CPU's session is released after it.
 *
 * What is opened fails with `model-refused` where the device cannot open a model that the CPU can, with `run-failed` where it cannot run
 * it or computes something else.
 */
export function checkedRuntime(device: Runtime, cpu: Runtime): Runtime {
  return {
    ...device,
    async open(model, options) {
      if (options?.optimize === false) return cpu.open(model, options)
      const session = await device.open(model, options).catch(async (cause: unknown) => {
        // what the CPU cannot open either is the model's fault
        await (await cpu.open(model, options)).release()
        throw failed('model-refused', `${device.provider} cannot open the model, and the CPU can`, device, cause)
      })
      return checkedSession(device, session, cpu, model)
    },
  }
}

type Run = Session['run']

function checkedSession(device: Runtime, session: Session, cpu: Runtime, model: ModelBytes): Session {
  const onDevice: Run = (feeds, fetches) =>
    session.run(feeds, fetches).catch((cause: unknown) => {
      throw failed('run-failed', `${device.provider} fails while running the model`, device, cause)
    })
  const compared: Run = async (feeds, fetches) => {
    const reference = await cpu.open(model)
    try {
      // inputs that do not fit are refused as the CPU refuses them
      const expected = await reference.run(feeds)
      const actual = await onDevice(feeds)
      refuseOthers(device, expected, actual)
      return fetches ? Object.fromEntries(fetches.flatMap((name) => (actual[name] ? [[name, actual[name]]] : []))) : actual
    } finally {
      await reference.release()
    }
  }
  let trusted = false
  let comparing: Promise<unknown> | undefined
  const run: Run = async (feeds, fetches) => {
    if (trusted) return onDevice(feeds, fetches)
    if (comparing) {
      await comparing.catch(() => undefined)
      return run(feeds, fetches)
    }
    const first = compared(feeds, fetches)
    comparing = first
    try {
      const results = await first
      trusted = true
      return results
    } finally {
      comparing = undefined
    }
  }
  return { ...session, run }
}

function refuseOthers(device: Runtime, expected: Readonly<Record<string, Tensor>>, actual: Readonly<Record<string, Tensor>>): void {
  for (const [name, tensor] of Object.entries(expected)) {
    const difference = apart(actual[name], tensor)
    if (difference <= deviceTolerance) continue
    const off = Number.isFinite(difference) ? `off by ${difference.toPrecision(2)} of its size` : 'of another shape, or no number'
    const shape = sizeOf(tensor.dims) === 1 ? '' : ` [${tensor.dims.join(', ')}]`
    throw new GradcamError('run-failed', `${device.provider} computes something else than the CPU: ${name}${shape} is ${off}`, {
      hint: wayOut,
      data: { device: device.provider, output: name, difference: String(difference), tolerance: deviceTolerance },
    })
  }
}

const wayOut = 'leave `device` out: the CPU runs this model'

function failed(code: ErrorCode, message: string, { provider }: Runtime, cause: unknown): GradcamError {
  const reason = cause instanceof Error ? cause.message.replace(/^the runtime [^:]+: /, '') : String(cause)
  return new GradcamError(code, `${message}: ${reason}`, { hint: wayOut, cause, data: { device: provider } })
}
