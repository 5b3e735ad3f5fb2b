/** @file Where an explanation was computed: on its device alone, or in part on the CPU, which runs what a device lacks. */
import type { Pool } from '../runtime/pool.ts'
import type { Device, Runtime } from '../runtime/runtime.ts'
import type { ExplainerState, Program } from './state.ts'

/** A device, and whether the CPU took part. */
export type UsedDevice = Device | `${Exclude<Device, 'cpu'>}+cpu`

/** WebAssembly runs on the CPU. */
export function deviceOf({ provider }: Pick<Runtime, 'provider'>, partlyOnCpu: boolean): UsedDevice {
  if (provider === 'cpu' || provider === 'wasm') return 'cpu'
  return partlyOnCpu ? `${provider}+cpu` : provider
}

/**
 * The state for a piece of work, which notes the sessions that it takes.
 *
 * @param before where it was prepared
 */
export function watched(state: ExplainerState, before: UsedDevice = state.usedDevice()): ExplainerState {
  let partly = before.endsWith('+cpu')
  const noted = <T>(program: Program<T>): Program<T> => ({
    ...program,
    async session(runs) {
      const session = await program.session(runs)
      partly ||= session.partlyOnCpu ?? false
      return session
    },
  })
  const noting = <T>(pool: Pool<Program<T>>): Pool<Program<T>> => ({
    ...pool,
    async lease(key, make) {
      const taken = await pool.lease(key, make)
      return { ...taken, value: noted(taken.value) }
    },
    use: (key, make, work) => pool.use(key, make, (value) => work(noted(value))),
  })
  return {
    ...state,
    sessions: noting(state.sessions),
    finishers: noting(state.finishers),
    usedDevice: () => deviceOf(state.runtime, partly),
  }
}
