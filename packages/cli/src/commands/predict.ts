/** @file `gradcam predict`: what the network sees in photos, without an explanation. */
import { scoreText } from 'gradcam'
import { eachPhoto } from '../batch.ts'
import type { PredictFlags } from '../flags/table.ts'
import { furtherInputs } from '../further.ts'
import { expandPhotos } from '../inputs.ts'
import { jsonLines } from '../json.ts'
import { unsureWarning, withNetwork } from '../network.ts'
import { messageText } from '../messages.ts'
import { printable } from '../printable.ts'
import { photoSource } from '../stdin.ts'
import { table } from '../table.ts'
import { print, tell } from '../terminal.ts'

/** Returns whether every photo was classified. */
export async function predict(names: readonly string[], flags: PredictFlags): Promise<boolean> {
  const inputs = await expandPhotos(names)
  const json = flags.json ? jsonLines : undefined
  const unsure = unsureWarning(flags)
  return withNetwork(
    flags,
    async (network) => {
      const { warnings } = await network.inspect()
      if (!flags.quiet) for (const { message, hint } of warnings) tell(messageText({ message: `warning: ${message}`, hint }))
      return eachPhoto(
        inputs,
        { flags, verb: 'classified', json },
        {
          begin: ({ photo }) => network.predict(photoSource(photo), { top: flags.top, ...furtherInputs(flags) }),
          async finish({ photo }, top) {
            unsure(photo, top[0])
            if (json) return json.write({ files: { photo }, top, warnings })
            if (flags.quiet) return
            const head = inputs.photos.length > 1 ? `${printable(photo)}\n` : ''
            const rows = top.map(({ label, score, index }) => [scoreText({ score, scoreKind: 'probability' }), label, String(index)])
            await print(head + (rows.length > 0 ? table(rows) : 'nothing was found\n'))
          },
        },
      )
    },
    inputs.photos.length,
  )
}
