/** @file The network that a command works with: opened, closed after, and a warning where the embedded one is unsure. */
import { setFlagsFromString } from 'node:v8'
import { load, type Network, type Prediction } from 'gradcam/node'
import { embedded } from 'gradcam-models'
import { isRefusal, rethrowWith } from './errors.ts'
import type { NetworkFlags } from './flags/table.ts'
import { labelsNamed } from './labels.ts'
import { preprocessingOf } from './preprocessing.ts'
import { messageText } from './messages.ts'
import { present } from './present.ts'
import { tell } from './terminal.ts'

// Node optimises WebAssembly in the background once so many bytes of it have run, and waits for that before it exits: with its
// default, a command of one photo spends half of its time there. This limit optimises long runs only.
const optimisedAfter = 400_000_000

/** A device that is not here has nothing to do with the model. */
const rethrowOf = (source: string) => (error: unknown) => {
  if (isRefusal(error) && error.data?.['option'] === 'device') throw error
  return rethrowWith(source)(error)
}

// fewer are done before a thread of its own is worth its start
const manyPhotos = 16

/** Runs `work` with the network of `--model`, or with the embedded one, on so many photos. */
export async function withNetwork<T>(flags: NetworkFlags, work: (network: Network) => Promise<T>, photos = 1): Promise<T> {
  const source = flags.model ?? embedded.directory
  const { threads, workers, engine, device, cache, maxPixels } = flags
  const { task, window, size, resize, crop, scale, mean, std, channels, layout, imageInput } = flags
  // while one photo is drawn and written, the network runs for the next
  const worker = photos >= manyPhotos && engine !== 'wasm' && (device ?? 'cpu') === 'cpu' && workers !== 0 ? true : undefined
  const labels = flags.labels === undefined ? undefined : await labelsNamed(flags.labels)
  const preprocessing = flags.preprocessing === undefined ? undefined : await preprocessingOf(flags.preprocessing)
  const about = { labels, task, preprocessing, window, size, resize, crop, scale, mean, std, channels, layout, imageInput }
  if (engine === 'wasm') setFlagsFromString(`--wasm-tiering-budget=${optimisedAfter}`)
  const network = await load(source, present({ threads, workers, worker, engine, device, cache, maxPixels, ...about })).catch(
    rethrowOf(source),
  )
  try {
    return await work(network)
  } finally {
    await network.close()
  }
}

/** Warns, once per command, where the best class of the embedded network has a probability below one half. */
export function unsureWarning({ model, quiet }: NetworkFlags & { quiet?: boolean }): (photo: string, best: Prediction | undefined) => void {
  let done = model !== undefined || quiet === true
  return (photo, best) => {
    if (done || !best || best.score >= 0.5) return
    done = true
    const found = `${best.label} ${best.score.toFixed(3)}`
    const message = `warning: ${photo}: the embedded network is unsure (${found}): it chooses among ImageNet's 1000 classes, whatever the photo shows`
    tell(messageText({ message, hint: 'name a network of your own with --model <folder|file>' }))
  }
}
