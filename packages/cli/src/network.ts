/** @file Opens the network that a command works with, and closes it after. */
import type { Network } from 'gradcam/node'
import { about } from './exit.ts'
import { type ModelFlags, present } from './options.ts'

/** Runs `work` with the network of `--model`, or with the embedded one. */
export async function withNetwork<T>(flags: ModelFlags, work: (network: Network) => Promise<T>): Promise<T> {
  const { load } = await import('gradcam/node')
  const source = flags.model ?? (await import('gradcam-models')).embedded.directory
  const network = await load(source, present({ threads: flags.threads, engine: flags.engine, maxPixels: flags.maxPixels })).catch(
    (error: unknown) => {
      throw about(source, error)
    },
  )
  try {
    return await work(network)
  } finally {
    await network.close()
  }
}
