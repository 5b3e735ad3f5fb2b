/** @file Where an explanation was computed: on its device alone, or in part on the CPU, which runs what a device lacks. */
import type { Pool } from '../runtime/pool.ts'
import type { Device, Runtime, Session } from '../runtime/runtime.ts'
import type { ExplainerState } from './state.ts'

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
  const noting = <T extends { session: Session }>(pool: Pool<T>): Pool<T> => {
    const note = ({ session }: T): void => {
      partly ||= session.partlyOnCpu ?? false
    }
    const lease: Pool<T>['lease'] = async (key, make) => {
      const taken = await pool.lease(key, make)
      note(taken.value)
      return taken
    }
    return {
      ...pool,
      lease,
      use: (key, make, work) => pool.use(key, make, (value) => (note(value), work(value))),
    }
  }
  return {
    ...state,
    sessions: noting(state.sessions),
    finishers: noting(state.finishers),
    usedDevice: () => deviceOf(state.runtime, partly),
  }
}
