/** @file `gradcam predict`: what the network sees in photos, without an explanation. */
import { eachPhoto } from '../batch.ts'
import { expandPhotos } from '../inputs.ts'
import { jsonLines } from '../json.ts'
import { withNetwork } from '../network.ts'
import type { ModelFlags } from '../options.ts'
import { print, table } from '../terminal.ts'
import { unsureWarning } from '../unsure.ts'

export interface PredictFlags extends ModelFlags {
  top: number
  json?: boolean
  quiet?: boolean
}

/** Returns whether every photo was classified. */
export async function predict(names: readonly string[], flags: PredictFlags): Promise<boolean> {
  const inputs = await expandPhotos(names)
  const json = flags.json ? await jsonLines(undefined) : undefined
  const batch = {
    quiet: flags.quiet ?? false,
    debug: flags.debug ?? false,
    verb: 'classified',
    failed: async (photo: string, error: object) => json?.write({ files: { photo }, error }),
  }
  const unsure = unsureWarning(flags)
  return withNetwork(flags, async (network) =>
    eachPhoto(inputs, batch, async ({ photo, clear }) => {
      const top = await network.predict(photo, { top: flags.top })
      clear()
      unsure(photo, top[0])
      if (json) return json.write({ files: { photo }, top })
      const head = inputs.photos.length > 1 ? `${photo}\n` : ''
      return print(head + table(top.map(({ label, score, index }) => [score.toFixed(3), label, String(index)])))
    }),
  )
}
