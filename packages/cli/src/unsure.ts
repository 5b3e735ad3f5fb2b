/** @file The warning where the embedded network, chosen by default, is unsure. */
import type { Prediction } from 'gradcam/node'
import type { NetworkFlags } from './flags/table.ts'
import { messageText } from './messages.ts'
import { tell } from './terminal.ts'

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
