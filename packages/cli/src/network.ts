/** @file Opens the network that a command works with, and closes it after. */
import { setFlagsFromString } from 'node:v8'
import { load, type Network } from 'gradcam/node'
import { embedded } from 'gradcam-models'
import { withSubject } from './errors.ts'
import type { NetworkFlags } from './flags/table.ts'
import { present } from './present.ts'

// Node optimises WebAssembly in the background once so many bytes of it have run, and waits for that before it exits: with its
// default, a command of one photo spends half of its time there. This limit optimises long runs only.
const optimisedAfter = 400_000_000

/** Runs `work` with the network of `--model`, or with the embedded one. */
export async function withNetwork<T>(flags: NetworkFlags, work: (network: Network) => Promise<T>): Promise<T> {
  setFlagsFromString(`--wasm-tiering-budget=${optimisedAfter}`)
  const source = flags.model ?? embedded.directory
  const { threads, engine, size, maxPixels } = flags
  const network = await load(source, present({ threads, engine, size, maxPixels })).catch((error: unknown) => {
    throw withSubject(source, error)
  })
  try {
    return await work(network)
  } finally {
    await network.close()
  }
}
